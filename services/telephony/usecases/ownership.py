"""Whose a call is: its customer's owner's, also when that changes."""

from chassis import handing, ownership
from chassis.handing import Kept
from chassis.tables import OwnedRecord
from chassis.work import Work
from contracts.accounts import CustomerOwnerChanged
from services.telephony.reads import records
from services.telephony.tables import CustomerRef


def hand_over(record: OwnedRecord, customer: CustomerRef) -> bool:
    """Make a record its customer's owner's; say whether that is a change."""
    record.entity_id = customer.entity_id or record.entity_id
    return ownership.hand_over(record, customer)


def follow_copy(work: Work, record: OwnedRecord, customer_id: str | None) -> None:
    """Make a record its customer's owner's, as far as the copy knows that customer."""
    customer = records.customer(work, customer_id) if customer_id else None
    if customer is not None:
        hand_over(record, customer)


def known_customer(work: Work, customer_id: str) -> CustomerRef:
    """Return a customer that telephony has been told of.

    :raises NotFound: if it has not.
    """
    return ownership.demand_known(work, records.customer(work, customer_id), customer_id)


def follow_owner(work: Work, event: CustomerOwnerChanged) -> None:
    """Re-point all records of a customer to its owner as the copy knows it.

    :raises Unavailable: if the copy has not heard of this change yet.
    """
    handing.begin(work, KEPT, event)


def _hand_over(_: Work, record: OwnedRecord, customer: CustomerRef) -> bool:
    return hand_over(record, customer)


KEPT = Kept(records.OWNED_BY_CUSTOMER, records.customer, _hand_over)
