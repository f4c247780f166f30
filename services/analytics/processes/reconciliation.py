"""Comparing the warehouse with the books: the warehouse, then sales, then the warehouse again."""

import time
from typing import Any

from chassis.errors import Unavailable
from chassis.ids import natural_id, new_id
from chassis.steps import Act, Ask, Process
from chassis.visibility import demand_house
from chassis.work import Work
from services.analytics.config import Own
from services.analytics.domain.reconciliation import Books
from services.analytics.domain.runs import CheckState
from services.analytics.usecases import monitor, schedule
from services.analytics.usecases.monitor import Look
from services.analytics.warehouse.asking import ask

ASK_SECONDS = 8.0
# A check is an event too: whoever checks again at once would find the one before still on its way.
PATIENCE_SECONDS, PAUSE_SECONDS = 3.0, 0.1


def _begin(work: Work) -> CheckState:
    demand_house(work.caller)
    key = work.origin.key
    return CheckState(check_id=natural_id("check", key) if key else new_id())


def _look(_: CheckState, own: Own) -> dict[str, object]:
    """Look at the warehouse when it has read what the log holds by now, or when that takes too long.

    More comes meanwhile; who waited for a log that stands still would wait for a house that sleeps.
    """
    give_up = time.monotonic() + PATIENCE_SECONDS
    status = _status(own)
    goal = status.get("last_offset")
    while (behind := _behind(goal, status)) and time.monotonic() < give_up:
        time.sleep(PAUSE_SECONDS)
        status = _status(own)
    # Asked after the status: what was applied by then is in the books.
    books = ask(own.warehouse_socket, "totals", {}, ASK_SECONDS)
    return {"books": books, "status": status | {"behind": behind}}


def _status(own: Own) -> dict[str, Any]:
    status = ask(own.warehouse_socket, "status", {}, ASK_SECONDS)
    if not isinstance(status, dict) or status.get("lag_events") is None:
        raise Unavailable(
            "The warehouse cannot say how far it is behind the log.", code="warehouse.lag_unknown"
        )
    return status


def _behind(goal: int | None, status: dict[str, Any]) -> int:
    """Count what is not applied yet up to an offset; None is before the first."""
    applied = status.get("applied_offset")
    return max((-1 if goal is None else goal) - (-1 if applied is None else applied), 0)


def _note_before(_: Work, state: CheckState, answer: dict[str, object]) -> None:
    state.before = answer


def _note_books(_: Work, state: CheckState, answer: object) -> None:
    _books(answer)
    state.source = dict(answer) if isinstance(answer, dict) else {}


def _judge(work: Work, state: CheckState, answer: dict[str, object]) -> None:
    looks = (_read(state.before), _read(answer))
    monitor.judge(work, state, _books(state.source), looks)


def _read(answer: dict[str, Any]) -> Look:
    status = answer["status"]
    try:
        return Look(
            books=_books(answer["books"]),
            behind=int(status["behind"]),
            lag_events=int(status["lag_events"]),
            lag_seconds=float(status["lag_seconds"]),
            gaps=int(status["gaps"]),
            duplicates=int(status["duplicates"]),
            quarantined=int(status["quarantined"]),
        )
    except (KeyError, TypeError, ValueError) as wrong:
        raise _unreadable("warehouse") from wrong


def _books(answer: Any) -> Books:
    """Read one side's counts and sums.

    :raises Unavailable: if they cannot be read: the other side may be newer than we are.
    """
    try:
        return Books(
            orders=int(answer["orders"]),
            lines=int(answer["lines"]),
            amounts={str(unit): int(sum_) for unit, sum_ in answer["amounts"].items()},
            line_amounts={str(unit): int(sum_) for unit, sum_ in answer["line_amounts"].items()},
        )
    except (KeyError, TypeError, ValueError, AttributeError) as wrong:
        raise _unreadable("books") from wrong


def _unreadable(whose: str) -> Unavailable:
    return Unavailable(
        f"The {whose} answered what nobody can read.", code="analytics.check.unreadable"
    )


RECONCILE = Process(
    kind=schedule.RECONCILE,
    state=CheckState,
    begin=_begin,
    key=lambda state: state.check_id,
    steps=(
        Act("before", _look, _note_before),
        Ask("books", "sales", "totals", lambda _: {}, _note_books),
        Act("after", _look, _judge),
    ),
    answer=lambda state: state.answer,
    is_passing=True,
)
