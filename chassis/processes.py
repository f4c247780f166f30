"""Processes: stored steps, one transaction each, resumed after any death exactly once.

A row says how far a process is. Whoever runs it holds a lease on the row (``next_try``, renewed by
every step); a step's changes commit together with the row's advance, and only under the lease. So
two that run the same step cannot both commit it, and what was cut off is done again.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import eventlet
from sqlalchemy import Row, select, update
from sqlalchemy.orm import Session

from chassis.caller import Caller
from chassis.envelope import decode, encode
from chassis.errors import Conflict, from_wire, to_wire
from chassis.ids import new_id
from chassis.meter import Meter
from chassis.origin import Origin
from chassis.relay import attempt
from chassis.runtime import Runtime
from chassis.steps import Ask, Process, freeze, thaw
from chassis.tables import ID_LENGTH, PROCESSES
from chassis.timers import Holder, backoff_seconds, is_final

LEASE_SECONDS = 30.0  # after a death somebody else goes on this much later, at most
ASK_SECONDS = 10.0  # shorter than the lease
ROUND_SECONDS = 30.0
MARGIN_SECONDS = 0.5  # an answer is on its way this long before the caller gives up
JOIN_PAUSE_SECONDS = 0.05
MAX_ATTEMPTS = 12  # then a process is stuck: it stays listed and waits for a person
OPEN = ("running", "undoing")
_KEY_LENGTH = 2 * ID_LENGTH
_T = PROCESSES.c


class _LeaseLost(Conflict):
    """Say that somebody else runs the process by now; what was just done is rolled back."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A process that was started, or one of the same key that was there already (no lease)."""

    id: str
    lease: float | None


@dataclass(frozen=True, slots=True)
class _Turn:
    """One stored state of a process, held by us."""

    runtime: Runtime
    process: Process[Any]
    row: Row[Any]
    lease: float  # the one that the next stored state is held with

    def origin(self) -> Origin:
        """Act as the service, on behalf of whoever began the process."""
        service, actor = self.runtime.service, self.row.actor
        own = f"service:{service}"
        caller = Caller(own, on_behalf_of=None if actor == own else actor)
        channel = f"process:{self.process.kind}"
        return Origin(service, caller, channel, self.row.correlation_id, self.row.id)

    def save(self, session: Session, **values: object) -> None:
        """Store the next state, under the lease.

        :raises _LeaseLost: if it is not ours any more.
        """
        done: Any = session.execute(
            update(PROCESSES)
            .where(_T.id == self.row.id, _T.next_try == self.row.next_try, _T.status.in_(OPEN))
            .values(**{"next_try": self.lease} | values)
        )
        if not done.rowcount:
            raise _LeaseLost("Somebody else runs this process by now.", code="process.lease_lost")


@cache
def meter(service: str, kind: str) -> Meter:
    """Return what counts the steps of one kind of process."""
    return Meter(service, kind, "process")


def begin(
    runtime: Runtime, process: Process[Any], origin: Origin, fields: Mapping[str, Any]
) -> Begun:
    """Start a process, or find the one of the same key.

    :raises Problem: whatever its ``begin`` refuses; then nothing is stored.
    """
    begun = Begun(new_id(), time.time() + LEASE_SECONDS)
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


def retry(runtime: Holder, id_: str) -> bool:
    """Let a stuck process go on where it stood; say whether there is such a process."""
    with runtime.database.begin() as session:
        row = session.execute(select(_T.error).where(_T.id == id_, _T.status == "stuck")).first()
        if row is None:
            return False
        status = "undoing" if "refused" in _error(row) else "running"
        values = {"status": status, "attempts": 0, "next_try": 0.0}
        session.execute(update(PROCESSES).where(_T.id == id_).values(**values))
    runtime.wake()
    return True


def _drive(runtime: Runtime, process: Process[Any], id_: str, lease: float, until: float) -> None:
    """Take steps until it is finished, has to wait, or time is up."""
    while True:
        row = _load(runtime, id_)
        if row.status not in OPEN or row.next_try != lease:
            return
        turn = _Turn(runtime, process, row, time.time() + LEASE_SECONDS)
        failure = attempt(partial(_take, turn, until), f"process:{process.kind}")
        if failure is not None and (
            isinstance(failure, _LeaseLost) or not _turn_back(turn, failure)
        ):
            return
        runtime.wake()
        lease = turn.lease


