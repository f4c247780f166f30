"""What a process is made of: its steps, and the state that it keeps between them."""

import dataclasses
import types
import typing
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, Generic, TypeAlias, TypeVar

from chassis.envelope import decode, encode
from chassis.work import Work

S = TypeVar("S")


@dataclasses.dataclass(frozen=True, slots=True)
class Step(Generic[S]):
    """Something done in one transaction of this service.

    Where ``run`` returns True it is taken again, in a transaction of its own: work whose length
    nobody knows, such as a file, goes in steps of one size.
    """

    name: str
    run: Callable[[Work, S], bool | None]
    undo: Callable[[Work, S], None] | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Ask(Generic[S]):
    """A question or command to another service, asked outside any transaction.

    It is asked again after a crash, with the same key; ``note`` writes down what was answered.
    """

    name: str
    service: str
    method: str
    payload: Callable[[S], dict[str, Any]]
    note: Callable[[Work, S, object], None]
    undo: Callable[[Work, S], None] | None = None


AnyStep: TypeAlias = Step[S] | Ask[S]


@dataclasses.dataclass(frozen=True, slots=True)
class Process(Generic[S]):
    """Work that needs more than one transaction.

    ``begin`` checks and returns the first state, and writes nothing else: with a key that is
    already on its way or done, the caller joins that one.
    """

    kind: str
    state: type[S]
    steps: tuple[AnyStep[S], ...]
    key: Callable[[S], str]
    answer: Callable[[S], object]
    begin: Callable[..., S]

    def __post_init__(self) -> None:
        """Refuse a list of steps that could not be told apart."""
        names = [step.name for step in self.steps]
        if not names or len(set(names)) != len(names):
            raise ValueError(f"{self.kind}: a process needs steps with different names")


def freeze(state: object) -> str:
    """Write a state as JSON."""
    fields = dataclasses.fields(state)  # type: ignore[arg-type]  # a process's state is a dataclass
    return encode({field.name: getattr(state, field.name) for field in fields}).decode()


def thaw(kind: type[S], data: str) -> S:
    """Read a state that was stored, perhaps by an older version: unknown fields are passed over."""
    found = decode(data)
    assert isinstance(found, Mapping)
    return kind(
        **{
            name: convert(found[name]) if convert and found[name] is not None else found[name]
            for name, convert in _fields(kind)  # type: ignore[arg-type]  # a class is hashable
            if name in found
        }
    )


@cache
def _fields(kind: type) -> list[tuple[str, Callable[[Any], Any] | None]]:
    hints = typing.get_type_hints(kind)
    return [(field.name, _converter(hints[field.name])) for field in dataclasses.fields(kind)]


def _converter(hint: Any) -> Callable[[Any], Any] | None:
    """Return what makes a value of this type out of JSON, or None where JSON's own will do."""
    if typing.get_origin(hint) in {types.UnionType, typing.Union}:
        inner = [one for one in typing.get_args(hint) if one is not type(None)]
        return _converter(inner[0]) if len(inner) == 1 else None
    kind = typing.get_origin(hint) or hint
    if kind is datetime:
        return datetime.fromisoformat
    if isinstance(kind, type) and issubclass(kind, Decimal | Enum | tuple | set | frozenset):
        return kind
    return None
