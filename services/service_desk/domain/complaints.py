"""Complaints: handled by somebody independent, closed only with a result and the customer's view."""

from dataclasses import dataclass

from chassis.errors import Conflict
from services.service_desk.domain.cases import CustomerView


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who would handle a complaint."""

    staff_id: str | None
    team_ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class Accused:
    """Whom a complaint is about; None where nobody was named."""

    staff_id: str | None
    team_id: str | None


class NotIndependent(Conflict):
    """Refuse a complaint to those it is about."""

    code = "service_desk.complaint.not_independent"


class OutcomeNotTold(Conflict):
    """Refuse to close a complaint whose customer does not know the result."""

    code = "service_desk.complaint.outcome_not_told"


class ViewMissing(Conflict):
    """Refuse to close a complaint without what the customer thinks of the result."""

    code = "service_desk.complaint.view_missing"


def is_independent(person: Person, accused: Accused) -> bool:
    """Say whether a complaint is about neither this person nor their team."""
    is_self = accused.staff_id is not None and person.staff_id == accused.staff_id
    return not is_self and accused.team_id not in person.team_ids


def demand_independent(person: Person, accused: Accused) -> None:
    """Demand that a complaint is not in the hands of those it is about.

    :raises NotIndependent: if it would be.
    """
    if not is_independent(person, accused):
        raise NotIndependent("The complaint is about this person or their department.")


def demand_closable(*, is_outcome_told: bool, view: CustomerView | None) -> None:
    """Demand that the customer of a complaint knows the result and has said something of it.

    :raises OutcomeNotTold: if the customer does not know it.
    :raises ViewMissing: if the customer's view is not known.
    """
    if not is_outcome_told:
        raise OutcomeNotTold("Tell the customer the outcome before the complaint is closed.")
    if view is None or view is CustomerView.UNKNOWN:
        raise ViewMissing("A complaint is closed with the customer's view of the result.")
