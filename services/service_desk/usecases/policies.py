"""What the users decide about time: calendars, holidays, promises."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from chassis.errors import Conflict, Invalid, NotFound
from chassis.work import Work
from services.service_desk.domain.calendars import MAX_HOLIDAYS
from services.service_desk.domain.milestones import demand_ordered
from services.service_desk.reads import policies as reads
from services.service_desk.reads import records, telling
from services.service_desk.tables import Calendar, Holiday, Policy
from services.service_desk.usecases.clocks import RECALCULATION


class HolidayKnown(Conflict):
    """Refuse to declare a day twice."""

    code = "service_desk.holiday.known"


class TooManyHolidays(Invalid):
    """Refuse a calendar that is mostly holidays."""

    code = "service_desk.calendar.too_many_holidays"


def revise_calendar(
    work: Work, *, calendar_id: str, version: int, given: Mapping[str, Any]
) -> Calendar:
    """Give service at other hours; all that runs by the calendar is worked out anew."""
    calendar = work.get(Calendar, calendar_id, version=version)
    for name, value in given.items():
        setattr(calendar, name, value)
    work.tell(telling.record_changed("updated"), calendar)
    _recalculate(work, calendar.id)
    return calendar


def declare_holiday(work: Work, *, calendar_id: str, day: date, label: str) -> Holiday:
    """Give no service on a day; all that runs by the calendar is worked out anew.

    :raises HolidayKnown: if it is a holiday already.
    :raises TooManyHolidays: if the calendar has as many as one may have.
    """
    calendar = work.get(Calendar, calendar_id)
    if reads.holiday(work, calendar_id, day) is not None:
        raise HolidayKnown("This day is a holiday already.", detail={"day": day.isoformat()})
    if reads.holidays(work, calendar_id) >= MAX_HOLIDAYS:
        raise TooManyHolidays(f"A calendar has at most {MAX_HOLIDAYS} holidays.")
    holiday = Holiday(calendar_id=calendar_id, entity_id=calendar.entity_id, day=day, label=label)
    work.add(holiday)
    work.tell(telling.record_changed("created"), holiday)
    _recalculate(work, calendar_id)
    return holiday


def withdraw_holiday(work: Work, *, holiday_id: str, version: int) -> None:
    """Give service on a day after all."""
    holiday = work.get(Holiday, holiday_id, version=version)
    work.tell(telling.record_changed("deleted"), holiday)
    work.remove(holiday)
    _recalculate(work, holiday.calendar_id)


def write_policy(work: Work, *, values: Mapping[str, Any]) -> Policy:
    """Promise something on some cases; it holds for those that are opened from now on."""
    policy = Policy(**values)
    _check(work, policy, work.caller.entity_id)
    work.add(policy)
    work.tell(telling.record_changed("created"), policy)
    return policy


def revise_policy(work: Work, *, policy_id: str, version: int, given: Mapping[str, Any]) -> Policy:
    """Promise something else from now on; what a customer was promised stays."""
    policy = work.get(Policy, policy_id, version=version)
    for name, value in given.items():
        setattr(policy, name, value)
    _check(work, policy, policy.entity_id)
    work.tell(telling.record_changed("updated"), policy)
    return policy


def _check(work: Work, policy: Policy, entity_id: str) -> None:
    demand_ordered(reads.targets(policy))
    if not reads.knows_calendar(work, policy.calendar_id, entity_id):
        raise NotFound("There is no calendar with this id.", code="service_desk.calendar.not_found")


def _recalculate(work: Work, calendar_id: str) -> None:
    """Let what runs by a calendar be worked out anew, and whoever reads it now be done before.

    The timer first: a recalculation that is under way holds it, and reads the calendar.
    """
    work.at(work.now, RECALCULATION, calendar_id, {"after": "", "at": work.now})
    records.locked(work, Calendar, calendar_id)
