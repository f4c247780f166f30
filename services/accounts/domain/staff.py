"""The rules of the directory: who may hold which role, and who is away when."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chassis.errors import Conflict, Forbidden, Invalid

MAX_ROLES = 9
MAX_TERRITORIES = 50


class UnknownRole(Invalid):
    """Refuse a role that nobody has defined."""

    code = "accounts.staff.unknown_role"


class OwnRole(Forbidden):
    """Refuse to let somebody change what he himself may do."""

    code = "accounts.staff.own_role"


class StaffInactive(Conflict):
    """Refuse what only an active member of the staff can have or do."""

    code = "accounts.staff.inactive"


class AbsenceOverlaps(Conflict):
    """Refuse an absence during another one."""

    code = "accounts.absence.overlaps"


class AbsenceReason(StrEnum):
    """Why somebody is away."""

    HOLIDAY = "holiday"
    SICK = "sick"
    TRAINING = "training"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Period:
    """A half-open interval of time."""

    starts_at: datetime
    ends_at: datetime

    def overlaps(self, other: "Period") -> bool:
        """Say whether two periods have an instant in common."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


@dataclass(frozen=True, slots=True)
class Leave:
    """When somebody is away, why, and who stands in."""

    period: Period
    reason: AbsenceReason
    substitute_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffDetails:
    """What is told of a new member of the staff."""

    name: str
    email: str | None = None
    roles: tuple[str, ...] = ()
    team_id: str | None = None
    territory_ids: tuple[str, ...] = ()
    entity_id: str | None = None  # None: that of whoever enters


@dataclass(frozen=True, slots=True)
class Away:
    """A period in which somebody is away, and who stands in."""

    period: Period
    substitute_id: str | None = None


def ahead(periods: Iterable[Away], now: datetime) -> list[dict[str, str]]:
    """Return what is told of absences: those that are not over, the earliest first."""
    left = sorted(
        (one for one in periods if one.period.ends_at > now), key=lambda one: one.period.starts_at
    )
    return [
        {
            "starts_at": one.period.starts_at.isoformat(),
            "ends_at": one.period.ends_at.isoformat(),
            "substitute_id": one.substitute_id or "",
        }
        for one in left
    ]


@dataclass(frozen=True, slots=True)
class Member:
    """An active member of the staff who may get customers."""

    staff_id: str
    team_id: str | None
    territory_ids: tuple[str, ...]


def check_roles(roles: Collection[str], known: Collection[str]) -> tuple[str, ...]:
    """Return roles in order, each once.

    :raises UnknownRole: if one of them is not defined.
    """
    unknown = sorted(set(roles) - set(known))
    if unknown:
        raise UnknownRole("A role must be one of the defined ones.", detail={"unknown": unknown})
    return tuple(sorted(set(roles)))


def check_grantor(staff_id: str, grantor: str | None) -> None:
    """Check that nobody grants himself a role.

    :raises OwnRole: if the grantor is the same person.
    """
    if staff_id == grantor:
        raise OwnRole("Nobody changes his own roles; ask somebody else who may.")


def check_period(period: Period, others: Collection[Period]) -> None:
    """Check an absence.

    :raises Invalid: if it ends before it starts.
    :raises AbsenceOverlaps: if it overlaps another one.
    """
    if period.ends_at <= period.starts_at:
        raise Invalid("An absence ends after it starts.", code="accounts.absence.period")
    if any(period.overlaps(other) for other in others):
        raise AbsenceOverlaps("There is an absence in this period already.")
