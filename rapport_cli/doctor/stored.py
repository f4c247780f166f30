"""The services' databases: migrations, and what stands still in them."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import sleep

from sqlalchemy import ColumnElement, Table, func, select
from sqlalchemy.orm import Session

from chassis import migrate
from chassis.clock import Clock
from chassis.errors import Conflict, Unavailable
from chassis.rows import Copy
from chassis.tables import COPY_STATES, OUTBOX, PROCESSES, TIMERS
from chassis.timers import MAX_ATTEMPTS
from chassis.turn import OPEN
from rapport_cli import services
from rapport_cli.doctor import merges, remedies
from rapport_cli.doctor.findings import Finding, unseen, wrong
from rapport_cli.doctor.patient import Patient
from rapport_cli.holding import opened

LATE_SECONDS = 60.0  # beyond this nobody is about to do it
# What waits may have been due for a moment only: it was started just now, or the clock has leapt.
SECOND_LOOK_SECONDS = 5.0

Row = tuple[object, ...]  # its kind first, then what changes as soon as somebody takes it up


@dataclass(frozen=True, slots=True)
class _Waiting:
    timers: frozenset[Row]
    processes: frozenset[Row]


def databases(patient: Patient) -> Iterator[Finding]:
    """Look into the database of every service that is known here."""
    waiting: dict[str, _Waiting] = {}
    for service in patient.services():
        url = patient.house.databases.get(service)
        if url is None:
            yield unseen(f"The database of {service}: no URL, see --house.")
            continue
        try:
            yield from _differences(service, url)
            with opened(service, url) as session:
                yield from _outbox(service, session)
                yield from _stuck(service, session)
                yield from _copies(service, session)
                if service == merges.OWNER:
                    yield from merges.overdue_merges(session, _now(patient, service))
                waiting[service] = _waiting(patient, service, session)
        except Unavailable as down:
            yield wrong(f"{service}: {down.message}", remedies.DATABASE_DOWN)
        except Conflict as behind:
            yield unseen(f"What waits in the database of {service}: {behind.message}")
    yield from _still_waiting(patient, waiting)


def _still_waiting(patient: Patient, before: dict[str, _Waiting]) -> Iterator[Finding]:
    """Look again, once for all services, at what waits in any."""
    waiting = {name: one for name, one in before.items() if one.timers or one.processes}
    if waiting:
        sleep(SECOND_LOOK_SECONDS)
    for service, first in waiting.items():
        try:
            with opened(service, patient.house.databases[service]) as session:
                second = _waiting(patient, service, session)
        except Unavailable as down:
            yield wrong(f"{service}: {down.message}", remedies.DATABASE_DOWN)
            continue
        # They fire one after the other: while any goes, the others will.
        if first.timers and first.timers <= second.timers:
            late = _by_kind(first.timers)
            yield wrong(f"{service}: timers are overdue: {late}.", remedies.TIMER_LATE)
        abandoned = _by_kind(first.processes & second.processes)
        if abandoned:
            yield wrong(
                f"{service}: processes wait and nobody takes them up: {abandoned}.",
                remedies.PROCESS_WAITS,
            )


def _waiting(patient: Patient, service: str, session: Session) -> _Waiting:
    late = _now(patient, service) - timedelta(seconds=LATE_SECONDS)
    due = (TIMERS.c.due <= late, TIMERS.c.attempts == 0)
    timers = select(TIMERS.c.kind, TIMERS.c.id, TIMERS.c.next_try).where(*due)
    columns = PROCESSES.c
    free = (columns.status.in_(OPEN), columns.next_try < time.time() - LATE_SECONDS)
    processes = select(columns.kind, columns.id, columns.step, columns.next_try).where(*free)
    return _Waiting(
        frozenset(tuple(row) for row in session.execute(timers)),
        frozenset(tuple(row) for row in session.execute(processes)),
    )


def _now(patient: Patient, service: str) -> datetime:
    place = patient.running.get(service)
    return Clock(place.clock_file if place else None).now()


def _differences(service: str, url: str) -> Iterator[Finding]:
    """Compare with what the service declares; what does not exist yet must not be made by looking."""
    try:
        with opened(service, url):
            pass
    except Conflict as behind:
        yield wrong(behind.message, remedies.MIGRATE)
        return
    for line in migrate.check(service, url):
        yield wrong(line, remedies.MIGRATE)


def _outbox(service: str, session: Session) -> Iterator[Finding]:
    count, oldest = session.execute(
        select(func.count(), func.min(OUTBOX.c.recorded_at)).select_from(OUTBOX)
    ).one()
    age = time.time() - oldest if count else 0.0
    if age > LATE_SECONDS:
        yield wrong(
            f"{service}: {count} events wait to be told, the oldest for {age:.0f} s.",
            remedies.OUTBOX_WAITS,
        )


def _stuck(service: str, session: Session) -> Iterator[Finding]:
    failed = _by_kind(_kinds(session, TIMERS, TIMERS.c.attempts >= MAX_ATTEMPTS))
    if failed:
        yield wrong(f"{service}: timers failed too often: {failed}.", remedies.TIMER_STUCK)
    stuck = _by_kind(_kinds(session, PROCESSES, PROCESSES.c.status == "stuck"))
    if stuck:
        yield wrong(f"{service}: processes are stuck: {stuck}.", remedies.PROCESS_STUCK)


def _copies(service: str, session: Session) -> Iterator[Finding]:
    states = select(COPY_STATES.c.name).where(COPY_STATES.c.complete == 1)
    complete = set(session.scalars(states))
    for name, row in services.rows(service).items():
        if isinstance(row, Copy) and name not in complete:
            yield wrong(
                f"{service}: the copy {name} of {row.table.of.service} is not complete.",
                remedies.COPY_INCOMPLETE,
            )


def _kinds(session: Session, table: Table, which: ColumnElement[bool]) -> list[Row]:
    return [tuple(row) for row in session.execute(select(table.c.kind).where(which))]


def _by_kind(rows: Iterable[Row]) -> str:
    """Count rows by their kind, in words."""
    counted = sorted(Counter(str(row[0]) for row in rows).items())
    return ", ".join(f"{count} x {kind}" for kind, count in counted)
