"""One timer for each owned customer that a rule may drop."""

from collections.abc import Collection

from chassis.bulk import insert_many
from chassis.ids import new_id
from chassis.tables import TIMERS
from chassis.work import Work
from services.accounts.domain import drops as rules
from services.accounts.reads import drops as reads
from services.accounts.tables import Customer

DROP_DUE = "customer.drop_due"


def arm(work: Work, customer: Customer) -> None:
    """Set the timer of a customer that somebody owns from now on, or forget it."""
    if customer.owner_id is None:
        work.cancel(DROP_DUE, customer.id)
        return
    due = rules.first_look(reads.rules_of(work, customer.entity_id), work.now)
    if due is not None:
        work.at(due, DROP_DUE, customer.id, {})


def arm_new(work: Work, entity_id: str, customer_ids: Collection[str]) -> None:
    """Set the timers of many customers that were just entered and are owned."""
    due = rules.first_look(reads.rules_of(work, entity_id), work.now) if customer_ids else None
    if due is None:
        return
    rows = [
        {"id": new_id(), "kind": DROP_DUE, "key": one, "due": due, "data": "{}", "reason": None}
        for one in customer_ids
    ]
    insert_many(work.session, TIMERS, rows)
