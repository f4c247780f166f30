"""Processes that are cut off around every step, and what others write meanwhile."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from chassis import processes
from chassis.turn import Turn

Between = Callable[[], object]


class Death(BaseException):
    """What nobody catches, as nobody catches SIGKILL."""


class Deaths:
    """Let whoever takes a step die before its commit, and again after it."""

    def __init__(self, kinds: tuple[str, ...]) -> None:
        self._kinds = kinds
        self.died: list[str] = []
        self._seen: set[tuple[str, object, str]] = set()

    def once(self, turn: Turn, when: str) -> None:
        """Die at this point of a process, unless somebody has died there before."""
        here = (turn.row.id, turn.row.data, f"{turn.row.step} {when}")
        if here in self._seen or turn.process.kind not in self._kinds:
            return
        self._seen.add(here)
        self.died.append(f"{turn.process.kind} {turn.step.name} {when}")
        raise Death


@contextmanager
def dying(patch: pytest.MonkeyPatch, *kinds: str) -> Iterator[Deaths]:
    """Let processes of these kinds die around every step while this is open."""
    deaths, take, advance = Deaths(kinds), processes.take, Turn.advance

    def advanced(turn: Turn, *args: Any, **options: Any) -> None:
        advance(turn, *args, **options)
        deaths.once(turn, "before its commit")

    def taken(turn: Turn, until: float) -> None:
        take(turn, until)
        deaths.once(turn, "after its commit")

    with patch.context() as context:
        context.setattr(Turn, "advance", advanced)
        context.setattr(processes, "take", taken)
        yield deaths


@contextmanager
def meanwhile(patch: pytest.MonkeyPatch, write: Between) -> Iterator[None]:
    """Let somebody write after every step that a process takes while this is open."""
    take = processes.take

    def taken(turn: Turn, until: float) -> None:
        take(turn, until)
        write()

    with patch.context() as context:
        context.setattr(processes, "take", taken)
        yield
