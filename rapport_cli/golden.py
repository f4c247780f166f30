"""The golden schema of every event version, and whether a change of it keeps the promise."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import contracts.accounts
import contracts.erp
import contracts.sales
from contracts.base import EventType, registry, schema

GOLDEN = Path(contracts.__file__).with_name("golden")
# Every module of contracts may declare events; importing it declares them.
_PAGES = tuple(f"contracts.{module.name}" for module in iter_modules(contracts.__path__))
NEXT = "declare the next version beside it"
Schema = Mapping[str, Any]


def golden(event: EventType) -> dict[str, Any]:
    """Return the schema of an event with what consumers bind to and order by."""
    return schema(event.cls) | {"x-exchange": event.exchange, "x-subject": event.subject}


def events() -> dict[str, EventType]:
    """Return the house's events by type, without what a test may have declared beside them."""
    for page in _PAGES:
        import_module(page)
    declared = registry().items()
    return {name: event for name, event in declared if event.cls.__module__ in _PAGES}


def goldens() -> dict[str, dict[str, Any]]:
    """Return the golden schemas of all events by type."""
    return {name: golden(event) for name, event in events().items()}


def file_of(name: str) -> Path:
    """Return the file that keeps the golden schema of an event type."""
    return GOLDEN / f"{name}.json"


def broken(name: str, before: Schema, after: Schema) -> list[str]:
    """Say, a sentence each, which promises of a version a change would break."""
    found = [
        f"{name}: {what[2:]} changed from {before[what]} to {after[what]}; {NEXT}."
        for what in ("x-exchange", "x-subject")
        if what in before and before[what] != after[what]
    ]
    return found + [f"{name}: {said}; {NEXT}." for said in _object(before, after, "")]


def _object(before: Schema, after: Schema, path: str) -> Iterator[str]:
    """Compare two objects: new fields may come, with a default; nothing may go."""
    known, given = before.get("properties", {}), after.get("properties", {})
    promised, demanded = set(before.get("required", ())), set(after.get("required", ()))
    for field in known:
        if field not in given:
            yield f"{path}{field} was removed"
        else:
            yield from _shape(known[field], given[field], path + field)
    for field in sorted(demanded - promised):
        was = "became" if field in known else "is new and"
        yield f"{path}{field} {was} required"
    for field in sorted(promised - demanded):
        if field in given:
            yield f"{path}{field} is no longer promised"


def _shape(before: Schema, after: Schema, path: str) -> Iterator[str]:
    """Compare what a field may hold."""
    if before.get("type") == after.get("type") == "object":
        yield from _object(before, after, f"{path}.")
        yield from _inner(before, after, "additionalProperties", path + ".*")
    elif before.get("type") == after.get("type") == "array":
        yield from _inner(before, after, "items", path + "[]")
    elif len(before.get("anyOf", ())) == len(after.get("anyOf", ())) > 0:
        for was, now in zip(before["anyOf"], after["anyOf"], strict=True):
            yield from _shape(was, now, path)
    elif _facts(before) != _facts(after):
        yield f"{path} was {_said(before)} and became {_said(after)}"
    elif set(before.get("enum", ())) - set(after.get("enum", ())):
        gone = sorted(set(before["enum"]) - set(after.get("enum", ())))
        yield f"{path} lost the values {', '.join(map(str, gone))}"
    if before.get("x-personal", False) != after.get("x-personal", False):
        yield f"{path} changed whether it is personal"


def _inner(before: Schema, after: Schema, part: str, path: str) -> Iterator[str]:
    was, now = before.get(part), after.get(part)
    if isinstance(was, Mapping) and isinstance(now, Mapping):
        yield from _shape(was, now, path)
    elif was != now:
        yield f"{path} was {was} and became {now}"


def _facts(shape: Schema) -> dict[str, Any]:
    ignored = {"description", "enum", "x-personal"}
    return {name: value for name, value in shape.items() if name not in ignored}


def _said(shape: Schema) -> str:
    if "anyOf" in shape:
        return " or ".join(_said(one) for one in shape["anyOf"])
    return f"{shape.get('type')}{' ' + shape['format'] if 'format' in shape else ''}"
