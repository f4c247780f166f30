"""What a schema accepts or shows as JSON Schema."""

from enum import Enum
from typing import Any

from marshmallow import Schema, fields, validate

_TYPES: tuple[tuple[type[fields.Field[Any]], dict[str, Any]], ...] = (
    (fields.Boolean, {"type": "boolean"}),
    (fields.Integer, {"type": "integer"}),
    # Decimals travel as text, also where a number would be read.
    (fields.Decimal, {"type": "string", "format": "decimal"}),
    (fields.Float, {"type": "number"}),
    (fields.Date, {"type": "string", "format": "date"}),
    (fields.DateTime, {"type": "string", "format": "date-time"}),
    (fields.Email, {"type": "string", "format": "email"}),
    (fields.String, {"type": "string"}),
)


def json_schema(schema: Schema) -> dict[str, Any]:
    """Return the JSON Schema of what is accepted."""
    named = {field.data_key or name: field for name, field in schema.fields.items()}
    return {
        "type": "object",
        "properties": {name: shape_of(field) for name, field in named.items()},
        "required": sorted(name for name, field in named.items() if field.required),
        "additionalProperties": False,
    }


def shape_of(field: fields.Field[Any]) -> dict[str, Any]:
    """Return the JSON Schema of one field."""
    shape = _bounded(_plain(field), field)
    if field.allow_none:
        return {"anyOf": [shape, {"type": "null"}]}
    return shape


def _plain(field: fields.Field[Any]) -> dict[str, Any]:
    if isinstance(field, fields.List):
        return {"type": "array", "items": shape_of(field.inner)}
    if isinstance(field, fields.Nested):
        inner = json_schema(field.schema)
        return {"type": "array", "items": inner} if field.many else inner
    if isinstance(field, fields.Dict | fields.Mapping):
        inner_field = field.value_field
        return {
            "type": "object",
            "additionalProperties": shape_of(inner_field) if inner_field is not None else True,
        }
    if isinstance(field, fields.Enum):
        return {"type": "string", "enum": [_value(member, field) for member in field.enum]}
    return next((dict(shape) for kind, shape in _TYPES if isinstance(field, kind)), {})


def _bounded(shape: dict[str, Any], field: fields.Field[Any]) -> dict[str, Any]:
    """Add what the field's validators demand."""
    for rule in field.validators:
        if isinstance(rule, validate.Length):
            bounds = (rule.equal or rule.min, rule.equal or rule.max)
            shape |= _present(_SIZES.get(str(shape.get("type")), _SIZES["string"]), bounds)
        elif isinstance(rule, validate.Range):
            low = "minimum" if rule.min_inclusive else "exclusiveMinimum"
            high = "maximum" if rule.max_inclusive else "exclusiveMaximum"
            shape |= _present((low, high), (rule.min, rule.max))
        elif isinstance(rule, validate.OneOf):
            shape |= {"enum": list(rule.choices)}
        elif isinstance(rule, validate.Regexp):
            # What Python anchors with \A and \Z, everybody else anchors with ^ and $.
            pattern = str(rule.regex.pattern)
            shape |= {"pattern": pattern.replace(r"\A", "^").replace(r"\Z", "$")}
    return shape


_SIZES = {
    "string": ("minLength", "maxLength"),
    "array": ("minItems", "maxItems"),
    "object": ("minProperties", "maxProperties"),
}


def _present(names: tuple[str, str], bounds: tuple[Any, Any]) -> dict[str, Any]:
    """Name the bounds that there are; one that is no number is only told, not checked."""
    return {
        name if isinstance(bound, int | float) else f"x-{name}": _plain_number(bound)
        for name, bound in zip(names, bounds, strict=True)
        if bound is not None
    }


def _plain_number(bound: Any) -> Any:
    return bound if isinstance(bound, int | float) else str(bound)


def _value(member: Enum, field: fields.Enum[Any]) -> object:
    return member.value if field.by_value else member.name