def _take(turn: _Turn, until: float) -> None:
    """Take one step, forwards or back, or give the lease back when time is up."""
    if time.monotonic() >= until:
        with turn.runtime.database.begin() as session:
            turn.save(session, next_try=0.0)
        return
    with meter(turn.runtime.service, turn.process.kind).run(turn.row.correlation_id):
        if turn.row.status == "undoing":
            _undo(turn)
        else:
            _step(turn, until)


def _step(turn: _Turn, until: float) -> None:
    process, row, origin = turn.process, turn.row, turn.origin()
    step, state = process.steps[row.step], thaw(process.state, row.data)
    answer: object = None
    if isinstance(step, Ask):
        # Outside any transaction; the key lets the callee know a repetition after a crash.
        answer = turn.runtime.call(
            step.service,
            step.method,
            step.payload(state),
            origin=origin,
            budget_seconds=min(ASK_SECONDS, until - time.monotonic()),
            idempotency_key=f"{row.id}:{step.name}",
        )
    with turn.runtime.working(origin) as work:
        again = False
        if isinstance(step, Ask):
            step.note(work, state, answer)
        else:
            again = step.run(work, state) is True
        work.flush()
        taken = row.step if again else row.step + 1
        last = taken == len(process.steps)
        turn.save(
            work.session, step=taken, data=freeze(state), attempts=0, error=None,
            status="done" if last else "running", finished_at=work.now if last else None,
        )  # fmt: skip


def _undo(turn: _Turn) -> None:
    """Undo the last step that was taken; with none left the process has refused."""
    row = turn.row
    taken = row.step
    while taken and turn.process.steps[taken - 1].undo is None:
        taken -= 1
    with turn.runtime.working(turn.origin()) as work:
        if taken == 0:
            # Its key is free again: what was refused may be tried anew.
            key = f"{row.key[: _KEY_LENGTH - len(row.id) - 1]}~{row.id}"
            turn.save(work.session, step=0, status="refused", key=key, finished_at=work.now)
            return
        state = thaw(turn.process.state, row.data)
        undo = turn.process.steps[taken - 1].undo
        assert undo is not None
        undo(work, state)
        work.flush()
        turn.save(work.session, step=taken - 1, data=freeze(state), attempts=0)


def _turn_back(turn: _Turn, failure: Exception) -> bool:
    """Store what went wrong; say whether to go on at once, undoing what was done."""
    row = turn.row
    forwards = row.status == "running"
    if forwards and is_final(failure):
        error = to_wire(failure) | {"refused": True}
        return _stored(turn, status="undoing", error=encode(error).decode(), attempts=0)
    attempts = row.attempts + 1
    kept = {} if forwards else _error(row)
    error = to_wire(failure) if forwards else kept | {"undo_failure": to_wire(failure)}
    _stored(
        turn,
        status="stuck" if attempts >= MAX_ATTEMPTS else row.status,
        error=encode(error).decode(),
        attempts=attempts,
        next_try=time.time() + backoff_seconds(attempts),
    )
    return False


def _stored(turn: _Turn, **values: object) -> bool:
    try:
        with turn.runtime.database.begin() as session:
            turn.save(session, **values)
    except _LeaseLost:
        return False
    return True


def _claim(runtime: Runtime, id_: str) -> float | None:
    """Take the lease of a process that nobody runs now."""
    now = time.time()
    free = update(PROCESSES).where(_T.id == id_, _T.status.in_(OPEN), _T.next_try <= now)
    with runtime.database.begin() as session:
        done: Any = session.execute(free.values(next_try=now + LEASE_SECONDS))
    return now + LEASE_SECONDS if done.rowcount else None


def _next_due(runtime: Runtime) -> Row[str, str] | None:
    due = (_T.status.in_(OPEN), _T.next_try <= time.time(), _T.kind.in_(sorted(runtime.processes)))
    first = select(_T.id, _T.kind).where(*due).order_by(_T.next_try, _T.id).limit(1)
    with runtime.database.reading() as session:
        return session.execute(first).one_or_none()


def _load(runtime: Runtime, id_: str) -> Row[Any]:
    with runtime.database.reading() as session:
        return session.execute(select(PROCESSES).where(_T.id == id_)).one()


def _error(row: Row[Any]) -> dict[str, object]:
    found = decode(row.error or "{}")
    return found if isinstance(found, dict) else {}


def _answer(process: Process[Any], row: Row[Any]) -> object:
    if row.status == "done":
        return process.answer(thaw(process.state, row.data))
    if row.status == "refused":
        raise from_wire(_error(row))
    return {"process": row.id, "status": row.status}
