"""How a customer is organised inside, on which level we talk to whom, and when again."""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from chassis.errors import Conflict, Invalid

MAX_DEPARTMENTS = 500  # of one customer
MAX_SERIES = 20  # of one customer that go on at the same time
MAX_NAME = 200


class BuyingRole(StrEnum):
    """What somebody is when his house decides."""

    DECISION_MAKER = "decision_maker"
    APPROVER = "approver"
    EVALUATOR = "evaluator"
    INFLUENCER = "influencer"
    USER = "user"
    GATEKEEPER = "gatekeeper"
    CHAMPION = "champion"
    OPPONENT = "opponent"


class Level(StrEnum):
    """On which of the three levels two houses talk."""

    STRATEGIC = "strategic"  # shareholders
    MANAGEMENT = "management"  # executives
    OPERATIONAL = "operational"  # day by day


class Cadence(StrEnum):
    """How often one meets."""

    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    HALF_YEAR = "half_year"
    YEAR = "year"


_MONTHS = {Cadence.MONTH: 1, Cadence.QUARTER: 3, Cadence.HALF_YEAR: 6, Cadence.YEAR: 12}


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where somebody stands in his house."""

    department_id: str | None = None
    reports_to_id: str | None = None
    buying_role: BuyingRole | None = None
    level: Level | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """What is told of meetings that come again."""

    subject: str
    cadence: Cadence
    starts_at: datetime
    level: Level = Level.MANAGEMENT
    contact_id: str | None = None
    host_id: str | None = None  # who of us


class ReportingLoop(Conflict):
    """Refuse that somebody, or a department, is above itself."""

    code = "accounts.organisation.loop"


class NotOfThisCustomer(Invalid):
    """Refuse a department or a person of another house."""

    code = "accounts.organisation.foreign"


class DepartmentInUse(Conflict):
    """Refuse to remove a department that people or departments belong to."""

    code = "accounts.organisation.in_use"


class TooManyDepartments(Conflict):
    """Refuse more departments than anybody draws."""

    code = "accounts.organisation.too_many"


class TooManySeries(Conflict):
    """Refuse more regular meetings than anybody attends."""

    code = "accounts.meeting.too_many"


class MeetingInPast(Invalid):
    """Refuse meetings that would have begun before now."""

    code = "accounts.meeting.past"


def check_line(above: Mapping[str, str | None], one: str, parent: str | None) -> None:
    """Demand that a line upwards ends.

    ``above``: everybody of the house -> who is above.

    :raises NotOfThisCustomer: if the one above is not of this house.
    :raises ReportingLoop: if one would be above itself.
    """
    if parent is not None and parent not in above:
        raise NotOfThisCustomer("Who is above is not of this customer.", detail={"id": parent})
    seen = {one}
    while parent is not None:
        if parent in seen:
            raise ReportingLoop("Nobody is above himself.", detail={"id": one})
        seen.add(parent)
        parent = above.get(parent)


def nth(rhythm_start: datetime, cadence: Cadence, number: int) -> datetime:
    """Return when one meets for the ``number``-th time after the first, counted from 0.

    Counted from the first, not from the last: the 31st stays the 31st after a February.
    """
    if cadence is Cadence.WEEK:
        return rhythm_start + timedelta(weeks=number)
    months = rhythm_start.month - 1 + _MONTHS[cadence] * number
    year, month = rhythm_start.year + months // 12, months % 12 + 1
    day = min(rhythm_start.day, monthrange(year, month)[1])
    return rhythm_start.replace(year=year, month=month, day=day)
