"""The logs that clocks are worked out from, and what was promised on them."""

from datetime import datetime

from sqlalchemy import func, select

from chassis.work import Work
from services.service_desk.domain.cases import CaseState
from services.service_desk.domain.clock import Entry
from services.service_desk.tables import Case, CaseCalendar, CaseChange, CaseMilestone, ClockEntry


def log(work: Work, case_id: str) -> list[Entry]:
    """Return the log of a case's clock."""
    query = select(ClockEntry).where(ClockEntry.case_id == case_id).order_by(ClockEntry.place)
    return [Entry(row.at, row.tick) for row in work.session.scalars(query)]


def calendars(work: Work, case_id: str) -> list[CaseCalendar]:
    """Return by which calendars a case ran, in the order of their turns."""
    query = select(CaseCalendar).where(CaseCalendar.case_id == case_id)
    return list(work.session.scalars(query.order_by(CaseCalendar.place)))


def promises(work: Work, case_id: str) -> list[CaseMilestone]:
    """Return everything that was ever promised on a case, in the order of the promises."""
    query = select(CaseMilestone).where(CaseMilestone.case_id == case_id)
    return list(work.session.scalars(query.order_by(CaseMilestone.round, CaseMilestone.since)))


def last_change(work: Work, case_id: str) -> datetime:
    """Return the instant of the last line of a case's history."""
    query = select(func.max(CaseChange.at)).where(CaseChange.case_id == case_id)
    return work.session.scalars(query).one()


def running_on(work: Work, calendar_id: str, after: str, limit: int) -> list[Case]:
    """Return cases whose clock runs on a calendar, by id, under their locks."""
    query = select(Case).where(
        Case.calendar_id == calendar_id, Case.state != CaseState.CLOSED, Case.id > after
    )
    return list(work.session.scalars(query.order_by(Case.id).limit(limit).with_for_update()))
