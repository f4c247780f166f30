"""Who was erased: nothing of them is written any more, whatever comes late.

Customers, by every id they had, and contacts that were erased alone.
"""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis import aliases
from chassis.bulk import insert_unless_there
from chassis.errors import Conflict
from chassis.tables import AUDIT, ERASED_CUSTOMERS, IS_ERASED

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


def is_erased(session: Session, id_: str | None) -> bool:
    """Say whether what this work writes would be of a customer who was erased.

    Whoever erases waits for works that were told no.
    """
    if id_ is None:
        return False
    aliases.use(session, [id_])
    return bool(among(session, [id_]))


def was_wiped(session: Session, kind: str, id_: str) -> bool:
    """Say whether a record that stays has lost its words to an erasure: they must not come back."""
    theirs = (AUDIT.c.record_id == id_, AUDIT.c.record_kind == kind, IS_ERASED)
    return session.execute(select(AUDIT.c.position).where(*theirs).limit(1)).first() is not None


def demand_living(session: Session, id_: str | None, service: str) -> None:
    """Demand that a record about to be written about is not of a customer who was erased.

    Commands that name the customer are refused by the chassis; this is for those that name another
    record, and would write beside it what an erasure has passed already.

    :raises Conflict: if it is.
    """
    if is_erased(session, id_):
        demand_none(session, [str(id_)], service)


def demand_none(
    session: Session, ids: Collection[str], service: str, noun: str = "customer"
) -> None:
    """Demand that nobody of these is erased.

    :raises Conflict: if one is.
    """
    gone = among(session, ids)
    if gone:
        raise Conflict(
            f"This {noun} was erased; nothing is written about this person any more.",
            code=f"{service}.{noun}.erased",
            detail={f"{noun}_ids": sorted(gone)},
        )


def demand_none_named(session: Session, payload: object, service: str) -> None:
    """Demand that a payload names nobody who is erased; whoever erases waits until this work is done.

    :raises Conflict: if it names somebody.
    """
    demand_none(session, aliases.named(payload), service)
    contacts = aliases.named(payload, aliases.CONTACT)
    if contacts:
        aliases.use(session, contacts)
        demand_none(session, contacts, service, "contact")
