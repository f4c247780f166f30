"""Whose a score is: its customer's owner's, also when that changes."""

from typing import Any

from chassis.caller import GROUP_ENTITY
from chassis.ownership import demand_current, hand_over
from chassis.work import Work
from contracts.accounts import CustomerOwnerChanged
from services.analytics.reads import customers as reads
from services.analytics.tables import CustomerRef

NOBODY = CustomerRef()


def give_to_owners(work: Work, rows: list[dict[str, Any]]) -> None:
    """Make new scores their customers' owners', as far as the copy knows these."""
    known = reads.customers(work, [row["customer_id"] for row in rows])
    for row in rows:
        customer = known.get(row["customer_id"], NOBODY)
        row["entity_id"] = customer.entity_id or GROUP_ENTITY
        row["owner_id"], row["team_id"] = customer.owner_id, customer.team_id
        row["territory_id"] = customer.territory_id


def follow_owner(work: Work, event: CustomerOwnerChanged) -> None:
    """Re-point all scores of a customer to its owner as the copy knows it.

    :raises Unavailable: if the copy has not heard of this change yet.
    """
    found = reads.customers(work, [event.customer_id]).get(event.customer_id)
    customer = demand_current(work, found, event)
    if customer is None:
        return
    for score in reads.scores_of(work, customer.id):
        hand_over(score, customer)
