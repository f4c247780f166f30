"""Records under a lock, and all that is a customer's."""

from typing import TypeVar

from sqlalchemy import select

from chassis.tables import CopyRecord, Record
from chassis.work import Work
from services.service_desk.tables import Case, CaseNumber, Survey

R = TypeVar("R", bound=Record | CopyRecord)
OWNED_BY_CUSTOMER: tuple[type[Case | Survey], ...] = (Case, Survey)


def locked(work: Work, kind: type[R], id_: str) -> R | None:
    """Load a record and keep it from being changed until this work is done.

    Timers and handlers have no version to bring: they wait for each other instead.
    """
    return work.session.scalar(select(kind).where(kind.id == id_).with_for_update())


def shared(work: Work, kind: type[R], id_: str) -> None:
    """Keep a record from being changed until this work is done; several may do so at a time."""
    work.session.execute(select(kind.id).where(kind.id == id_).with_for_update(read=True))


def numbers(work: Work, entity_id: str) -> CaseNumber:
    """Return the counter of an entity's cases under its lock."""
    query = select(CaseNumber).where(CaseNumber.entity_id == entity_id).with_for_update()
    return work.session.scalars(query).one()
