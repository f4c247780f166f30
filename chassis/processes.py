"""Processes: stored steps, one transaction each, resumed after any death exactly once.

A row says how far a process is. Whoever runs it holds a lease on the row (``next_try``, renewed by
every step); a step's changes commit together with the row's advance, and only under the lease. So
two that run the same step cannot both commit it, and what was cut off is done again.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import eventlet
from sqlalchemy import Row, select, update

from chassis.errors import from_wire
from chassis.ids import new_id
from chassis.origin import Origin
from chassis.relay import attempt
from chassis.runtime import Runtime
from chassis.steps import Process, freeze, thaw
from chassis.tables import PROCESSES
from chassis.taking import error_of, resumed, take, turn_back
from chassis.timers import Holder
from chassis.turn import OPEN, LeaseLost, Turn

LEASE_SECONDS = 30.0  # after a death somebody else goes on this much later, at most
ROUND_SECONDS = 30.0
MARGIN_SECONDS = 0.5  # an answer is on its way this long before the caller gives up
JOIN_PAUSE_SECONDS = 0.05
_T = PROCESSES.c


@dataclass(frozen=True, slots=True)
class Begun:
    """A process that was started, or one of the same key that was there already (no lease)."""

    id: str
    lease: float | None


def begin(
    runtime: Runtime, process: Process[Any], origin: Origin, fields: Mapping[str, Any]
) -> Begun:
    """Start a process, or find the one of the same key.

    :raises Problem: whatever its ``begin`` refuses; then nothing is stored.
    """
    begun = Begun(new_id(), runtime.database.now() + LEASE_SECONDS)
    with runtime.working(origin) as work:
        state = process.begin(work, **fields)
        key = process.key(state)
        row = {
            "id": begun.id, "kind": process.kind, "key": key, "status": "running", "step": 0,
            "data": freeze(state), "actor": work.actor, "correlation_id": work.correlation_id,
            "attempts": 0, "next_try": begun.lease, "started_at": work.now,
        }  # fmt: skip
        if not work.insert_once(PROCESSES, row):
            same = select(_T.id).where(_T.kind == process.kind, _T.key == key)
            return Begun(work.session.scalars(same).one(), None)
    return begun


def run_inline(runtime: Runtime, process: Process[Any], begun: Begun, deadline: float) -> object:
    """Run or join a process for as long as its caller waits, and return its answer.

    ``deadline`` is a ``time.monotonic()`` instant. What is not done by then goes on without the
    caller, who gets ``{"process": id, "status": …}``.

    :raises Problem: the refusal that made the process undo itself.
    """
    until, lease = deadline - MARGIN_SECONDS, begun.lease
    while True:
        if lease is not None:
            _drive(runtime, process, begun.id, lease, until)
        row = _load(runtime, begun.id)
        if row.status not in OPEN or row.attempts or time.monotonic() >= until:
            return _answer(process, row)
        lease = _claim(runtime, begun.id)
        if lease is None:
            eventlet.sleep(JOIN_PAUSE_SECONDS)


def resume_due(runtime: Runtime) -> int:
    """Go on with every process that nobody runs and whose time has come; return how many."""
    count = 0
    while (found := _next_due(runtime)) is not None:
        lease = _claim(runtime, found.id)
        if lease is not None:
            process = runtime.processes[found.kind]
            _drive(runtime, process, found.id, lease, time.monotonic() + ROUND_SECONDS)
            count += 1
    return count


def take_up(runtime: Runtime, kind: str, id_: str) -> None:
    """Run a process that was just started, unless somebody else has taken it already."""
    process = runtime.processes.get(kind)  # one that only a newer version knows is left to it
    lease = _claim(runtime, id_) if process else None
    if process and lease is not None:
        _drive(runtime, process, id_, lease, time.monotonic() + ROUND_SECONDS)


def retry(runtime: Holder, id_: str) -> bool:
    """Let a stuck process go on where it stood; say whether there is such a process."""
    with runtime.database.begin() as session:
        stuck = select(_T.error).where(_T.id == id_, _T.status == "stuck")
        row = session.execute(stuck).first()
        if row is None:
            return False
        values = {"status": resumed(row), "attempts": 0, "next_try": 0.0}
        session.execute(update(PROCESSES).where(_T.id == id_).values(**values))
    runtime.wake()
    return True


def _drive(runtime: Runtime, process: Process[Any], id_: str, lease: float, until: float) -> None:
    """Take steps until it is finished, has to wait, or time is up."""
    before, row = "", _load(runtime, id_)
    while True:
        if row.status not in OPEN or row.next_try != lease:
            return
        # The lease was ours throughout: it was this run that set the mark, one turn ago.
        marked = row.status == "acting" and before == "running"
        turn = Turn(runtime, process, row, runtime.database.now() + LEASE_SECONDS, marked)
        failure = attempt(partial(take, turn, until), f"process:{process.kind}")
        if failure is not None and (isinstance(failure, LeaseLost) or not turn_back(turn, failure)):
            return
        runtime.wake()
        lease, before = turn.lease, row.status
        row = _load(runtime, id_) if failure else turn.saved[0]


def _claim(runtime: Runtime, id_: str) -> float | None:
    """Take the lease of a process that nobody runs now."""
    now = runtime.database.now()
    free = update(PROCESSES).where(_T.id == id_, _T.status.in_(OPEN), _T.next_try <= now)
    with runtime.database.begin() as session:
        done: Any = session.execute(free.values(next_try=now + LEASE_SECONDS))
    return now + LEASE_SECONDS if done.rowcount else None


def _next_due(runtime: Runtime) -> Row[str, str] | None:
    now = runtime.database.now()
    due = (_T.status.in_(OPEN), _T.next_try <= now, _T.kind.in_(sorted(runtime.processes)))
    first = select(_T.id, _T.kind).where(*due).order_by(_T.next_try, _T.id).limit(1)
    with runtime.database.reading() as session:
        return session.execute(first).one_or_none()


def _load(runtime: Runtime, id_: str) -> Row[Any]:
    with runtime.database.reading() as session:
        return session.execute(select(PROCESSES).where(_T.id == id_)).one()


def _answer(process: Process[Any], row: Row[Any]) -> object:
    if row.status == "done":
        return process.answer(thaw(process.state, row.data))
    if row.status == "refused":
        raise from_wire(error_of(row))
    return {"process": row.id, "status": row.status}
