"""Whose a record is: its customer's owner's, also when that changes."""

from dataclasses import dataclass

from chassis import leaving
from chassis.ids import new_id
from chassis.ownership import demand_current, demand_known, hand_over
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


def known_customer(work: Work, customer_id: str) -> CustomerRef:
    """Return a customer that sales has been told of.

    :raises NotFound: if it has not.
    """
    return demand_known(work, customers.customer(work, customer_id), customer_id)


def follow_owner(work: Work, event: CustomerOwnerChanged) -> None:
    """Re-point all records of a customer to its owner as the copy knows it.

    :raises Unavailable: if the copy has not heard of this change yet.
    """
    customer = demand_current(work, customers.customer(work, event.customer_id), event)
    if customer is None:
        return
    for kind in records.OWNED_BY_CUSTOMER:
        for record in records.of_customer(work, kind, customer.id):
            previous = record.owner_id
            if not hand_over(record, customer):
                continue
            leaving.note_followed(work, event, record, previous)
            if isinstance(record, Lead):
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
