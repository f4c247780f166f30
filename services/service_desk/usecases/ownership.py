"""Whose a record is: its customer's owner's, also when that changes."""

from chassis import handing
from chassis.handing import Kept
from chassis.ownership import demand_known, hand_over
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
    handing.begin(work, KEPT, event)


def _hand_over(_: Work, record: OwnedRecord, customer: CustomerRef) -> bool:
    return hand_over(record, customer)


KEPT = Kept(records.OWNED_BY_CUSTOMER, people.customer, _hand_over)
