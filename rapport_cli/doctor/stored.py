"""The services' databases: migrations, and what stands still in them."""

import time
from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from chassis import migrate
from chassis.clock import Clock
from chassis.errors import Conflict, Unavailable
from chassis.rows import Copy
from chassis.tables import COPY_STATES, OUTBOX, PROCESSES, TIMERS
from chassis.timers import MAX_ATTEMPTS
from chassis.turn import OPEN
from rapport_cli import services
from rapport_cli.doctor import remedies
from rapport_cli.doctor.findings import Finding, unseen, wrong
from rapport_cli.doctor.patient import Patient
from rapport_cli.holding import opened

LATE_SECONDS = 60.0  # beyond this nobody is about to do it


def databases(patient: Patient) -> Iterator[Finding]:
    """Look into the database of every service that is known here."""
    for service in patient.services():
        url = patient.house.databases.get(service)
        if url is None:
            yield unseen(f"The database of {service}: no URL, see --house.")
            continue
        try:
            yield from _differences(service, url)
            with opened(service, url) as session:
                yield from _outbox(service, session)
                yield from _timers(patient, service, session)
                yield from _processes(service, session)
                yield from _copies(service, session)
        except Unavailable as down:
            yield wrong(f"{service}: {down.message}", remedies.DATABASE_DOWN)
        except Conflict as behind:
            yield unseen(f"What waits in the database of {service}: {behind.message}")


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


def _timers(patient: Patient, service: str, session: Session) -> Iterator[Finding]:
    columns = TIMERS.c
    stuck = _by_kind(session, select(columns.kind).where(columns.attempts >= MAX_ATTEMPTS))
    if stuck:
        yield wrong(f"{service}: timers failed too often: {stuck}.", remedies.TIMER_STUCK)
    place = patient.running.get(service)
    now = Clock(place.clock_file if place else None).now() - timedelta(seconds=LATE_SECONDS)
    waiting = (columns.due <= now, columns.attempts == 0)
    late = _by_kind(session, select(columns.kind).where(*waiting))
    if late:
        yield wrong(f"{service}: timers are overdue: {late}.", remedies.TIMER_LATE)


def _processes(service: str, session: Session) -> Iterator[Finding]:
    columns = PROCESSES.c
    stuck = _by_kind(session, select(columns.kind).where(columns.status == "stuck"))
    if stuck:
        yield wrong(f"{service}: processes are stuck: {stuck}.", remedies.PROCESS_STUCK)
    abandoned = (columns.status.in_(OPEN), columns.next_try < time.time() - LATE_SECONDS)
    waiting = _by_kind(session, select(columns.kind).where(*abandoned))
    if waiting:
        yield wrong(
            f"{service}: processes wait and nobody takes them up: {waiting}.",
            remedies.PROCESS_WAITS,
        )


def _copies(service: str, session: Session) -> Iterator[Finding]:
    states = select(COPY_STATES.c.name).where(COPY_STATES.c.complete == 1)
    complete = set(session.scalars(states))
    for name, row in services.rows(service).items():
        if isinstance(row, Copy) and name not in complete:
            yield wrong(
                f"{service}: the copy {name} of {row.table.of.service} is not complete.",
                remedies.COPY_INCOMPLETE,
            )


def _by_kind(session: Session, query: Select[tuple[str]]) -> str:
    """Count rows by their kind, in words."""
    kinds = query.subquery().c.kind
    counted = session.execute(select(kinds, func.count()).group_by(kinds).order_by(kinds))
    return ", ".join(f"{count} x {kind}" for kind, count in counted)
