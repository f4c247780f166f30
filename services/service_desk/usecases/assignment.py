"""Who is answerable for a case."""

from datetime import datetime

from chassis.errors import Conflict, Invalid
from chassis.work import Work
from services.service_desk.domain.cases import CaseState, CaseType, Change
from services.service_desk.domain.complaints import (
    Accused,
    Person,
    demand_independent,
    is_independent,
)
from services.service_desk.domain.escalation import AssignmentReason
from services.service_desk.reads import people, telling
from services.service_desk.tables import Case, StaffRef
from services.service_desk.usecases import history


class NotAbleToServe(Invalid):
    """Refuse to give a case to somebody who does not work here, or may not work on it."""

    code = "service_desk.case.not_able_to_serve"


class AlreadyAssigned(Conflict):
    """Refuse to give a case to whoever has it."""

    code = "service_desk.case.already_assigned"


def choose(work: Work, case: Case, staff_id: str) -> StaffRef:
    """Return the member of the staff who is to get a case.

    :raises NotIndependent: if the case is a complaint about that one.
    :raises NotAbleToServe: if that one could not work on it.
    :raises AlreadyAssigned: if that one has it.
    """
    found = next((one for one in people.able(work, case) if one.id == staff_id), None)
    if found is None:
        raise NotAbleToServe("A case is given to active staff who may work on it and see it.")
    if case.type is CaseType.COMPLAINT:
        demand_independent(_person(found), accused(case))
    if case.assignee_id == staff_id:
        raise AlreadyAssigned("This one has the case.")
    return found


def choose_caller(work: Work, case: Case) -> StaffRef:
    """Return the caller, who is to get a case that nobody has.

    :raises AlreadyAssigned: if somebody has it.
    :raises NotAbleToServe: if the caller is not of the staff.
    """
    if case.assignee_id is not None:
        raise AlreadyAssigned("Somebody has the case; whoever may assign it gives it to you.")
    return choose(work, case, work.caller.staff_id or "")


def others(work: Work, case: Case) -> list[StaffRef]:
    """Return who else could take a case; of a complaint, nobody whom it is about."""
    able = [one for one in people.able(work, case) if one.id != case.assignee_id]
    if case.type is not CaseType.COMPLAINT:
        return able
    return [one for one in able if is_independent(_person(one), accused(case))]


def give(
    work: Work,
    case: Case,
    staff_id: str,
    reason: AssignmentReason,
    *,
    at: datetime | None = None,
) -> None:
    """Make somebody answerable for a case, and tell it."""
    previous, case.assignee_id = case.assignee_id, staff_id
    if case.state is CaseState.NEW:
        history.go(work, case, CaseState.ASSIGNED, reason=reason.value, at=at)
    history.note(work, case, Change.ASSIGNED, reason=reason.value, at=at)
    work.tell(telling.case_assigned(previous, staff_id, reason), case)


def demand_independent_caller(work: Work, case: Case) -> None:
    """Demand that whoever works on a complaint is not whom it is about.

    :raises NotIndependent: if that is so.
    """
    if case.type is CaseType.COMPLAINT:
        caller = work.caller
        person = Person(caller.staff_id, frozenset(caller.team_ids))
        demand_independent(person, accused(case))


def accused(case: Case) -> Accused:
    """Return whom a complaint is about."""
    return Accused(case.accused_id, case.accused_team_id)


def _person(one: StaffRef) -> Person:
    return Person(one.id, frozenset([one.team_id] if one.team_id else []))
