"""Whose a record is: its customer's owner's, also when that changes."""

from dataclasses import dataclass

from chassis.errors import Forbidden, NotFound, Unavailable
from chassis.ids import new_id
from chassis.tables import OwnedRecord
from chassis.work import Work
from contracts.accounts import CustomerOwnerChanged
from services.sales.domain.leads import AssignmentReason
from services.sales.reads import customers, records, telling
from services.sales.tables import CustomerRef, Lead, LeadAssignment


@dataclass(frozen=True, slots=True)
class Owner:
    """Who sees a record: a person, a team, a territory, within an entity of the group."""

    entity_id: str
    owner_id: str | None
    team_id: str | None
    territory_id: str | None


def owner_of(customer: CustomerRef) -> Owner:
    """Return whose a customer is."""
    return Owner(
        customer.entity_id or "group", customer.owner_id, customer.team_id, customer.territory_id
    )


def hand_over(record: OwnedRecord, owner: Owner) -> bool:
    """Make a record somebody's; say whether that is a change."""
    before = (record.owner_id, record.team_id, record.territory_id)
    record.owner_id, record.team_id = owner.owner_id, owner.team_id
    record.territory_id = owner.territory_id
    return before != (owner.owner_id, owner.team_id, owner.territory_id)


def known_customer(work: Work, customer_id: str) -> CustomerRef:
    """Return a customer that sales has been told of.

    :raises NotFound: if it has not.
    """
    found = customers.customer(work, customer_id)
    if found is None:
        raise NotFound(
            "Sales has not been told of a customer with this id.",
            code="sales.customer.not_found",
            detail={"id": customer_id},
        )
    return found


def demand_sight(work: Work, record: OwnedRecord) -> None:
    """Demand that the caller would see a record that was just put in.

    :raises Forbidden: if not: it would be written for somebody else's customer.
    """
    work.flush()
    try:
        work.get(type(record), record.id)
    except NotFound as unseen:
        raise Forbidden(
            "The customer is somebody else's.", code="sales.customer.not_yours"
        ) from unseen


def follow_owner(work: Work, event: CustomerOwnerChanged) -> None:
    """Re-point all records of a customer to its owner as the copy knows it.

    The copy refuses older news, so whichever change is applied last, the newest owner stands.

    :raises Unavailable: if the copy has not heard of this change yet.
    """
    customer = customers.customer(work, event.customer_id)
    if customer is None or customer.version < event.version:
        raise Unavailable(
            "The copy of this customer is older than its change of owner.",
            code="sales.customer.copy_behind",
        )
    owner = owner_of(customer)
    for kind in records.OWNED_BY_CUSTOMER:
        for record in records.of_customer(work, kind, customer.id):
            previous = record.owner_id
            if hand_over(record, owner) and isinstance(record, Lead):
                note_assignment(work, record, previous, AssignmentReason.CUSTOMER_OWNER)


def note_assignment(
    work: Work, lead: Lead, previous_owner_id: str | None, reason: AssignmentReason
) -> None:
    """Keep whom a lead was given to and why, and tell it if it has an owner."""
    lead.assignment = reason
    work.session.add(
        LeadAssignment(
            id=new_id(),
            lead_id=lead.id,
            at=work.now,
            previous_owner_id=previous_owner_id,
            owner_id=lead.owner_id,
            territory_id=lead.territory_id,
            reason=reason,
            actor=work.actor,
        )
    )
    if lead.owner_id is not None:
        work.tell(telling.lead_assigned(previous_owner_id), lead)
