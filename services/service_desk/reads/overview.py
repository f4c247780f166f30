"""What the desk looks like in a period, and what it knows of one customer."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import distinct, func, select

from chassis.clock import isoformat
from chassis.errors import Forbidden
from chassis.work import Work
from services.service_desk.domain.cases import OPEN, CaseState, CaseType, Severity
from services.service_desk.domain.milestones import Milestone
from services.service_desk.tables import Case, CaseMilestone, CustomerRef, Survey

LATEST = 10  # how many records a section of the card shows


def case_report(work: Work, *, since: datetime, until: datetime) -> dict[str, object]:
    """Count the cases opened in a period, what was promised on them in vain, and how long they took.

    Times are seconds of service time, without the time the customer was waited for.
    """
    ours = [Case.opened_at >= since, Case.opened_at < until, *work.visible(Case)]
    return {
        "cases": work.session.scalar(select(func.count()).select_from(Case).where(*ours)),
        "by_type": _counted(work, Case.type, CaseType, ours),
        "by_state": _counted(work, Case.state, CaseState, ours),
        "by_severity": _counted(work, Case.severity, Severity, ours),
        "breaches": _breaches(work, ours),
        "escalated": work.session.scalar(
            select(func.count()).select_from(Case).where(*ours, Case.escalations > 0)
        ),
        "median_seconds": _median(work, ours),
        "median_seconds_by_type": {
            one.value: _median(work, [*ours, Case.type == one]) for one in CaseType
        },
        "as_of": isoformat(work.now),
    }


def customer_card(work: Work, *, customer_id: str) -> dict[str, object]:
    """Show what the desk knows of a customer, each section with the instant it is true at.

    A section that the caller has no permission for says so instead of failing the card.
    """
    known = work.session.get(CustomerRef, customer_id)
    return {
        "customer_id": customer_id,
        "service": work.service,
        "copy": {"known": known is not None, "version": known.version if known else None},
        "cases": _section(work, "case.read", lambda: _cases(work, customer_id)),
        "surveys": _section(work, "survey.read", lambda: _surveys(work, customer_id)),
        "as_of": isoformat(work.now),
    }


def _counted(work: Work, column: Any, kinds: type[Any], conditions: list[Any]) -> dict[str, int]:
    query = select(column, func.count()).where(*conditions).group_by(column)
    found: dict[Any, int] = dict(iter(work.session.execute(query)))
    return {kind.value: found.get(kind, 0) for kind in kinds}


def _breaches(work: Work, conditions: list[Any]) -> dict[str, int]:
    query = (
        select(CaseMilestone.milestone, func.count(distinct(CaseMilestone.case_id)))
        .join(Case, Case.id == CaseMilestone.case_id)
        .where(*conditions, CaseMilestone.breached_at.is_not(None))
        .group_by(CaseMilestone.milestone)
    )
    found = dict(iter(work.session.execute(query)))
    return {one.value: found.get(one, 0) for one in Milestone}


def _median(work: Work, conditions: list[Any]) -> int | None:
    """Return the median of the closed cases; of two in the middle, the whole seconds between."""
    closed = [*conditions, Case.seconds_open.is_not(None)]
    count = work.session.scalar(select(func.count()).select_from(Case).where(*closed)) or 0
    if not count:
        return None
    middle = (
        select(Case.seconds_open)
        .where(*closed)
        .order_by(Case.seconds_open)
        .offset((count - 1) // 2)
        .limit(2 - count % 2)
    )
    found = [seconds or 0 for seconds in work.session.scalars(middle)]
    return sum(found) // len(found)


def _section(
    work: Work, permission: str, build: Callable[[], Mapping[str, object]]
) -> Mapping[str, object]:
    try:
        work.require(permission)
    except Forbidden:
        return {"permitted": False}
    return {"permitted": True, "as_of": isoformat(work.now), **build()}


def _cases(work: Work, customer_id: str) -> dict[str, object]:
    ours = select(Case).where(Case.customer_id == customer_id, *work.visible(Case))
    newest = ours.order_by(Case.opened_at.desc(), Case.id.desc()).limit(LATEST)
    return {
        "open": [_case(one) for one in work.session.scalars(newest.where(Case.state.in_(OPEN)))],
        "last": [_case(one) for one in work.session.scalars(newest)],
    }


def _case(case: Case) -> dict[str, object]:
    return {
        "case_id": case.id,
        "number": case.number,
        "type": case.type.value,
        "severity": case.severity.value,
        "state": case.state.value,
        "subject": case.subject,
        "assignee_id": case.assignee_id,
        "escalation_level": case.escalation_level,
        "opened_at": isoformat(case.opened_at),
    }


def _surveys(work: Work, customer_id: str) -> dict[str, object]:
    ours = select(Survey).where(Survey.customer_id == customer_id, *work.visible(Survey))
    newest = ours.order_by(Survey.invited_at.desc(), Survey.id.desc()).limit(LATEST)
    return {
        "last": [
            {
                "survey_id": one.id,
                "moment": one.moment.value,
                "case_id": one.case_id,
                "invited_at": isoformat(one.invited_at),
                "answered_at": isoformat(one.answered_at) if one.answered_at else None,
                "satisfaction": one.satisfaction.value if one.satisfaction else None,
                "gap": one.gap,
            }
            for one in work.session.scalars(newest)
        ]
    }
