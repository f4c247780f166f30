"""What a process is made of: its steps, and the state that it keeps between them."""

import dataclasses
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, Generic, TypeAlias, TypeVar

from chassis.envelope import decode, encode
from chassis.work import Work

MAX_ATTEMPTS = 12  # then a process is stuck: it stays listed and waits for a person

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


@dataclasses.dataclass(frozen=True, slots=True)
class Question:
    """What is asked of another service."""

    service: str
    method: str
    payload: dict[str, Any]


@dataclasses.dataclass(frozen=True, slots=True)
class AskAround(Generic[S]):
    """Questions to several services at once, none of them worth more time than ``seconds``.

    They are asked outside any transaction, and again after a crash. ``note`` gets the answers by
    service: whoever was late, away or refused is missing there, and is not asked again. Where it
    returns True the step is taken again, with the questions of the state by then.
    """

    name: str
    questions: Callable[[S], Sequence[Question]]
    note: Callable[[Work, S, Mapping[str, object]], bool | None]
    seconds: float
    undo: Callable[[Work, S], None] | None = None


class TookTooLong(Exception):
    """Say that an effect outside was cut off.

    Nobody knows what became of it, unless ``run`` does: it is raised where ``run`` waits.
    """


@dataclasses.dataclass(frozen=True, slots=True)
class Act(Generic[S]):
    """An effect outside the house, such as a mail, done outside any transaction.

    ``run`` gets the state and the service's own settings; what it returns is given to ``note``. A
    refusal it raises undoes the process; Unavailable says that nothing was handed over, and is
    tried again. It is done again after a crash, unless ``once``.

    With ``once`` a mark is committed before ``run``. Whoever finds the mark, or sees ``run`` fail
    in any other way, cannot know whether the effect took place: ``unknown`` writes that down and
    the process goes on. ``mark`` gets what ``run`` gets and takes part in the transaction of the
    mark, each time anew; where it returns False there is nothing to do, and ``run`` is passed over. Where nothing was handed
    over the mark is taken back, and ``unmark`` forgets what ``mark`` made for this try alone.
    """

    name: str
    run: Callable[[S, Any], Any]
    note: Callable[[Work, S, Any], None]
    unknown: Callable[[Work, S], None] | None = None
    undo: Callable[[Work, S], None] | None = None
    once: bool = False
    mark: Callable[[Work, S, Any], bool] | None = None
    unmark: Callable[[S], None] | None = None

    def __post_init__(self) -> None:
        """Refuse an effect whose unknown fate nobody would hear of."""
        if self.once is not (self.unknown is not None) or (
            (self.mark or self.unmark) and not self.once
        ):
            raise ValueError(f"{self.name}: once and unknown belong together, mark needs both")


AnyStep: TypeAlias = Step[S] | Ask[S] | AskAround[S] | Act[S]


@dataclasses.dataclass(frozen=True, slots=True)
class Process(Generic[S]):
    """Work that needs more than one transaction.

    ``begin`` checks and returns the first state, and writes nothing else: with a key that is
    already on its way or done, the caller joins that one.

    ``is_passing``: once it is done nobody comes with its key again, so it is forgotten after
    30 days. Leave it out where a person may: the stored process is what answers them.
    """

    kind: str
    state: type[S]
    steps: tuple[AnyStep[S], ...]
    key: Callable[[S], str]
    answer: Callable[[S], object]
    begin: Callable[..., S]
    attempts: int = MAX_ATTEMPTS  # of one step
    is_passing: bool = False

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
