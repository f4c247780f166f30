"""What a fault is."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from random import Random

from chaos.stage import Stage
from deploy.local.house import Kind

EVERY_KIND = frozenset(Kind)


def nothing() -> None:
    """Say that this machine lacks nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One way to fail.

    ``strike`` begins it, yields while the load goes on, and undoes what an operator or an
    orchestrator would undo; what comes back by itself it leaves alone.
    """

    name: str
    about: str  # a sentence: what happens to the house
    strike: Callable[[Stage, Random], AbstractContextManager[None]]
    site: str  # two faults of one site are not struck together
    hold_seconds: float = 4.0
    recovery_seconds: float = 240.0  # from its end until everything takes work again, at most
    kinds: frozenset[Kind] = EVERY_KIND
    needs: frozenset[str] = frozenset()  # processes
    load: frozenset[str] = frozenset()  # the streams without which it would not come to pass
    lacks: Callable[[], str | None] = nothing  # why this machine cannot do it: then it is skipped
    together: bool = True  # may strike beside others
