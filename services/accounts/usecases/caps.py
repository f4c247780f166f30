"""How many customers somebody may own, and how many he may keep from being dropped."""

from chassis.errors import Conflict
from chassis.work import Work
from services.accounts.domain.ownership import Owner
from services.accounts.domain.pools import (
    CapKind,
    LockCapReached,
    NotYourCustomer,
    OwnerCapReached,
)
from services.accounts.reads import customers, directory
from services.accounts.reads import pools as reads
from services.accounts.tables import Customer

_REFUSALS: dict[CapKind, type[Conflict]] = {
    CapKind.OWN: OwnerCapReached,
    CapKind.LOCK: LockCapReached,
}


def room_left(work: Work, owner: Owner, kind: CapKind) -> int | None:
    """Return how many more somebody may have, or None; nobody else gives him any meanwhile."""
    cap = reads.cap_of(work, owner, kind)
    if cap is None:
        return None
    customers.hold(work, [f"{kind}:{owner.staff_id}"])
    return max(cap - reads.counted(work, owner.staff_id, kind), 0)


def demand_room(work: Work, owner: Owner, kind: CapKind, customer_id: str) -> None:
    """Demand that somebody may have one more; who has bought does not count.

    :raises OwnerCapReached, LockCapReached: if he has as many as he may.
    """
    if room_left(work, owner, kind) == 0 and not reads.has_bought(work, customer_id):
        raise full(kind)


def full(kind: CapKind) -> Conflict:
    """Return the refusal of one too many."""
    return _REFUSALS[kind](f"This is one more than you may {kind}.")


def lock_customer(work: Work, *, customer_id: str, version: int) -> Customer:
    """Keep one's own customer from being dropped by a rule; locked twice is locked.

    :raises StaleVersion: if the customer changed since.
    :raises NotYourCustomer: if it is somebody else's, or nobody's.
    :raises LockCapReached: if one has locked as many as one may.
    """
    customer = _own(work, customer_id, version)
    if customer.locked_at is None:
        owner = directory.owner(work, str(customer.owner_id))
        demand_room(work, owner, CapKind.LOCK, customer_id)
        customer.locked_at = work.now
    return customer


def unlock_customer(work: Work, *, customer_id: str, version: int) -> Customer:
    """Let the rules decide again about one's own customer.

    :raises StaleVersion: if the customer changed since.
    :raises NotYourCustomer: if it is somebody else's, or nobody's.
    """
    customer = _own(work, customer_id, version)
    customer.locked_at = None
    return customer


def _own(work: Work, customer_id: str, version: int) -> Customer:
    customer = work.get(Customer, customer_id, version=version)
    if customer.owner_id is None or customer.owner_id != work.caller.staff_id:
        raise NotYourCustomer("Only its owner locks a customer.", detail={"id": customer_id})
    return customer
