"""Whose a record is: its customer's owner's, also when that changes."""

from chassis import leaving
from chassis.ownership import demand_current, demand_known, hand_over
from chassis.tables import OwnedRecord
from chassis.work import Work
from contracts.accounts import CustomerOwnerChanged
from services.service_desk.reads import people, records
from services.service_desk.tables import CustomerRef


def known_customer(work: Work, customer_id: str) -> CustomerRef:
    """Return a customer that the service desk has been told of.

    :raises NotFound: if it has not.
    """
    return demand_known(work, people.customer(work, customer_id), customer_id)


def keep(work: Work, record: OwnedRecord) -> None:
    """Make a record theirs who entered it: nobody knows its customer yet."""
    record.owner_id = work.caller.staff_id
    record.team_id = next(iter(work.caller.team_ids), None)
    record.territory_id = next(iter(work.caller.territory_ids), None)


def follow_owner(work: Work, event: CustomerOwnerChanged) -> None:
    """Re-point all records of a customer to its owner as the copy knows it.

    :raises Unavailable: if the copy has not heard of this change yet.
    """
    customer = demand_current(work, people.customer(work, event.customer_id), event)
    if customer is None:
        return
    for kind in records.OWNED_BY_CUSTOMER:
        for record in records.of_customer(work, kind, customer.id):
            previous = record.owner_id
            if hand_over(record, customer):
                leaving.note_followed(work, event, record, previous)
