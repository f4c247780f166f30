"""Taking one step of a process: forwards, or back.

Whoever takes a step holds the row's lease; a step's changes commit with the row's advance, under
the lease alone.
"""

import time
from functools import cache, partial
from typing import Any

import eventlet
from sqlalchemy import Row

from chassis.acting import NothingDone, act_outside, unmarked
from chassis.envelope import decode, encode
from chassis.errors import (
    to_wire,
)
from chassis.ids import ID_LENGTH
from chassis.meter import Meter
from chassis.relay import attempt
from chassis.steps import (
    Act,
    Ask,
    AskAround,
    Question,
    Step,
    freeze,
)
from chassis.tables import PROCESSES
from chassis.timers import backoff_seconds, is_final
from chassis.turn import LeaseLost, Turn

ASK_SECONDS = 10.0  # shorter than the lease
_KEY_LENGTH = 2 * ID_LENGTH
_T = PROCESSES.c


@cache
def meter(service: str, kind: str) -> Meter:
    """Return what counts the steps of one kind of process."""
    return Meter(service, kind, "process")


def take(turn: Turn, until: float) -> None:
    """Take one step, forwards or back, or give the lease back when time is up."""
    status = turn.row.status
    if time.monotonic() >= until and status != "acting":
        with turn.runtime.database.begin() as session:
            # Behind all who wait: given back at the front, it would be the next one again.
            turn.save(session, next_try=turn.runtime.database.now())
        return
    with meter(turn.runtime.service, turn.process.kind).run(turn.row.correlation_id):
        if status == "undoing":
            _undo(turn)
        elif isinstance(turn.step, Act):
            act_outside(turn, turn.step)
        elif isinstance(turn.step, AskAround):
            _ask_around(turn, turn.step)
        else:
            _step(turn, turn.step, until)


def turn_back(turn: Turn, failure: Exception) -> bool:
    """Store what went wrong; say whether to go on at once, undoing what was done."""
    row, status, kept = turn.row, str(turn.row.status), {}
    if isinstance(failure, NothingDone):
        failure, status, kept = failure.reason, "running", unmarked(turn)
    if status == "running" and is_final(failure, row.attempts):
        error = to_wire(failure) | {"refused": True}
        return _stored(turn, status="undoing", error=encode(error).decode(), attempts=0, **kept)
    attempts = row.attempts + 1
    _stored(
        turn,
        status="stuck" if attempts >= turn.process.attempts else status,
        error=encode(_failing(row, status, failure)).decode(),
        attempts=attempts,
        next_try=turn.runtime.database.now() + backoff_seconds(attempts),
        **kept,
    )
    return False


def resumed(row: Row[Any]) -> str:
    """Return the status in which a stuck process goes on."""
    error = error_of(row)
    if "refused" in error:
        return "undoing"
    return "acting" if "acting" in error else "running"


def error_of(row: Row[Any]) -> dict[str, object]:
    """Return what a process failed of."""
    found = decode(row.error or "{}")
    return found if isinstance(found, dict) else {}


def _failing(row: Row[Any], status: str, failure: Exception) -> dict[str, object]:
    if status == "undoing":
        return error_of(row) | {"undo_failure": to_wire(failure)}
    return to_wire(failure) | ({"acting": True} if status == "acting" else {})


def _step(turn: Turn, step: Step[Any] | Ask[Any], until: float) -> None:
    state, answer = turn.state, None
    if isinstance(step, Ask):
        # Outside any transaction; the key lets the callee know a repetition after a crash.
        answer = turn.runtime.call(
            step.service,
            step.method,
            step.payload(state),
            origin=turn.origin(),
            budget_seconds=min(ASK_SECONDS, until - time.monotonic()),
            idempotency_key=f"{turn.row.id}:{step.name}",
        )
    with turn.runtime.working(turn.origin()) as work:
        again = False
        if isinstance(step, Ask):
            step.note(work, state, answer)
        else:
            again = step.run(work, state) is True
        turn.advance(work, state, again=again)


def _ask_around(turn: Turn, step: AskAround[Any]) -> None:
    answers: dict[str, object] = {}
    asking = eventlet.GreenPool()
    for question in step.questions(turn.state):
        ask = partial(_ask_one, turn, step, question, answers)
        asking.spawn_n(attempt, ask, f"ask:{question.service}.{question.method}")
    asking.waitall()  # each is bounded by its budget
    with turn.runtime.working(turn.origin()) as work:
        state = turn.state
        again = step.note(work, state, answers) is True
        turn.advance(work, state, again=again)


def _ask_one(
    turn: Turn, step: AskAround[Any], question: Question, answers: dict[str, object]
) -> None:
    answers[question.service] = turn.runtime.call(
        question.service,
        question.method,
        question.payload,
        origin=turn.origin(),
        budget_seconds=step.seconds,
        idempotency_key=f"{turn.row.id}:{step.name}:{question.service}",
    )


def _undo(turn: Turn) -> None:
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
        state = turn.state
        undo = turn.process.steps[taken - 1].undo
        assert undo is not None
        undo(work, state)
        work.flush()
        turn.save(work.session, step=taken - 1, data=freeze(state), attempts=0)


def _stored(turn: Turn, **values: object) -> bool:
    try:
        with turn.runtime.database.begin() as session:
            turn.save(session, **values)
    except LeaseLost:
        return False
    return True
