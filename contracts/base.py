"""How an event is declared: a frozen class with a type, a subject and its personal fields."""

import dataclasses
import types
import typing
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import Enum
from functools import cache, partial
from typing import Any, TypeVar, get_type_hints

T = TypeVar("T")
PARTS = 4  # service.noun.verb.vN
_REGISTRY: dict[type, "EventType"] = {}
# What every event says beside its own fields.
COMMON: dict[str, dict[str, object]] = {
    "actor": {
        "type": "string",
        "description": "who did it: person:<id> or service:<name>",
    },
    "occurred_at": {
        "type": "string",
        "format": "date-time",
        "description": "business instant",
    },
    "origin": {
        "type": "string",
        "description": "the channel it came through (echo suppression)",
    },
    "changed": {
        "type": "object",
        "description": "field -> {old, new}; a personal field is named with null",
        "additionalProperties": {"type": ["object", "null"]},
    },
}


@dataclasses.dataclass(frozen=True, slots=True)
class EventType:
    """What is known of an event class."""

    name: str  # service.noun.verb.vN: the type and the routing key
    cls: type
    subject: str  # the field that names the aggregate
    fields: tuple[str, ...]
    personal: frozenset[str]
    exchange: str
    of_record: bool = False  # about the record of this id itself, also when the id is an old one

    @property
    def service(self) -> str:
        """Return the service that tells it."""
        return self.name.partition(".")[0]

    @property
    def private(self) -> bool:
        """Say whether it is kept out of the log."""
        return bool(self.personal) or self.exchange.endswith(".private")

    @property
    def dataschema(self) -> str:
        """Name the golden schema."""
        return f"/schemas/{self.name}.json"


@dataclasses.dataclass(frozen=True, slots=True)
class Copied:
    """A noun whose records other services may keep a copy of."""

    service: str
    noun: str
    recorded: type  # the full after-image
    snapshot: str  # the RPC method that pages through all of them: changed_since
    erased: type | None = None
    merged: str | None = None  # the field that names the record it was merged into


def event(
    type_: str, *, subject: str, exchange: str | None = None, of_record: bool = False
) -> Callable[[type[T]], type[T]]:
    """Declare a frozen dataclass as an event; with a personal field it is told in private.

    Whoever hears of a customer by an old id takes it for the customer that it was merged into,
    unless it is ``of_record``: what is told of one record, or concluded of it, is none of another.

    :raises ValueError: if the type is not ``service.noun.verb.vN`` or is taken.
    """
    parts = type_.split(".")
    if len(parts) != PARTS or not parts[-1].removeprefix("v").isdecimal():
        raise ValueError(f"{type_} is not service.noun.verb.vN")

    def declare(cls: type[T]) -> type[T]:
        fields = dataclasses.fields(cls)  # type: ignore[arg-type]  # the caller is a dataclass
        personal = frozenset(f.name for f in fields if f.metadata.get("personal"))
        names = tuple(f.name for f in fields)
        if subject not in names:
            raise ValueError(f"{type_} has no field {subject}")
        if any(known.name == type_ for known in _REGISTRY.values()):
            raise ValueError(f"{type_} is declared twice")
        channel = "private" if personal else "events"
        _REGISTRY[cls] = EventType(
            type_, cls, subject, names, personal, exchange or f"{parts[0]}.{channel}", of_record
        )
        return cls

    return declare


def personal(default: Any = dataclasses.MISSING) -> Any:
    """Mark a field as telling something about a person."""
    if default is dataclasses.MISSING:
        return dataclasses.field(metadata={"personal": True})
    return dataclasses.field(default=default, metadata={"personal": True})


def describe(cls: type) -> EventType:
    """Return what is known of an event class.

    :raises KeyError: if the class is no event.
    """
    return _REGISTRY[cls]


def registry() -> dict[str, EventType]:
    """Return every declared event by its type, in order."""
    return {known.name: known for known in sorted(_REGISTRY.values(), key=lambda e: e.name)}


def body(told: object) -> dict[str, object]:
    """Return the fields of an event as a flat dictionary."""
    return {name: getattr(told, name) for name in _REGISTRY[type(told)].fields}


