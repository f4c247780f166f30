"""Whose a customer is: at most one owner at any instant, with the whole history (ADR 0020)."""

from dataclasses import dataclass

from sqlalchemy import update

from chassis.ids import new_id
from chassis.work import Work
from contracts.accounts import CustomerOwnerChanged
from services.accounts.domain.ownership import Owner, OwnershipReason
from services.accounts.domain.pools import CapKind, OverCap
from services.accounts.reads import directory, telling
from services.accounts.tables import Contact, Customer, Flag, Interaction, Ownership
from services.accounts.usecases import caps, drop_timers


@dataclass(frozen=True, slots=True)
class Why:
    """Why somebody owns a customer, and by which rule if not by a person's decision."""

    reason: OwnershipReason
    rule: str | None = None
    cause: str | None = None  # a code; why somebody decided so
    pool_id: str | None = None  # the public pool it comes from or goes to
    batch_id: str | None = None  # the allocation it is part of


def assign_owner(
    work: Work, *, customer_id: str, version: int, owner_id: str | None,
    over_cap: OverCap | None = None,
) -> Customer:  # fmt: skip
    """Give a customer another owner, or none; the same owner changes nothing.

    The version is the condition of the one UPDATE: of two who take a customer at the same
    time one wins and the other is told so.

    :raises StaleVersion: if the customer changed since.
    :raises StaffInactive: if the new owner has left.
    :raises OwnerCapReached: if the new owner has as many as he may, and ``over_cap`` does not say why more.
    :raises Forbidden: if it says so and the caller may not.
    """
    caps.demand_may_exceed(work, over_cap)
    customer = work.get(Customer, customer_id, version=version)
    if customer.owner_id == owner_id:
        return customer
    owner = directory.owner(work, owner_id) if owner_id is not None else None
    if owner is None:
        give(work, customer, None, Why(OwnershipReason.RELEASED))
        return customer
    rooms = caps.Rooms(work, [owner], customer.entity_id, over_cap)
    if not rooms.takes(owner.staff_id, customer):
        raise caps.full(CapKind.OWN, owner.staff_id)
    cause = rooms.take(owner.staff_id, customer)
    give(work, customer, owner, Why(OwnershipReason.ASSIGNED, cause=cause))
    return customer


def give(work: Work, customer: Customer, owner: Owner | None, why: Why) -> None:
    """Change a customer's owner, note it, and tell it."""
    previous = customer.owner_id
    customer.owner_id = owner.staff_id if owner else None
    customer.team_id = owner.team_id if owner else None
    customer.pool_id = why.pool_id if owner is None else None
    customer.locked_at = None

    def owner_changed(done: Customer) -> CustomerOwnerChanged:
        return CustomerOwnerChanged(
            customer_id=done.id,
            version=done.version,
            previous_owner_id=previous,
            owner_id=done.owner_id,
            team_id=done.team_id,
            territory_id=done.territory_id,
            reason=why.reason,
            rule=why.rule,
            pool_id=why.pool_id,
            batch_id=why.batch_id,
        )

    work.tell(owner_changed, customer)
    work.tell(telling.customer_recorded, customer)
    work.flush()  # whoever loses the race is refused here, before anything follows
    follow(work, customer)
    note(work, customer, previous, why)
    drop_timers.arm(work, customer)


def follow(work: Work, customer: Customer) -> None:
    """Let what belongs to a customer be seen by whoever sees the customer.

    Neither version nor audit: the customer's own change says it once for all of them.
    """
    for kind in (Contact, Interaction, Flag):
        work.session.execute(
            update(kind)
            .where(kind.customer_id == customer.id)
            .values(
                owner_id=customer.owner_id,
                team_id=customer.team_id,
                territory_id=customer.territory_id,
            )
            .execution_options(synchronize_session=False)
        )


def note(work: Work, customer: Customer, previous: str | None, why: Why) -> None:
    """Write a customer's owner into the history."""
    work.session.add(
        Ownership(
            id=new_id(),
            entity_id=customer.entity_id,
            customer_id=customer.id,
            at=work.now,
            previous_owner_id=previous,
            owner_id=customer.owner_id,
            team_id=customer.team_id,
            territory_id=customer.territory_id,
            reason=why.reason,
            rule=why.rule,
            cause=why.cause,
            pool_id=why.pool_id,
            batch_id=why.batch_id,
            actor=work.actor,
        )
    )
