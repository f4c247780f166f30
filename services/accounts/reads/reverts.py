"""Questions of taking an import back: which rows, what was there before, who relies on it now."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Table, select

from chassis.adopting import CHANGES
from chassis.envelope import decode
from chassis.tables import AUDIT, AUDIT_VALUES, Base
from chassis.work import Work
from services.accounts.domain.imports import Verdict
from services.accounts.tables import (
    BoughtOrder,
    Customer,
    ExternalId,
    Import,
    ImportImage,
    ImportRow,
    MergedCustomer,
    MergeMember,
    Ownership,
    PrivacyRequest,
    SearchTerm,
    SurveyAnswer,
)

# What is entered with a customer and goes with it; everything else that refers to one relies on it.
ENTERED_WITH = (ExternalId, Ownership, SearchTerm)
# What refers to a customer without a foreign key: what others told before it came here, merges (who
# was merged into it is nowhere else), and what data subjects ask for.
BESIDE = (
    BoughtOrder.__table__.c.customer_id,
    SurveyAnswer.__table__.c.customer_id,
    MergeMember.__table__.c.customer_id,
    MergedCustomer.__table__.c.now_id,
    PrivacyRequest.__table__.c.customer_id,
)
# Concluded by us from what others tell, or from the time that went by: nobody has worked on the
# customer. Whoever moves the stage by hand leaves a step in its history, which relies on it.
CONCLUDED = frozenset(
    column.key
    for column in Customer.__table__.columns
    if column.key == "lifecycle" or column.key.startswith(("tier", "stage"))
)


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
    entered_with = {kind.__table__ for kind in ENTERED_WITH}
    for table in Base.metadata.tables.values():
        if table not in entered_with:
            for column in _referring(table):
                found |= set(work.session.scalars(select(column).where(column.in_(ids)).distinct()))
    return found


def _referring(table: Table) -> list[Any]:
    by_key = [one.parent for one in table.foreign_keys if one.column is Customer.__table__.c.id]
    return by_key + [column for column in BESIDE if column.table is table]


def worked_on(work: Work, ids: Collection[str]) -> set[str]:
    """Return the customers that were changed after they were entered."""
    entry = AUDIT.c
    query = (
        select(entry.record_id, CHANGES.label("changes"))
        .outerjoin(AUDIT_VALUES, AUDIT_VALUES.c.position == entry.position)
        .where(
            entry.record_kind == Customer.__tablename__,
            entry.record_id.in_(ids),
            entry.verb == "updated",
        )
    )
    rows = work.session.execute(query)
    return {row.record_id for row in rows if _is_work(row.changes)}


def _is_work(written: str | None) -> bool:
    """Say whether a change was somebody's work; of what was erased nobody knows it any more."""
    if written is None:
        return True
    changes = decode(written)
    return isinstance(changes, dict) and bool(changes.keys() - CONCLUDED)
