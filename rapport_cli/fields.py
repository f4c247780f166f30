"""What a schema accepts or shows, in words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, fields, missing

from chassis.json_schema import shape_of


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a schema, flattened: ``lines[].quantity``."""

    name: str
    type: str
    required: bool
    constraints: str


def flat(schema: Schema, prefix: str = "") -> Iterator[Field]:
    """List the fields of a schema, nested ones below their parent."""
    for name, field in schema.fields.items():
        key = prefix + (field.data_key or name)
        shape = shape_of(field)
        yield Field(key, _word(shape), field.required, _constraints(field, shape))
        inner, path = field, key
        while isinstance(inner, fields.List):
            inner, path = inner.inner, path + "[]"
        if isinstance(inner, fields.Nested):
            yield from flat(inner.schema, path + ".")


def _word(shape: Mapping[str, Any]) -> str:
    if "anyOf" in shape:
        return f"{_word(shape['anyOf'][0])} or null"
    if shape.get("type") == "array":
        return f"list of {_word(shape['items'])}"
    return str(shape.get("format") or shape.get("type") or "any")


def _constraints(field: fields.Field[Any], shape: Mapping[str, Any]) -> str:
    """Write the bounds of a field in words."""
    bounds = shape["anyOf"][0] if "anyOf" in shape else shape
    said = [f"one of {', '.join(map(str, bounds['enum']))}"] if "enum" in bounds else []
    said += [
        words
        for low, high, unit in _RANGES
        if (words := _range(bounds.get(low), bounds.get(high), unit))
    ]
    said += [f"matches `{bounds['pattern']}`"] if "pattern" in bounds else []
    default = field.load_default
    if default is not missing and default not in (None, "") and not callable(default):
        said.append(f"default {getattr(default, 'value', default)}")
    if field.dump_only:
        said.append("only shown")
    return "; ".join(said)


_RANGES = (
    ("minLength", "maxLength", " characters"),
    ("minItems", "maxItems", " items"),
    ("minProperties", "maxProperties", " entries"),
    ("minimum", "maximum", ""),
    ("x-minimum", "x-maximum", ""),
    ("exclusiveMinimum", "exclusiveMaximum", " (bounds excluded)"),
)


def _range(least: object, most: object, unit: str) -> str:
    if least is None and most is None:
        return ""
    if least == most:
        return f"exactly {least}{unit}"
    if least is None:
        return f"at most {most}{unit}"
    return f"at least {least}{unit}" if most is None else f"{least} to {most}{unit}"
