"""What an event class looks like to SQL: the shape to read a body by, and the test of who keeps to it."""

import dataclasses
import json
import types
import typing
from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypeAlias, get_type_hints

Shape: TypeAlias = Any  # a type's name, a list of one shape, or name -> shape

_SIMPLE: dict[object, str] = {
    str: "VARCHAR",
    int: "BIGINT",
    float: "DOUBLE",
    bool: "BOOLEAN",
    datetime: "TIMESTAMPTZ",
}
# What json_type says of a value of this type; an instant is text.
_WORDS: dict[object, tuple[str, ...]] = {
    str: ("VARCHAR",),
    int: ("BIGINT", "UBIGINT"),
    float: ("DOUBLE", "BIGINT", "UBIGINT"),
    bool: ("BOOLEAN",),
    datetime: ("VARCHAR",),
    tuple: ("ARRAY",),
    dict: ("OBJECT",),
}
# The engine takes more for an instant than there is: "infinity", "epoch", a day, a zone left out.
_INSTANT = r"\d\d\d\d-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)"
_CALENDAR = "TIMESTAMPTZ '0001-01-01 00:00:00Z' AND TIMESTAMPTZ '9999-12-31 23:59:59.999999Z'"
COMMON: dict[str, Shape] = {"actor": "VARCHAR", "occurred_at": "TIMESTAMPTZ"}


def shape_of(classes: Iterable[type]) -> str:
    """Write what from_json reads bodies of these event classes by: the union of their fields."""
    merged = dict(COMMON)
    for cls in classes:
        merged |= _fields(cls)
    return json.dumps(merged)


def text_shape_of(cls: type) -> str:
    """Write the same of one class with its instants as text, for ``fault_of``."""
    return shape_of([cls]).replace("TIMESTAMPTZ", "VARCHAR")


def instant_of(text: str) -> str:
    """Write the SQL that reads text as an instant of the calendar with its zone; else NULL."""
    cast = f"TRY_CAST({text} AS TIMESTAMPTZ)"
    holds = f"regexp_full_match({text}, '{_INSTANT}') AND {cast} BETWEEN {_CALENDAR}"
    return f"CASE WHEN {holds} THEN {cast} END"


def fault_of(cls: type) -> str:
    """Write the SQL condition that ``body``, read as ``s`` (text_shape_of), is not what the class says.

    It only raises suspicion: whether and why, ``contracts.base.read`` says.
    """
    required = {"occurred_at": datetime, "actor": str}
    hints = get_type_hints(cls)
    fields = [(name, hint, True) for name, hint in required.items()]
    fields += [
        (field.name, hints[field.name], field.default is dataclasses.MISSING)
        for field in dataclasses.fields(cls)
    ]
    faults = []
    for place, (name, hint, is_required) in enumerate(fields, start=1):
        inner, optional = _unwrap(hint)
        words = _words(inner) + (("NULL",) if optional else ())
        said = f"t[{place}]" if is_required else f"coalesce(t[{place}], 'NULL')"
        allowed = words if is_required else (*words, "NULL")
        faults.append(f"coalesce({said} NOT IN ({_listed(allowed)}), true)")
        faults.append(f"(t[{place}] <> 'NULL' AND {_read(f's.{name}', inner)} IS NULL)")
        faults += _inside(name, inner)
    return " OR ".join(faults)


def types_of(cls: type) -> str:
    """Write the SQL of the JSON types of the class's fields, in the order ``fault_of`` expects."""
    names = ["occurred_at", "actor", *(field.name for field in dataclasses.fields(cls))]
    return f"json_type(body, [{_listed(f'$.{name}' for name in names)}])"


def _inside(name: str, hint: Any) -> list[str]:
    """Look into what a field holds: each element, each value."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is dict:
        unread = f"{_read('one', arguments[1])} IS NULL"
        return [f"len(list_filter(map_values(s.{name}), lambda one: {unread})) > 0"]
    if origin is not tuple:
        return []
    if not dataclasses.is_dataclass(arguments[0]):
        return [_strangers(f"$.{name}[*]", arguments[0])]
    # Each wildcard path reads the body once more: only what a cast would bend is looked at so.
    hints = get_type_hints(arguments[0])
    fields = dataclasses.fields(arguments[0])
    bent = [one.name for one in fields if hints[one.name] not in {str, datetime}]
    needed = [one.name for one in fields if one.default is dataclasses.MISSING]
    missing = " OR ".join(f"{_read(f'one.{one}', hints[one])} IS NULL" for one in needed)
    return [
        f"len(list_filter(s.{name}, lambda one: {missing})) > 0",
        *(_strangers(f"$.{name}[*].{one}", hints[one]) for one in bent),
    ]


def _read(value: str, hint: Any) -> str:
    return instant_of(value) if hint is datetime else value


def _strangers(path: str, hint: Any) -> str:
    inner, optional = _unwrap(hint)
    words = {*_words(inner), *(("NULL",) if optional else ())}
    others = sorted({word for known in _WORDS.values() for word in known} | {"NULL"})
    listed = _listed(word for word in others if word not in words)
    return f"list_has_any(json_type(body, '{path}'), [{listed}])"


def _fields(cls: type) -> dict[str, Shape]:
    hints = get_type_hints(cls)
    return {field.name: _shape(hints[field.name]) for field in dataclasses.fields(cls)}


def _shape(hint: Any) -> Shape:
    inner, _ = _unwrap(hint)
    if inner in _SIMPLE:
        return _SIMPLE[inner]
    origin, arguments = typing.get_origin(inner), typing.get_args(inner)
    if origin is tuple:
        return [_shape(arguments[0])]
    if origin is dict:
        return f"MAP(VARCHAR, {_shape(arguments[1])})"
    if dataclasses.is_dataclass(inner) and isinstance(inner, type):
        return _fields(inner)
    raise TypeError(f"{hint} has no shape in the warehouse")


def _unwrap(hint: Any) -> tuple[Any, bool]:
    """Return the type without its None, and whether it had one."""
    if typing.get_origin(hint) in {types.UnionType, typing.Union}:
        (inner,) = (one for one in typing.get_args(hint) if one is not type(None))
        return inner, True
    return hint, False


def _words(hint: Any) -> tuple[str, ...]:
    return _WORDS[typing.get_origin(hint) or (dict if dataclasses.is_dataclass(hint) else hint)]


def _listed(words: Iterable[str]) -> str:
    return ", ".join(f"'{word}'" for word in words)
