"""Scoring all customers: the warehouse counts, the scores are stored, the changes are told."""

from datetime import date, datetime
from typing import Any

from chassis.clock import isoformat
from chassis.errors import Invalid, Unavailable
from chassis.ids import natural_id, new_id
from chassis.steps import Act, Process, Step
from chassis.visibility import demand_house
from chassis.work import Work
from services.analytics.config import Own
from services.analytics.domain.runs import ScoreState
from services.analytics.usecases import schedule, scores
from services.analytics.warehouse.asking import ask

ASK_SECONDS = 8.0  # of one part


class StillToCome(Invalid):
    """Refuse to score by what is known at an instant that is still to come."""

    code = "analytics.score.still_to_come"


class WarehouseMoved(Unavailable):
    """Say that the warehouse heard of the past while it was being read; it is read anew."""

    code = "analytics.score.warehouse_moved"


def _begin(
    work: Work,
    *,
    period_start: date | None,
    period_end: date | None,
    as_of: datetime | None,
    currency: str | None,
) -> ScoreState:
    if as_of is not None and as_of > work.now:
        raise StillToCome("Nobody knows yet what will be known then.")
    start, end = _iso(period_start), _iso(period_end)
    demand_house(work.caller)
    # The same run twice is one; without an instant the request says which is the same.
    instant = isoformat(as_of) if as_of else f"request {work.origin.key or new_id()}"
    return ScoreState(
        run_id=natural_id("score_run", str(start), str(end), str(currency), instant),
        as_of=as_of or work.now,
        period_start=start,
        period_end=end,
        currency=currency,
        stands=(start, end, currency) == (None, None, None),
    )


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _rank(state: ScoreState, own: Own) -> dict[str, Any]:
    """Read where everybody stands, part by part, of one and the same past."""
    first = part = _part(state, own, 0)
    items = list(first["items"])
    while part["next"] is not None:
        part = _part(state, own, part["next"])
        if part["heard"] != first["heard"]:
            raise WarehouseMoved("The warehouse heard more of the past meanwhile.")
        items += part["items"]
    return first | {"items": items}


def _part(state: ScoreState, own: Own, after_rank: int) -> dict[str, Any]:
    asked = {
        "as_of": state.as_of,
        "period_start": state.period_start,
        "period_end": state.period_end,
        "currency": state.currency or own.house_currency or None,
        "after_rank": after_rank,
    }
    found = ask(own.warehouse_socket, "scores", asked, ASK_SECONDS)
    if not isinstance(found, dict):
        raise Unavailable("The warehouse answered what nobody can read.", code="warehouse.answer")
    return found


def _store(work: Work, state: ScoreState, answer: dict[str, Any]) -> None:
    scores.store_run(work, state, answer, answer["items"])


SCORE_CUSTOMERS = Process(
    kind=schedule.SCORE_CUSTOMERS,
    state=ScoreState,
    begin=_begin,
    key=lambda state: state.run_id,
    steps=(
        Act("rank", _rank, _store),
        Step("tell", scores.tell_changes),
        Step("finish", scores.finish_run),
    ),
    answer=lambda state: state.answer,
)
