"""An example of every event, built from its schema and checked against it."""

from collections.abc import Mapping
from typing import Any

from jsonschema import (  # type: ignore[import-untyped]  # it ships no types
    Draft202012Validator,
)

AN_ID = "0192f0c1-6f3e-7d2a-9d51-5c1a0e6f7b21"
_TEXTS = {
    "actor": "person:0192f0c1-5d0b-7c55-8a3f-2f7f3d0a9e10",
    "origin": "rpc",
    "name": "Claire Gute",
    "email": "claire.gute@example.com",
    "phone": "+12025550143",
    "language": "en",
    "currency": "USD",
    "country": "United States",
    "region": "West",
    "state": "California",
    "city": "Los Angeles",
    "segment": "Consumer",
    "entity_id": "group",
    "discount": "0.20",
    "external_system": "erp",
    "external_id": "CA-2017-152156",
    "line_key": "1",
    "kind": "person",
    "role": "buyer",
    "source": "import",
    "lifecycle": "potential",
    "verb": "updated",
    "status": "open",
    "stage": "proposal",
    "previous_stage": "qualification",
    "last_stage": "proposal",
    "outcome": "created",
    "reason": "no_budget",
    "code": "sales.order.unknown_product",
}
_NUMBERS = {"version": 3, "revision": 1, "quantity": 2, "win_chance": 60, "line_count": 1}


def example(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Build an example of an event.

    :raises jsonschema.ValidationError: if the schema refuses it.
    """
    built = {name: _value(name, shape) for name, shape in schema["properties"].items()}
    built["changed"] = _changed(schema)
    Draft202012Validator(schema).validate(built)
    return built


def _changed(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Name one plain field with its values and one personal field without them."""
    fields = schema["properties"]
    plain = next((n for n in ("status", "stage", "segment", "owner_id") if n in fields), None)
    personal = next((n for n, shape in fields.items() if shape.get("x-personal")), None)
    changed: dict[str, Any] = {}
    if plain is not None:
        changed[plain] = {"old": None, "new": _value(plain, fields[plain])}
    if personal is not None:
        changed[personal] = None
    return changed


def _value(name: str, shape: Mapping[str, Any]) -> Any:
    if "anyOf" in shape:
        return _value(name, shape["anyOf"][0])
    if "enum" in shape:
        return shape["enum"][0]
    kind = shape.get("type")
    if kind == "object":
        return _object(name, shape)
    if kind == "array":
        return [_value(name.removesuffix("s"), shape["items"])]
    if kind in {"integer", "number"}:
        return _number(name)
    if kind == "boolean":
        return True
    return _text(name, shape.get("format"))


def _object(name: str, shape: Mapping[str, Any]) -> dict[str, Any]:
    if "properties" in shape:
        return {field: _value(field, inner) for field, inner in shape["properties"].items()}
    inner = shape.get("additionalProperties")
    return {"erp": _value(name, inner)} if isinstance(inner, Mapping) and name != "changed" else {}


def _number(name: str) -> int:
    if name.endswith("_minor"):
        return 26196
    return _NUMBERS.get(name, 86_400 if "seconds" in name else 1)


def _text(name: str, form: str | None) -> str:
    if form == "date-time":
        return "2017-11-08T09:30:00.000000Z"
    if name in _TEXTS:
        return _TEXTS[name]
    if name.endswith("_on"):
        return "2017-11-08"
    return AN_ID if name == "id" or name.endswith(("_id", "_ids")) else name
