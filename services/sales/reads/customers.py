"""Customers, staff and territories as accounts told them last."""

from sqlalchemy import select

from chassis.work import Work
from services.sales.domain.territories import Territory
from services.sales.tables import CustomerRef, StaffRef, TerritoryRef

SELLING_ROLE = "rep"


def customer(work: Work, customer_id: str) -> CustomerRef | None:
    """Return a customer; its owner cannot change until this work is done."""
    query = select(CustomerRef).where(CustomerRef.id == customer_id, ~CustomerRef.erased)
    return work.session.scalar(query.with_for_update(read=True))


def customer_of_erp(work: Work, erp_id: str) -> CustomerRef | None:
    """Return the customer that the ERP knows by this key; its owner cannot change meanwhile."""
    query = select(CustomerRef).where(CustomerRef.erp_id == erp_id, ~CustomerRef.erased)
    return work.session.scalar(query.order_by(CustomerRef.id).limit(1).with_for_update(read=True))


def staff(work: Work, staff_id: str) -> StaffRef | None:
    """Return a member of the staff."""
    query = select(StaffRef).where(StaffRef.id == staff_id, ~StaffRef.erased)
    return work.session.scalar(query)


def active_reps(work: Work, territory_id: str, entity_id: str) -> list[StaffRef]:
    """Return who sells in a territory now, by id."""
    query = select(StaffRef).where(
        StaffRef.active, ~StaffRef.erased, StaffRef.entity_id == entity_id
    )
    # Hundreds at most, and the two databases read JSON lists differently.
    return [
        one
        for one in work.session.scalars(query.order_by(StaffRef.id))
        if SELLING_ROLE in (one.roles or ()) and territory_id in (one.territory_ids or ())
    ]


def territories(work: Work, entity_id: str) -> dict[str, Territory]:
    """Return the tree of territories."""
    query = select(TerritoryRef).where(~TerritoryRef.erased, TerritoryRef.entity_id == entity_id)
    return {
        one.id: Territory(one.id, one.parent_id, tuple(one.states or ()))
        for one in work.session.scalars(query)
    }