def read(cls: type[T], data: Mapping[str, object]) -> T:
    """Build an event from received data; fields that are not known yet are passed over.

    :raises ValueError: if a required field is missing, or one is not what its type says.
    """
    known = _REGISTRY[cls]
    try:
        return _build(cls, data)
    except (TypeError, ValueError) as wrong:
        raise ValueError(f"{known.name}: {wrong}") from wrong


def schema(cls: type) -> dict[str, object]:
    """Return the JSON Schema of an event's data; additive changes keep it valid."""
    known = _REGISTRY[cls]
    hints = get_type_hints(cls)
    properties: dict[str, object] = {}
    required = ["actor", "occurred_at", "origin"]
    for field in dataclasses.fields(cls):
        shape = _shape(hints[field.name])
        if field.name in known.personal:
            shape["x-personal"] = True
        properties[field.name] = shape
        if field.default is dataclasses.MISSING:
            required.append(field.name)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": known.dataschema,
        "title": known.name,
        "description": (cls.__doc__ or "").strip().split("\n")[0],
        "type": "object",
        "properties": properties | COMMON,
        "required": sorted(required),
    }


_SIMPLE: dict[object, dict[str, object]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    datetime: {"type": "string", "format": "date-time"},
    dict: {"type": "object"},
    object: {},  # any JSON value
}


def _shape(hint: Any) -> dict[str, object]:
    if hint in _SIMPLE:
        return dict(_SIMPLE[hint])
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in {types.UnionType, typing.Union}:
        inner = [_shape(one) for one in arguments if one is not type(None)]
        return {"anyOf": [*inner, {"type": "null"}]}
    if origin is tuple:
        return {"type": "array", "items": _shape(arguments[0])}
    if origin is dict:
        return {"type": "object", "additionalProperties": _shape(arguments[1])}
    if isinstance(hint, type) and issubclass(hint, Enum):
        return {"type": "string", "enum": [member.value for member in hint]}
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return _struct(hint)
    raise TypeError(f"{hint} has no JSON Schema here")


def _struct(cls: type) -> dict[str, object]:
    hints = get_type_hints(cls)
    fields = dataclasses.fields(cls)
    return {
        "type": "object",
        "properties": {field.name: _shape(hints[field.name]) for field in fields},
        "required": sorted(f.name for f in fields if f.default is dataclasses.MISSING),
    }


def _build(cls: type[T], data: Mapping[str, object]) -> T:
    found = {}
    for name, make in _makers(cls):  # type: ignore[arg-type]  # a class is hashable
        if name in data:
            try:
                found[name] = make(data[name])
            except (TypeError, ValueError, AttributeError) as wrong:
                # The value stays unsaid: it may tell about a person.
                raise ValueError(f"{name} is not what its type says") from wrong
    return cls(**found)


@cache
def _makers(cls: type) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
    hints = get_type_hints(cls)
    fields = dataclasses.fields(cls)
    return tuple((field.name, _maker(hints[field.name])) for field in fields)


def _maker(hint: Any) -> Callable[[Any], Any]:
    """Return what makes a value of this type out of JSON, or raises TypeError or ValueError."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in {types.UnionType, typing.Union}:
        (inner,) = (_maker(one) for one in arguments if one is not type(None))
        return lambda value: None if value is None else inner(value)
    if origin is tuple:
        item = _maker(arguments[0])
        return lambda value: tuple(item(one) for one in _exactly(list, value))
    if origin is dict:
        of = _maker(arguments[1])
        return lambda value: {key: of(one) for key, one in _exactly(dict, value).items()}
    if hint in _AS_IT_SAYS:
        return _AS_IT_SAYS[hint]
    if hint is float:
        return lambda value: float(_exactly(float if isinstance(value, float) else int, value))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint
    if dataclasses.is_dataclass(hint):
        return partial(_build, typing.cast("type", hint))
    return partial(_exactly, hint)


_AS_IT_SAYS: dict[object, Callable[[Any], Any]] = {
    datetime: datetime.fromisoformat,
    object: lambda value: value,
}


def _exactly(kind: type[T], value: object) -> T:
    if type(value) is not kind:
        raise TypeError(f"not a {kind.__name__}")
    return value
