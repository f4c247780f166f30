"""Customers and staff as accounts told them last."""

from sqlalchemy import select

from chassis import ownership
from chassis.work import Work
from contracts.roles import ALL, OWN, TEAM, TERRITORY, reach
from services.service_desk.domain.escalation import Candidate
from services.service_desk.tables import Case, CustomerRef, StaffRef

SERVING = ("case.write", "case.assign")
IN_TEAM, IN_TERRITORY, ELSEWHERE = 0, 1, 2
# How far from a case somebody may be who is to work on it.
_FARTHEST = {ALL: ELSEWHERE, TERRITORY: IN_TERRITORY, TEAM: IN_TEAM, OWN: -1}


def customer(work: Work, customer_id: str) -> CustomerRef | None:
    """Return a customer, also by an old id; its owner cannot change until this work is done."""
    return ownership.customer(work, CustomerRef, customer_id)


def staff(work: Work, staff_id: str) -> StaffRef | None:
    """Return a member of the staff."""
    return work.session.scalar(select(StaffRef).where(StaffRef.id == staff_id, ~StaffRef.erased))


def able(work: Work, case: Case) -> list[StaffRef]:
    """Return who works here and may serve in a case, which needs that they see it; by id."""
    query = select(StaffRef).where(
        StaffRef.active, ~StaffRef.erased, StaffRef.entity_id == case.entity_id
    )
    # Hundreds at most, and the two databases read JSON lists differently.
    found = work.session.scalars(query.order_by(StaffRef.id))
    return [one for one in found if _may_work_on(one, case)]


def as_candidate(one: StaffRef, case: Case) -> Candidate:
    """Return a member of the staff as the rule of escalation takes them."""
    return Candidate(one.id, frozenset(one.roles or ()), _distance(one, case))


def _may_work_on(one: StaffRef, case: Case) -> bool:
    roles = tuple(one.roles or ())
    # Whoever may not work on it but give it to somebody else can be answerable for it too.
    scopes = [found for need in SERVING if (found := reach(roles, need)) is not None]
    if not scopes:
        return False
    farthest = max(_FARTHEST[scope] for scope in scopes)
    return one.id == case.owner_id or _distance(one, case) <= farthest


def _distance(one: StaffRef, case: Case) -> int:
    if case.team_id is not None and one.team_id == case.team_id:
        return IN_TEAM
    return IN_TERRITORY if case.territory_id in (one.territory_ids or ()) else ELSEWHERE
