"""Effects outside the house: done again after a death, or once, with a mark committed before.

Whoever finds a mark that is not its own, or sees the effect fail in a way nobody foresaw, cannot
know whether it took place.
"""

from typing import Any

import eventlet

from chassis.errors import RACED, Conflict, Problem, Refused, StaleVersion, Unavailable
from chassis.relay import attempt
from chassis.steps import Act, TookTooLong, freeze
from chassis.turn import Turn

ACT_SECONDS = 20.0  # shorter than the lease: nobody may take an effect's fate for unknown before
FIRST_PAUSE_SECONDS, LAST_PAUSE_SECONDS = 0.05, 2.0  # before what is known is noted again


class NothingDone(Problem):
    """Carry why an effect was not even tried: nothing has left the house."""

    def __init__(self, reason: Problem) -> None:
        super().__init__(reason.message, code=reason.code, detail=reason.detail)
        self.reason = reason


def act_outside(turn: Turn, act: Act[Any]) -> None:
    """Do an effect, or the next part of it, or note that nobody knows what became of it."""
    if not act.once:
        _note(turn, act, _run(turn, act))
    elif turn.row.status == "running":
        _mark(turn, act)
    elif turn.marked:
        _run_once(turn, act)
    else:
        _give_up(turn, act)


def unmarked(turn: Turn) -> dict[str, str]:
    """Return what is stored with the mark taken back: the state without what only a try needs."""
    state, act = turn.state, turn.step
    assert isinstance(act, Act)
    if act.unmark is not None:
        act.unmark(state)
    return {"data": freeze(state)}


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
            if is_late or not (is_passing or failure.code in RACED):
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
