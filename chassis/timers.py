"""Durable timers: each fires once, in its own transaction, when the business clock says so."""

import random
from collections.abc import Callable
from functools import cache
from typing import Any, Protocol, TypeAlias

import eventlet
from sqlalchemy import Row, delete, select, update

from chassis.database import Database
from chassis.envelope import decode
from chassis.errors import RACED, Conflict, Problem, Refused, StaleVersion
from chassis.meter import Meter
from chassis.origin import internal
from chassis.relay import attempt
from chassis.runtime import Runtime
from chassis.tables import TIMERS

MAX_ATTEMPTS = 10  # then a timer is stuck: it stays listed and waits for a person
MAX_RACES = 3  # lost for a unique key; then it is nobody's speed, and a refusal like others
FIRST_BACKOFF_SECONDS, LAST_BACKOFF_SECONDS = 1.0, 300.0

# id, kind, key, data (JSON), attempts
TimerRow: TypeAlias = Row[str, str, str, str, int]


class Holder(Protocol):
    """Whoever holds a service's database: its runtime, or an operator beside it."""

    @property
    def database(self) -> Database:
        """The database."""

    @property
    def wake(self) -> Callable[[], None]:
        """What tells the leader that something changed."""


@cache
def meter(service: str, kind: str) -> Meter:
    """Return what counts the runs of one kind of timer."""
    return Meter(service, kind, "timer")


def fire_due(runtime: Runtime) -> int:
    """Fire everything that is due, the oldest first, and return how many were tried.

    The business clock may have jumped by years. What a timer sets for an instant that is past by
    now fires in this round and in its place, so that each one is looked up anew.
    """
    tried = 0
    while (row := _next_due(runtime)) is not None:
        _fire(runtime, row)
        tried += 1
        eventlet.sleep(0)  # SQLite never yields by itself
    return tried


def retry(runtime: Holder, id_: str) -> bool:
    """Give a stuck timer another try; say whether there is such a timer."""
    with runtime.database.begin() as session:
        done: Any = session.execute(
            update(TIMERS).where(TIMERS.c.id == id_).values(attempts=0, next_try=0.0)
        )
    return bool(done.rowcount)


def backoff_seconds(attempts: int) -> float:
    """Return how long to wait after so many failures: doubling, capped, between half and whole."""
    ceiling = min(FIRST_BACKOFF_SECONDS * 2.0 ** min(attempts - 1, 30), LAST_BACKOFF_SECONDS)
    return ceiling * random.uniform(0.5, 1)  # noqa: S311 - only to keep them apart


def reason_of(failure: Exception) -> str:
    """Say in a sentence why something failed, without what a bug's text may hold."""
    if isinstance(failure, Problem):
        return f"{failure.code}: {failure.message}"
    return f"bug: {type(failure).__name__}"


def is_final(failure: Exception, attempts: int) -> bool:
    """Say whether trying again cannot help; a stale version is gone with the next reading.

    So is a key that somebody else was faster to take, unless it is taken time and again.
    """
    if isinstance(failure, Conflict) and failure.code in RACED:
        return attempts >= MAX_RACES
    return isinstance(failure, Refused) and not isinstance(failure, StaleVersion)


def _next_due(runtime: Runtime) -> TimerRow | None:
    columns = TIMERS.c
    with runtime.database.reading() as session:
        return session.execute(
            select(columns.id, columns.kind, columns.key, columns.data, columns.attempts)
            .where(
                columns.due <= runtime.clock.now(),
                columns.next_try <= runtime.database.now(),
                columns.attempts < MAX_ATTEMPTS,
                # A kind that only a newer version knows is left to it; the gauge shows it overdue.
                columns.kind.in_(sorted(runtime.timers)),
            )
            .order_by(columns.due, columns.id)
            .limit(1)
        ).one_or_none()


def _fire(runtime: Runtime, row: TimerRow) -> None:
    failure = attempt(lambda: _run(runtime, row), f"timer:{row.kind}")
    if failure is None:
        runtime.wake()
    else:
        _postpone(runtime, row, failure)


def _run(runtime: Runtime, row: TimerRow) -> None:
    origin = internal(runtime.service, f"timer:{row.kind}")
    measured = meter(runtime.service, row.kind).run(origin.correlation_id)
    with measured, runtime.working(origin) as work:
        taken: Any = work.session.execute(delete(TIMERS).where(TIMERS.c.id == row.id))
        if taken.rowcount:  # else it was cancelled, replaced or fired by another meanwhile
            runtime.timers[row.kind](work, key=row.key, data=decode(row.data))


def _postpone(runtime: Runtime, row: TimerRow, failure: Exception) -> None:
    attempts = MAX_ATTEMPTS if is_final(failure, row.attempts) else row.attempts + 1
    with runtime.database.begin() as session:
        session.execute(
            update(TIMERS)
            .where(TIMERS.c.id == row.id)
            .values(
                attempts=attempts,
                next_try=runtime.database.now() + backoff_seconds(attempts),
                reason=reason_of(failure),
            )
        )
