"""The result of the main job as JSON and back, checked field by field."""

import types
from dataclasses import MISSING, asdict, fields, is_dataclass
from enum import StrEnum
from typing import Any, Union, get_args, get_origin, get_type_hints

from demo.reconcile import problems
from demo.result import SCHEMA, Result


class Malformed(ValueError):
    """Say that something is not a result of the main job."""


def to_dict(result: Result) -> dict[str, Any]:
    """Write a result for result.json, with the verdict beside it."""
    data = asdict(result)
    found = problems(result)
    data["import"] = data.pop("import_")
    return {
        "schema": data.pop("schema"),
        "reconciled": not found,
        "problems": list(found),
        **data,
    }


def of_dict(data: dict[str, Any]) -> Result:
    """Read a result.json; the verdict is reckoned again, never believed.

    :raises Malformed: if it is of another schema, or a field is missing or unknown.
    """
    if data.get("schema") != SCHEMA:
        raise Malformed(f"This page shows {SCHEMA}, not {data.get('schema')}.")
    plain = {key: value for key, value in data.items() if key not in ("reconciled", "problems")}
    if "import" in plain:
        plain["import_"] = plain.pop("import")
    read: Result = _build(Result, plain, "result")
    return read


def _build(shape: type[Any], data: object, path: str) -> Any:
    if not isinstance(data, dict):
        raise Malformed(f"{path} is not an object.")
    hints = get_type_hints(shape)
    known = {one.name: one for one in fields(shape)}
    if unknown := sorted(set(data) - set(known)):
        raise Malformed(f"{path} has unknown fields: {', '.join(unknown)}.")
    needed = {name for name, one in known.items() if one.default is MISSING}
    if missing := sorted(needed - set(data)):
        raise Malformed(f"{path} lacks {', '.join(missing)}.")
    values = {name: _value(hints[name], value, f"{path}.{name}") for name, value in data.items()}
    return shape(**values)


def _value(hint: Any, value: Any, path: str) -> Any:
    if get_origin(hint) in (Union, types.UnionType):
        if value is None:
            return None
        hint = next(arg for arg in get_args(hint) if arg is not types.NoneType)
        return value if hint in (str, int, float) else _value(hint, value, path)
    if get_origin(hint) is tuple:
        inner = get_args(hint)[0]
        return tuple(_value(inner, each, f"{path}[{i}]") for i, each in enumerate(value))
    if isinstance(hint, type) and is_dataclass(hint):
        return _build(hint, value, path)
    return hint(value) if isinstance(hint, type) and issubclass(hint, StrEnum) else value
