"""Whose a record is: its customer's owner's, also when that changes."""

from dataclasses import dataclass

from chassis import handing
from chassis.handing import Kept
from chassis.ids import new_id
from chassis.ownership import demand_known, hand_over
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


def known_customer(work: Work, customer_id: str) -> CustomerRef:
    """Return a customer that sales has been told of.

    :raises NotFound: if it has not.
    """
    return demand_known(work, customers.customer(work, customer_id), customer_id)


def follow_owner(work: Work, event: CustomerOwnerChanged) -> None:
    """Re-point all records of a customer to its owner as the copy knows it.

    :raises Unavailable: if the copy has not heard of this change yet.
    """
    handing.begin(work, KEPT, event)


def _hand_over(work: Work, record: OwnedRecord, customer: CustomerRef) -> bool:
    previous = record.owner_id
    is_changed = hand_over(record, customer)
    if is_changed and isinstance(record, Lead):
        note_assignment(work, record, previous, AssignmentReason.CUSTOMER_OWNER)
    return is_changed


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


KEPT = Kept(records.OWNED_BY_CUSTOMER, customers.customer, _hand_over)
