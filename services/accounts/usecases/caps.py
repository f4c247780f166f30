"""How many customers somebody may own, and how many he may keep from being dropped (ADR 0020)."""

from collections.abc import Collection

from chassis.errors import Conflict
from chassis.visibility import scope_of
from chassis.work import Work
from services.accounts.domain.ownership import Owner
from services.accounts.domain.pools import (
    CapKind,
    LockCapReached,
    NotYourCustomer,
    OverCap,
    OwnerCapReached,
)
from services.accounts.reads import customers, directory
from services.accounts.reads import pools as reads
from services.accounts.tables import Customer

EXCEED = "cap.exceed"  # the permission to give somebody more than he may own
LEDGER_CAUSE = "over_cap."  # before the reason, in the history of owners

_REFUSALS: dict[CapKind, type[Conflict]] = {
    CapKind.OWN: OwnerCapReached,
    CapKind.LOCK: LockCapReached,
}
_DONE = {CapKind.OWN: "owned", CapKind.LOCK: "locked"}


class Rooms:
    """How many more customers each of some people may own, counted once for a whole step.

    Nobody else gives them any meanwhile. ``why`` lets them have more than there is room for.
    """

    def __init__(
        self, work: Work, owners: Collection[Owner], entity_id: str, why: OverCap | None
    ) -> None:
        self._work, self._why = work, why
        self._left: dict[str, int] = {}
        for owner in sorted(owners, key=lambda one: one.staff_id):  # nobody waits in a circle
            room = _room(work, owner, CapKind.OWN, entity_id)
            if room is not None:
                self._left[owner.staff_id] = room

    def takes(self, staff_id: str, customer: Customer) -> bool:
        """Say whether somebody may be given a customer."""
        return self._why is not None or not self._is_beyond(staff_id, customer)

    def take(self, staff_id: str, customer: Customer) -> str | None:
        """Note that somebody gets a customer; return why, if there was no room for it."""
        cause = cause_of(self._why) if self._is_beyond(staff_id, customer) else None
        moves = ((staff_id, -1), (customer.owner_id or "", 1))
        capped = [(one, more) for one, more in moves if one in self._left]
        if capped and staff_id != customer.owner_id and not self._is_won(customer):
            for one, more in capped:
                self._left[one] += more
        return cause

    def _is_beyond(self, staff_id: str, customer: Customer) -> bool:
        is_full = self._left.get(staff_id, 1) <= 0 and staff_id != customer.owner_id
        return is_full and not self._is_won(customer)

    def _is_won(self, customer: Customer) -> bool:
        return reads.has_bought(self._work, customer.id)


def room_left(work: Work, owner: Owner, kind: CapKind) -> int | None:
    """Return how many more somebody may have, or None; nobody else gives him any meanwhile."""
    room = _room(work, owner, kind, work.caller.entity_id)
    return None if room is None else max(room, 0)


def demand_room(work: Work, owner: Owner, kind: CapKind, customer_id: str) -> None:
    """Demand that somebody may have one more; who has bought does not count.

    :raises OwnerCapReached, LockCapReached: if he has as many as he may.
    """
    if room_left(work, owner, kind) == 0 and not reads.has_bought(work, customer_id):
        raise full(kind, owner.staff_id)


def demand_may_exceed(work: Work, why: OverCap | None) -> None:
    """Demand that the caller may give somebody more than he may own, if that is asked for.

    :raises Forbidden: if not.
    """
    if why is not None:
        scope_of(work.caller, EXCEED, work.service, work.origin.method)


def cause_of(why: OverCap | None) -> str | None:
    """Return what the history of owners keeps of a reason."""
    return None if why is None else f"{LEDGER_CAUSE}{why}"


def full(kind: CapKind, staff_id: str | None = None) -> Conflict:
    """Return the refusal of one too many."""
    detail = {"staff_id": staff_id} if staff_id else {}
    return _REFUSALS[kind](f"This is one more than may be {_DONE[kind]}.", detail=detail)


def over(work: Work, owners: Collection[Owner], entity_id: str) -> list[dict[str, object]]:
    """Say who of these owns more than he may, how many, and how many he may."""
    found: list[dict[str, object]] = []
    for owner in owners:
        most = reads.cap_of(work, owner, CapKind.OWN, entity_id)
        owned = reads.counted(work, owner.staff_id, CapKind.OWN)
        if most is not None and owned > most:
            found.append({"staff_id": owner.staff_id, "owned": owned, "most": most})
    return found


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


def _room(work: Work, owner: Owner, kind: CapKind, entity_id: str) -> int | None:
    """Return the room that somebody has, below nothing if he has more than he may."""
    cap = reads.cap_of(work, owner, kind, entity_id)
    if cap is None:
        return None
    customers.hold(work, [f"{kind}:{owner.staff_id}"], entity_id)
    return cap - reads.counted(work, owner.staff_id, kind)


def _own(work: Work, customer_id: str, version: int) -> Customer:
    customer = work.get(Customer, customer_id, version=version)
    if customer.owner_id is None or customer.owner_id != work.caller.staff_id:
        raise NotYourCustomer("Only its owner locks a customer.", detail={"id": customer_id})
    return customer
