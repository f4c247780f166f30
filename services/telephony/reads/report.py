"""A day of calls, by quarter of an hour."""

from dataclasses import asdict
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, select

from chassis.work import Work
from services.telephony.domain import report as rules
from services.telephony.domain.calls import CallState, Direction
from services.telephony.domain.report import Sums
from services.telephony.tables import Call

_NAMED = ("abandoned", "timed_out", "refused")
_QUEUED = Call.queued_at.is_not(None)
# Who talked to somebody, was sent to a queue and waited there in vain, was not answered.
_TALKED = and_(Call.established_at.is_not(None), func.coalesce(Call.outcome, "").not_in(_NAMED))
_ANSWERED = and_(_QUEUED, _TALKED)
_LOST = and_(_QUEUED, ~_TALKED)
_OVER = Call.state == CallState.CLEARED
_IN_TIME = Call.wait_ms <= rules.SERVICE_LEVEL_SECONDS * 1000
_SHORT = Call.wait_ms < rules.SHORT_ABANDON_SECONDS * 1000


def day_report(work: Work, *, day: date, zone: str, queue: str | None) -> dict[str, object]:
    """Return the inbound calls of a day that the asker may see, in quarters of arrival and in all.

    :raises Invalid: if there is no such time zone.
    """
    start, end = rules.span_of(day, zone)
    query = (
        select(Call.quarter, *(value.label(name) for name, value in _sums().items()))
        .where(Call.quarter >= start, Call.quarter < end, Call.direction == Direction.INBOUND)
        .where(*work.visible(Call))
    )
    if queue is not None:
        query = query.where(Call.queue == queue)
    found = work.session.execute(query.group_by(Call.quarter).order_by(Call.quarter))
    quarters = [(row[0], Sums(**{n: int(row._mapping[n] or 0) for n in _sums()})) for row in found]  # noqa: SLF001  # SQLAlchemy's public name for a row's columns
    totals = rules.total(sums for _, sums in quarters)
    return {
        "day": day,
        "zone": zone,
        "queue": queue,
        "service_level_seconds": rules.SERVICE_LEVEL_SECONDS,
        "short_abandon_seconds": rules.SHORT_ABANDON_SECONDS,
        "quarters": [{"quarter": at, **asdict(sums)} for at, sums in quarters],
        "totals": {**asdict(totals), **rules.ratios(totals)},
        "as_of": work.now,
    }


def _sums() -> dict[str, Any]:
    abandoned = and_(_LOST, _OVER, Call.outcome == "abandoned")
    return {
        "arrived": func.count(),
        "direct": _count(~_QUEUED),
        "offered": _count(_QUEUED),
        "answered": _count(_ANSWERED),
        "answered_in_time": _count(and_(_ANSWERED, _IN_TIME)),
        "abandoned": _count(abandoned),
        "abandoned_short": _count(and_(abandoned, _SHORT)),
        "abandoned_in_time": _count(and_(abandoned, _IN_TIME)),
        **{name: _count(and_(_LOST, _OVER, Call.outcome == name)) for name in _NAMED[1:]},
        "otherwise": _count(and_(_LOST, _OVER, func.coalesce(Call.outcome, "").not_in(_NAMED))),
        "waiting": _count(and_(_LOST, ~_OVER)),
        "answered_wait_ms": _sum(_ANSWERED, Call.wait_ms),
        "abandoned_wait_ms": _sum(abandoned, Call.wait_ms),
        "longest_wait_ms": func.max(case((_QUEUED, Call.wait_ms), else_=0)),
        "talk_ms": _sum(_ANSWERED, Call.talk_ms),
        "hold_ms": _sum(_ANSWERED, Call.hold_ms),
    }


def _count(condition: ColumnElement[bool]) -> Any:
    return func.sum(case((condition, 1), else_=0))


def _sum(condition: ColumnElement[bool], column: Any) -> Any:
    return func.sum(case((condition, func.coalesce(column, 0)), else_=0))
