"""Which customers a batch is about, who is there to get them, and whose turn it is."""

from collections.abc import Collection, Sequence

from sqlalchemy import Row, func, select

from chassis.cursors import DEFAULT_PAGE
from chassis.pages import Page, page
from chassis.work import Work
from services.accounts.domain.allocation import MAX_BATCH, Selection, Verdict
from services.accounts.domain.ownership import Owner
from services.accounts.domain.staff import Member
from services.accounts.reads.directory import MAX_STAFF
from services.accounts.reads.pools import in_pool
from services.accounts.tables import (
    Absence,
    Allocation,
    AllocationItem,
    AllocationTurn,
    Customer,
    Pool,
    Staff,
)


def chosen(work: Work, selection: Selection, pool: Pool | None) -> Sequence[Row[str, str | None]]:
    """Return the customers that a batch is about and that the caller sees, with their owners."""
    query = select(Customer.id, Customer.owner_id).where(*work.visible(Customer))
    if pool is not None:
        query = query.where(in_pool(pool))
    if selection.customer_ids:
        query = query.where(Customer.id.in_(selection.customer_ids))
    elif not selection.takes_owned:
        query = query.where(Customer.owner_id.is_(None))
    for column, wanted in (
        (Customer.segment, selection.segment),
        (Customer.state, selection.state),
        (Customer.territory_id, selection.territory_id),
        (Customer.lifecycle, selection.lifecycle),
    ):
        if wanted is not None:
            query = query.where(column == wanted)
    return list(work.session.execute(query.order_by(Customer.id).limit(MAX_BATCH + 1)))


def pending(work: Work, allocation_id: str, limit: int) -> Sequence[AllocationItem]:
    """Return the next customers of a batch that nobody has decided about."""
    query = select(AllocationItem).where(
        AllocationItem.allocation_id == allocation_id, AllocationItem.verdict == Verdict.PENDING
    )
    return list(work.session.scalars(query.order_by(AllocationItem.number).limit(limit)))


def left_of(work: Work, job: Allocation, limit: int) -> Sequence[str]:
    """Return the next customers of whoever hands over that were not met yet."""
    met = select(AllocationItem.customer_id).where(AllocationItem.allocation_id == job.id)
    query = select(Customer.id).where(
        Customer.entity_id == job.entity_id,
        Customer.owner_id == job.from_staff_id,
        Customer.id.not_in(met),
    )
    return list(work.session.scalars(query.order_by(Customer.id).limit(limit)))


def members(work: Work, entity_id: str, ids: Collection[str] | None = None) -> dict[str, Member]:
    """Return active members of the staff by id: these, or everybody who sells."""
    query = select(Staff.id, Staff.team_id, Staff.territory_ids, Staff.roles).where(
        Staff.entity_id == entity_id, Staff.active
    )
    if ids is not None:
        query = query.where(Staff.id.in_(ids))
    rows = work.session.execute(query.order_by(Staff.id).limit(MAX_STAFF))
    return {
        row.id: Member(row.id, row.team_id, tuple(row.territory_ids))
        for row in rows
        if ids is not None or "rep" in row.roles
    }


def owners_of_batch(work: Work, job: Allocation) -> list[Owner]:
    """Return who got customers of a batch, with the team each has now."""
    got = select(AllocationItem.owner_id).where(
        AllocationItem.allocation_id == job.id, AllocationItem.verdict == Verdict.GIVEN
    )
    query = select(Staff.id, Staff.team_id).where(Staff.id.in_(got)).order_by(Staff.id)
    return [Owner(row.id, row.team_id) for row in work.session.execute(query)]


def away(work: Work, entity_id: str) -> dict[str, str | None]:
    """Return who is away now, with the substitute."""
    query = select(Absence.staff_id, Absence.substitute_id).where(
        Absence.entity_id == entity_id, Absence.starts_at <= work.now, Absence.ends_at > work.now
    )
    rows = work.session.execute(query.limit(MAX_STAFF))
    return {row.staff_id: row.substitute_id for row in rows}


def loads(work: Work, ids: Collection[str]) -> dict[str, int]:
    """Return how many customers each of these owns."""
    query = select(Customer.owner_id, func.count()).where(Customer.owner_id.in_(ids))
    rows = work.session.execute(query.group_by(Customer.owner_id))
    return {str(owner_id): int(count) for owner_id, count in rows}


def turns(
    work: Work, key: tuple[str, str], staff_ids: Collection[str]
) -> dict[str, AllocationTurn]:
    """Return what these are owed in a rotation of an entity, held until this work is done."""
    entity_id, rotation = key
    for staff_id in sorted(staff_ids):
        row = {"entity_id": entity_id, "rotation": rotation, "staff_id": staff_id}
        work.insert_once(AllocationTurn.__table__, row | {"credit": 0, "of": 0})
    query = select(AllocationTurn).where(
        AllocationTurn.entity_id == entity_id,
        AllocationTurn.rotation == rotation,
        AllocationTurn.staff_id.in_(staff_ids),
    )
    held = query.order_by(AllocationTurn.staff_id).with_for_update()
    found = work.session.scalars(held.execution_options(populate_existing=True))
    return {one.staff_id: one for one in found}


def allocation_items(
    work: Work, *, allocation_id: str, after: str | None = None, limit: int = DEFAULT_PAGE
) -> Page[AllocationItem]:
    """Page through what became of each customer of a batch, in order."""
    work.get(Allocation, allocation_id)
    query = select(AllocationItem).where(AllocationItem.allocation_id == allocation_id)
    return page(work, query, [AllocationItem.number], limit=limit, after=after)
