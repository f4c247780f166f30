"""Who was erased: nothing of them is written any more, whatever comes late."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.bulk import insert_unless_there
from chassis.errors import Conflict
from chassis.tables import ERASED_CUSTOMERS

_E = ERASED_CUSTOMERS.c


def note(session: Session, ids: Collection[str], task_id: str) -> None:
    """Note that customers are erased, by all ids they were known by."""
    statement = insert_unless_there(ERASED_CUSTOMERS, session.get_bind().dialect.name)
    session.execute(statement, [{"id": id_, "task_id": task_id} for id_ in sorted(ids)])


def among(session: Session, ids: Collection[str]) -> set[str]:
    """Return which of these customers are erased."""
    if not ids:
        return set()
    return set(session.scalars(select(_E.id).where(_E.id.in_(ids))))


def tasks_of(session: Session, ids: Collection[str]) -> set[str]:
    """Return by which tasks these customers are erased, those of them that are."""
    return set(session.scalars(select(_E.task_id).where(_E.id.in_(ids)))) if ids else set()


def demand_none(session: Session, ids: Collection[str], service: str) -> None:
    """Demand that nobody of these is erased.

    :raises Conflict: if one is.
    """
    gone = among(session, ids)
    if gone:
        raise Conflict(
            "This customer was erased; nothing is written about this person any more.",
            code=f"{service}.customer.erased",
            detail={"customer_ids": sorted(gone)},
        )
