"""Customers, staff and territories as accounts told them last."""

from sqlalchemy import select

from chassis import ownership
from chassis.work import Work
from services.sales.domain.territories import Territory
from services.sales.tables import CustomerRef, StaffRef, TerritoryRef

SELLING_ROLE = "rep"


def customer(work: Work, customer_id: str) -> CustomerRef | None:
    """Return a customer, also by an old id; its owner cannot change until this work is done."""
    return ownership.customer(work, CustomerRef, customer_id)


def customer_of_erp(work: Work, erp_id: str) -> CustomerRef | None:
    """Return the customer that the ERP knows by this key; its owner cannot change meanwhile.

    A customer that was merged into another leaves behind the keys that the other has differently.
    """
    query = select(CustomerRef.id).where(CustomerRef.erp_id == erp_id)
    id_ = work.session.scalar(query.order_by(CustomerRef.erased, CustomerRef.id).limit(1))
    return customer(work, id_) if id_ is not None else None


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
