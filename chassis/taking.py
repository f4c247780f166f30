"""Taking one step of a process: forwards, back, or out of the house.

Whoever takes a step holds the row's lease; a step's changes commit with the row's advance, under
the lease alone. An effect that may happen only once has a status of its own, committed before it.
"""

import time
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import eventlet
from sqlalchemy import Row, update
from sqlalchemy.orm import Session

from chassis.caller import Caller
from chassis.envelope import decode, encode
from chassis.errors import (
    DUPLICATE_KEY,
    Conflict,
    Problem,
    Refused,
    StaleVersion,
    Unavailable,
    to_wire,
)
from chassis.ids import ID_LENGTH
from chassis.meter import Meter
from chassis.origin import Origin
from chassis.relay import attempt
from chassis.runtime import Runtime
from chassis.steps import (
    Act,
    AnyStep,
    Ask,
    AskAround,
    Process,
    Question,
    Step,
    TookTooLong,
    freeze,
    thaw,
)
from chassis.tables import PROCESSES
from chassis.timers import backoff_seconds, is_final
from chassis.work import Work

ASK_SECONDS = 10.0  # shorter than the lease
ACT_SECONDS = 20.0  # shorter than the lease: nobody may take an effect's fate for unknown before
FIRST_PAUSE_SECONDS, LAST_PAUSE_SECONDS = 0.05, 2.0  # before what is known is noted again
OPEN = ("running", "acting", "undoing")
_KEY_LENGTH = 2 * ID_LENGTH
_T = PROCESSES.c


class LeaseLost(Conflict):
    """Say that somebody else runs the process by now; what was just done is rolled back."""


class NothingDone(Problem):
    """Carry why an effect was not even tried: nothing has left the house."""

    def __init__(self, reason: Problem) -> None:
        super().__init__(reason.message, code=reason.code, detail=reason.detail)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Turn:
    """One stored state of a process, held by us."""

    runtime: Runtime
    process: Process[Any]
    row: Row[Any]
    lease: float  # the one that the next stored state is held with
    marked: bool = False  # the mark on the row is our own, and nothing was done since

    @property
    def step(self) -> AnyStep[Any]:
        """Return the step that is next."""
        return self.process.steps[int(self.row.step)]

    @property
    def state(self) -> Any:
        """Return a fresh copy of what the steps have learnt."""
        return thaw(self.process.state, self.row.data)

    def origin(self) -> Origin:
        """Act as the service, on behalf of whoever began the process."""
        service, actor = self.runtime.service, self.row.actor
        own = f"service:{service}"
        caller = Caller(own, on_behalf_of=None if actor == own else actor)
        channel = f"process:{self.process.kind}"
        return Origin(service, caller, channel, self.row.correlation_id, self.row.id)

    def save(self, session: Session, **values: object) -> None:
        """Store the next state, under the lease.

        :raises LeaseLost: if it is not ours any more.
        """
        done: Any = session.execute(
            update(PROCESSES)
            .where(_T.id == self.row.id, _T.next_try == self.row.next_try, _T.status.in_(OPEN))
            .values(**{"next_try": self.lease} | values)
        )
        if not done.rowcount:
            raise LeaseLost("Somebody else runs this process by now.", code="process.lease_lost")

    def advance(self, work: Work, state: object, *, again: bool = False) -> None:
        """Store that the step was taken, in the transaction of what it did."""
        work.flush()
        taken = self.row.step if again else self.row.step + 1
        last = taken == len(self.process.steps)
        self.save(
            work.session, step=taken, data=freeze(state), attempts=0, error=None,
            status="done" if last else "running", finished_at=work.now if last else None,
        )  # fmt: skip


@cache
def meter(service: str, kind: str) -> Meter:
    """Return what counts the steps of one kind of process."""
    return Meter(service, kind, "process")


def take(turn: Turn, until: float) -> None:
    """Take one step, forwards or back, or give the lease back when time is up."""
    status = turn.row.status
    if time.monotonic() >= until and status != "acting":
        with turn.runtime.database.begin() as session:
            turn.save(session, next_try=0.0)
        return
    with meter(turn.runtime.service, turn.process.kind).run(turn.row.correlation_id):
        if status == "undoing":
            _undo(turn)
        elif isinstance(turn.step, Act):
            _act(turn, turn.step)
        elif isinstance(turn.step, AskAround):
            _ask_around(turn, turn.step)
        else:
            _step(turn, turn.step, until)


def turn_back(turn: Turn, failure: Exception) -> bool:
    """Store what went wrong; say whether to go on at once, undoing what was done."""
    row, status = turn.row, str(turn.row.status)
    if isinstance(failure, NothingDone):
        failure, status = failure.reason, "running"
    if status == "running" and is_final(failure):
        error = to_wire(failure) | {"refused": True}
        return _stored(turn, status="undoing", error=encode(error).decode(), attempts=0)
    attempts = row.attempts + 1
    _stored(
        turn,
        status="stuck" if attempts >= turn.process.attempts else status,
        error=encode(_failing(row, status, failure)).decode(),
        attempts=attempts,
        next_try=turn.runtime.database.now() + backoff_seconds(attempts),
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
        step.note(work, state, answers)
        turn.advance(work, state)


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


def _act(turn: Turn, act: Act[Any]) -> None:
    if not act.once:
        _note(turn, act, _run(turn, act))
    elif turn.row.status == "running":
        _mark(turn, act)
    elif turn.marked:
        _run_once(turn, act)
    else:
        _give_up(turn, act)


def _mark(turn: Turn, act: Act[Any]) -> None:
    with turn.runtime.working(turn.origin()) as work:
        state = turn.state
        if act.mark is None or act.mark(work, state, turn.runtime.own):
            work.flush()
            turn.save(work.session, status="acting", data=freeze(state))
        else:
            turn.advance(work, state)


def _run_once(turn: Turn, act: Act[Any]) -> None:
    answers: list[object] = []
    failure = attempt(lambda: answers.append(_run(turn, act)), f"act:{turn.process.kind}")
    if isinstance(failure, Refused | Unavailable):
        raise NothingDone(failure) from failure
    if failure is None:
        _note_known(turn, act, answers[0])
    else:
        _give_up(turn, act)


def _note_known(turn: Turn, act: Act[Any], answer: object) -> None:
    """Note what became of an effect, as often as nobody else may take it for unknown."""
    pause = FIRST_PAUSE_SECONDS
    while True:
        try:
            _note(turn, act, answer)
            return
        except (Unavailable, Conflict) as failure:
            is_passing = isinstance(failure, Unavailable | StaleVersion)
            is_late = turn.runtime.database.now() + pause >= turn.row.next_try
            if is_late or not (is_passing or failure.code == DUPLICATE_KEY):
                raise
        eventlet.sleep(pause)
        pause = min(2 * pause, LAST_PAUSE_SECONDS)


def _run(turn: Turn, act: Act[Any]) -> Any:
    with eventlet.Timeout(ACT_SECONDS, TookTooLong(f"more than {ACT_SECONDS} seconds")):
        return act.run(turn.state, turn.runtime.own)


def _note(turn: Turn, act: Act[Any], answer: object) -> None:
    with turn.runtime.working(turn.origin()) as work:
        state = turn.state
        act.note(work, state, answer)
        turn.advance(work, state)


def _give_up(turn: Turn, act: Act[Any]) -> None:
    assert act.unknown is not None
    with turn.runtime.working(turn.origin()) as work:
        state = turn.state
        act.unknown(work, state)
        turn.advance(work, state)


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
