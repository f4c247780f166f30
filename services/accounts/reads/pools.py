"""Questions about public pools: what is in them, who belongs to them, what somebody has already."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, and_, exists, func, or_, select

from chassis.cursors import DEFAULT_PAGE
from chassis.pages import Page, page
from chassis.work import Work
from contracts.roles import reach
from services.accounts.domain import pools as rules
from services.accounts.domain.ownership import Owner
from services.accounts.domain.pools import Cap, CapKind, Right
from services.accounts.tables import (
    Claim,
    ClaimCount,
    Customer,
    Dealings,
    Ownership,
    OwnershipCap,
    Pool,
    Staff,
    Team,
    Territory,
)

WRITES = "pool.write"  # whoever sets pools up has every right in each of them
MAX_CAPS = 1_000


def in_pool(pool: Pool) -> ColumnElement[bool]:
    """Return the condition under which a customer is in a pool.

    It is one condition of the list, the claim and the distribution: a customer that meets the
    conditions needs no row that says so, and none that could be wrong.
    """
    put_in = Customer.pool_id == pool.id
    found = put_in if pool.is_explicit else or_(put_in, _met(pool))
    return and_(Customer.entity_id == pool.entity_id, Customer.owner_id.is_(None), found)


def _met(pool: Pool) -> ColumnElement[bool]:
    conditions = [Customer.pool_id.is_(None)]
    if pool.territory_ids:
        conditions.append(Customer.territory_id.in_(pool.territory_ids))
    if pool.segments:
        conditions.append(Customer.segment.in_(pool.segments))
    if pool.lifecycles:
        conditions.append(Customer.lifecycle.in_(pool.lifecycles))
    return and_(*conditions)


def pool_for(work: Work, pool_id: str, right: Right | None) -> Pool:
    """Return a pool in which the caller holds a right, or may know of if none is named.

    :raises PoolUnknown: if there is no such pool in use.
    :raises RightMissing: if the caller does not hold the right.
    """
    query = select(Pool).where(Pool.id == pool_id, Pool.active)
    pool = work.session.scalar(query.where(Pool.entity_id == work.caller.entity_id))
    if pool is None:
        raise rules.PoolUnknown("There is no pool with this id in use.", detail={"id": pool_id})
    if right is not None and not _holds(work, pool, right):
        raise rules.RightMissing(
            f"You may not {right} in this pool.", detail={"pool_id": pool_id, "right": right}
        )
    return pool


def _holds(work: Work, pool: Pool, right: Right) -> bool:
    caller = work.caller
    if caller.service is not None or reach(caller.roles, WRITES) is not None:
        return True
    is_member = caller.staff_id in pool.member_ids or bool(
        set(caller.team_ids) & set(pool.team_ids)
    )
    is_admin = caller.staff_id in pool.admin_ids
    return rules.may(pool.rights[right], is_member=is_member, is_admin=is_admin)


def pool_customers(
    work: Work, *, pool_id: str, after: str | None = None, limit: int = DEFAULT_PAGE
) -> Page[dict[str, object]]:
    """Page through the customers of a pool; only what the pool shows of them is shown.

    :raises PoolUnknown: if there is no such pool in use.
    :raises RightMissing: if the caller may not list it.
    """
    pool = pool_for(work, pool_id, Right.LIST)
    query = select(Customer).where(in_pool(pool))
    found = page(work, query, [Customer.id], limit=limit, after=after)
    shown = [name for name in rules.SHOWABLE if name in pool.shown_fields]
    items = [
        {"customer_id": one.id, "pool_id": pool.id} | {name: getattr(one, name) for name in shown}
        for one in found.items
    ]
    return Page(items, found.next)


def is_in_pool(work: Work, pool: Pool, customer_id: str) -> bool:
    """Say whether a customer is in a pool at present."""
    query = select(exists().where(Customer.id == customer_id, in_pool(pool)))
    return bool(work.session.scalar(query))


def was_claimed(work: Work, pool: Pool, customer_id: str) -> bool:
    """Say whether a customer was claimed from a pool, so that its members know that it exists."""
    won = exists().where(Claim.pool_id == pool.id, Claim.customer_id == customer_id)
    return bool(work.session.scalar(select(won)))


def lost_by(work: Work, staff_id: str, customer_id: str, days: int) -> bool:
    """Say whether somebody owned a customer and lost it within so many days."""
    since = rules.cooled_since(work.now, days)
    lost = exists().where(
        Ownership.customer_id == customer_id,
        Ownership.previous_owner_id == staff_id,
        Ownership.at > since,
    )
    return days > 0 and bool(work.session.scalar(select(lost)))


def fresh(work: Work, customer_id: str) -> Customer:
    """Load a customer as it stands now, whatever was loaded before."""
    query = select(Customer).where(Customer.id == customer_id)
    return work.session.scalars(query.execution_options(populate_existing=True)).one()


def count_of(work: Work, pool_id: str, staff_id: str, day: str) -> ClaimCount:
    """Return how much a member claimed on a day, kept from being changed by anybody else."""
    row = {"pool_id": pool_id, "staff_id": staff_id, "day": day, "claimed": 0}
    work.insert_once(ClaimCount.__table__, row)
    key = (ClaimCount.pool_id == pool_id, ClaimCount.staff_id == staff_id, ClaimCount.day == day)
    held = select(ClaimCount).where(*key).with_for_update()
    return work.session.scalars(held.execution_options(populate_existing=True)).one()


def has_bought(work: Work, customer_id: str) -> bool:
    """Say whether a customer is won."""
    won = exists().where(Dealings.customer_id == customer_id, Dealings.last_deal_at.is_not(None))
    return bool(work.session.scalar(select(won)))


def cap_of(work: Work, owner: Owner, kind: CapKind, entity_id: str) -> int | None:
    """Return how many customers of an entity somebody may own or lock, or None."""
    query = select(OwnershipCap.most, OwnershipCap.staff_ids, OwnershipCap.team_ids).where(
        OwnershipCap.entity_id == entity_id, OwnershipCap.kind == kind
    )
    rows = work.session.execute(query.limit(MAX_CAPS))
    caps = [Cap(row.most, row.staff_ids, row.team_ids) for row in rows]
    return rules.cap_for(caps, owner.staff_id, owner.team_id)


def counted(work: Work, staff_id: str, kind: CapKind) -> int:
    """Count somebody's customers, or the locked ones, without those who have bought."""
    query = (
        select(func.count())
        .select_from(Customer)
        .join(Dealings, Dealings.customer_id == Customer.id, isouter=True)
        .where(Customer.owner_id == staff_id, Dealings.last_deal_at.is_(None))
    )
    if kind is CapKind.LOCK:
        query = query.where(Customer.locked_at.is_not(None))
    return int(work.session.scalar(query) or 0)


def unknown_among(
    work: Work, kind: type[Staff | Team | Territory], ids: Collection[str]
) -> list[str]:
    """Return those ids that no record of the entity has."""
    query = select(kind.id).where(kind.id.in_(ids), kind.entity_id == work.caller.entity_id)
    return sorted(set(ids) - set(work.session.scalars(query)))


def dealings(work: Work, customer_id: str) -> Dealings:
    """Return what business there is with a customer, kept from being changed by anybody else."""
    row = {"customer_id": customer_id, "open_opportunities": 0}
    work.insert_once(Dealings.__table__, row)
    held = select(Dealings).where(Dealings.customer_id == customer_id).with_for_update()
    return work.session.scalars(held.execution_options(populate_existing=True)).one()
