"""What keeps a service's database small and its gauges fresh."""

import time
from typing import Any

import eventlet
from sqlalchemy import ColumnElement, Table, and_, delete, func, not_, or_, select, tuple_

from chassis import metrics
from chassis.runtime import Runtime
from chassis.tables import IDEMPOTENCY, INBOX, OUTBOX, PROCESSES, TIMERS
from chassis.turn import OPEN
from contracts import SERVICES

DAY_SECONDS = 86_400
INBOX_DAYS = 30
IDEMPOTENCY_HOURS = 72
# A process asks with one key for as long as it is tried, and a person may let it go on much later.
ASKED_DAYS = 30
PROCESS_DAYS = 30  # not less than the inbox remembers, which may have begun it
BATCH = 500  # small, so that no handler waits long for a lock
MAX_BATCHES = 200  # of one table in one round

_PENDING = select(
    select(func.count()).select_from(OUTBOX).scalar_subquery(),
    # The oldest by position: there is no index by time, and none is needed.
    select(OUTBOX.c.recorded_at).order_by(OUTBOX.c.position).limit(1).scalar_subquery(),
)
_TIMERS = select(func.count(), func.min(TIMERS.c.due))
_PROCESSES = select(func.count()).where(PROCESSES.c.status.in_((*OPEN, "stuck")))


def purge(runtime: Runtime) -> int:
    """Delete what nobody will ask for any more, and return how many rows."""
    now = time.time()
    old_inbox = INBOX.c.applied_at < now - INBOX_DAYS * DAY_SECONDS
    # A finished process keeps its last lease: real time, while the business clock may leap years.
    old = PROCESSES.c.next_try < now - PROCESS_DAYS * DAY_SECONDS
    return (
        _purge(runtime, INBOX, old_inbox)
        + _purge(runtime, IDEMPOTENCY, _is_answered(now))
        + _purge(runtime, PROCESSES, and_(old, _is_forgettable(runtime)))
    )


def _is_answered(now: float) -> ColumnElement[bool]:
    """Match the answers with whose key nobody comes again; services come in their processes."""
    columns = IDEMPOTENCY.c
    asked = columns.caller.in_([f"service:{name}" for name in SERVICES])
    old = columns.created_at < now - IDEMPOTENCY_HOURS * 3600
    older = columns.created_at < now - ASKED_DAYS * DAY_SECONDS
    return or_(older, and_(old, not_(asked)))


def _is_forgettable(runtime: Runtime) -> ColumnElement[bool]:
    """Match the processes whose key finds nothing that anybody could ask for."""
    passing = [kind for kind, process in runtime.processes.items() if process.is_passing]
    columns = PROCESSES.c
    done = and_(columns.status == "done", columns.kind.in_(sorted(passing)))
    return or_(columns.status == "refused", done)  # what was refused has given its key back


def refresh_gauges(runtime: Runtime) -> None:
    """Set the gauges that need SQL; a scrape only reads them."""
    service = runtime.service
    with runtime.database.reading() as session:
        pending, recorded_at = session.execute(_PENDING).one()
        timers, due = session.execute(_TIMERS).one()
        processes = session.scalar(_PROCESSES) or 0
        own = [
            (gauge, read(session, runtime.clock.now())) for gauge, read in runtime.gauges.values()
        ]
    for gauge, figures in own:
        for label, figure in figures.items():
            gauge.labels(service, label).set(figure)
    age = 0.0 if recorded_at is None else max(time.time() - recorded_at, 0.0)
    late = 0.0 if due is None else max((runtime.clock.now() - due).total_seconds(), 0.0)
    metrics.OUTBOX_PENDING.labels(service).set(pending)
    metrics.OUTBOX_AGE.labels(service).set(age)
    metrics.TIMERS_PENDING.labels(service).set(timers)
    metrics.TIMERS_OVERDUE.labels(service).set(late)
    metrics.PROCESSES_OPEN.labels(service).set(processes)
    pool: Any = runtime.database.engine.pool  # a QueuePool, whose figures the base class lacks
    metrics.DB_CONNECTIONS.labels(service, "busy").set(pool.checkedout())
    metrics.DB_CONNECTIONS.labels(service, "idle").set(pool.checkedin())


def _purge(runtime: Runtime, table: Table, condition: Any) -> int:
    key = tuple_(*table.primary_key.columns)
    some = select(*table.primary_key.columns).where(condition).limit(BATCH)
    statement = delete(table).where(and_(condition, key.in_(some)))
    total = 0
    for _ in range(MAX_BATCHES):
        with runtime.database.begin() as session:
            done: Any = session.execute(statement)
        total += done.rowcount
        if done.rowcount < BATCH:
            break
        eventlet.sleep(0)
    return total
