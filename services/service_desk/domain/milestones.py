"""The steps that are promised on a case, and how far ahead of one somebody is warned."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from chassis.errors import Invalid
from services.service_desk.domain.calendars import ServiceCalendar
from services.service_desk.domain.clock import Log, due

MAX_TARGET_SECONDS = 30 * 86_400  # of service time: a quarter of a year in most offices
ALL = 100  # percent


class Milestone(StrEnum):
    """A step that the customer was promised, in the order in which they come."""

    ACKNOWLEDGE = "acknowledge"
    FIRST_RESPONSE = "first_response"
    SOLUTION = "solution"
    FEEDBACK = "feedback"  # the customer knows the outcome


ORDER = tuple(Milestone)
AFTER_REOPENING = frozenset({Milestone.SOLUTION, Milestone.FEEDBACK})


class TargetsOutOfOrder(Invalid):
    """Refuse a promise in which a later step is due before an earlier one."""

    code = "service_desk.policy.targets_out_of_order"


class NoTargets(Invalid):
    """Refuse a policy that promises nothing."""

    code = "service_desk.policy.no_targets"


@dataclass(frozen=True, slots=True)
class Deadlines:
    """When somebody is warned of a milestone, and when it is due; None while the clock stands."""

    warn_at: datetime | None
    due: datetime | None


def deadlines(
    log: Log, calendar: ServiceCalendar, target_seconds: int, warn_percent: int
) -> Deadlines:
    """Return the deadlines of a milestone as the clock stands now."""
    target = timedelta(seconds=target_seconds)
    return Deadlines(
        warn_at=due(log, calendar, target * warn_percent / ALL), due=due(log, calendar, target)
    )


def implied(milestone: Milestone) -> tuple[Milestone, ...]:
    """Return what is met with a milestone: who has the solution has also heard from us."""
    return ORDER[: ORDER.index(milestone) + 1]


def demand_ordered(targets: Mapping[Milestone, int | None]) -> None:
    """Demand that a policy promises something, and the later steps not before the earlier.

    :raises NoTargets: if it promises nothing.
    :raises TargetsOutOfOrder: if a later step is due first.
    """
    given = [seconds for seconds in (targets.get(one) for one in ORDER) if seconds is not None]
    if not given:
        raise NoTargets("A policy promises at least one milestone.")
    if given != sorted(given):
        raise TargetsOutOfOrder(
            f"The targets ascend in the order {', '.join(ORDER)}.",
            detail={"targets": {one.value: targets.get(one) for one in ORDER}},
        )
