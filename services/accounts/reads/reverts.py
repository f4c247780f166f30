"""Questions of taking an import back: which rows, what was there before, who relies on it now."""

from collections.abc import Collection

from sqlalchemy import Table, select

from chassis.envelope import decode
from chassis.tables import AUDIT, Base
from chassis.work import Work
from services.accounts.domain.imports import Verdict
from services.accounts.tables import Customer, ExternalId, Import, ImportImage, ImportRow, Ownership

# What is entered with a customer and goes with it; everything else that refers to one relies on it.
ENTERED_WITH = (ExternalId.__table__, Ownership.__table__)
# Concluded by us from what others tell; nobody has worked on the customer.
CONCLUDED = frozenset(column.key for column in Customer.__table__.columns if "tier" in column.key)


def next_rows(work: Work, job: Import, limit: int) -> list[ImportRow]:
    """Return the next rows that entered or changed a customer, the last of the file first."""
    query = select(ImportRow).where(
        ImportRow.import_id == job.id,
        ImportRow.number < (job.revert_row or 0),
        ImportRow.verdict.in_((Verdict.CREATED, Verdict.UPDATED)),
    )
    return list(work.session.scalars(query.order_by(ImportRow.number.desc()).limit(limit)))


def images(work: Work, job: Import, numbers: Collection[int]) -> dict[int, ImportImage]:
    """Return what customers were before these rows, by row."""
    query = select(ImportImage).where(
        ImportImage.import_id == job.id, ImportImage.number.in_(numbers)
    )
    return {one.number: one for one in work.session.scalars(query)}


def customers(work: Work, ids: Collection[str]) -> dict[str, Customer]:
    """Return customers by id, those that are still there."""
    query = select(Customer).where(Customer.id.in_(ids))
    return {one.id: one for one in work.session.scalars(query)}


def relied_on(work: Work, ids: Collection[str]) -> set[str]:
    """Return the customers that something refers to, in whatever table of ours."""
    found: set[str] = set()
    for table in Base.metadata.tables.values():
        if table not in ENTERED_WITH:
            found |= _referring(work, table, ids)
    return found


def _referring(work: Work, table: Table, ids: Collection[str]) -> set[str]:
    found: set[str] = set()
    for key in table.foreign_keys:
        if key.column is Customer.__table__.c.id:
            query = select(key.parent).where(key.parent.in_(ids)).distinct()
            found |= set(work.session.scalars(query))
    return found


def worked_on(work: Work, ids: Collection[str]) -> set[str]:
    """Return the customers that were changed after they were entered."""
    entry = AUDIT.c
    query = select(entry.record_id, entry.changes).where(
        entry.record_kind == Customer.__tablename__,
        entry.record_id.in_(ids),
        entry.verb == "updated",
    )
    found = set()
    for row in work.session.execute(query):
        changes = decode(row.changes)
        if isinstance(changes, dict) and changes.keys() - CONCLUDED:
            found.add(row.record_id)
    return found
