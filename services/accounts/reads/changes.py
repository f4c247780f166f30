"""What changed: the trail of one record, and all records for whoever keeps a copy."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any, TypeVar

from sqlalchemy import select

from chassis.cursors import DEFAULT_PAGE, read_cursor, write_cursor
from chassis.envelope import decode
from chassis.errors import StaleVersion
from chassis.schemas import Shown, seen
from chassis.tables import AUDIT, Record
from chassis.work import Work
from services.accounts.reads.telling import (
    consent_recorded,
    customer_recorded,
    staff_recorded,
    territory_recorded,
)
from services.accounts.schemas.common import MAX_SNAPSHOT
from services.accounts.schemas.consents import ConsentShown
from services.accounts.schemas.contacts import ContactShown
from services.accounts.schemas.customers import CustomerShown
from services.accounts.schemas.directory import StaffShown, TerritoryShown
from services.accounts.tables import Consent, Contact, Customer, Staff, Territory

R = TypeVar("R", bound=Record)
# Whose trail may be read by whoever may read the record itself.
TRAILS: dict[str, tuple[type[Record], str, Shown]] = {
    "customer": (Customer, "customer.read", CustomerShown()),
    "contact": (Contact, "contact.read", ContactShown()),
    "consent": (Consent, "consent.read", ConsentShown()),
    "staff": (Staff, "directory.read", StaffShown()),
    "territory": (Territory, "directory.read", TerritoryShown()),
}


def change_history(
    work: Work, *, kind: str, id: str, after: int | None = None, limit: int = DEFAULT_PAGE
) -> dict[str, object]:
    """Return who changed what of a record, when and through which channel, the latest first.

    The values are those that the caller sees of the record itself: of any other field it is told
    that it changed.

    :raises NotFound: if there is no such record that the caller may see.
    """
    record, permission, shown = TRAILS[kind]
    work.require(permission)
    work.get(record, id)
    entry = AUDIT.c
    query = select(AUDIT).where(entry.record_kind == record.__tablename__, entry.record_id == id)
    if after is not None:
        query = query.where(entry.position < after)
    visible = seen(shown, work.caller)
    rows = list(work.session.execute(query.order_by(entry.position.desc()).limit(limit + 1)))
    items = [
        {
            "version": row.version,
            "verb": row.verb,
            "at": row.at,
            "actor": row.actor,
            "channel": row.channel,
            "correlation_id": row.correlation_id,
            "changes": _visible(decode(row.changes), visible),
        }
        for row in rows[:limit]
    ]
    return {"items": items, "next": rows[limit - 1].position if len(rows) > limit else None}


def _visible(changes: object, visible: frozenset[str]) -> dict[str, object]:
    assert isinstance(changes, dict)
    return {name: pair if name in visible else None for name, pair in changes.items()}


def at_version(work: Work, id_: str, version: int) -> Customer:
    """Load a customer that is about to be changed.

    :raises NotFound: if there is none that the caller may see.
    :raises StaleVersion: if it changed since; ``detail["changed"]`` names the fields that did.
    """
    customer = work.get(Customer, id_)
    if customer.version == version:
        return customer
    entry = AUDIT.c
    query = select(entry.changes).where(
        entry.record_kind == Customer.__tablename__,
        entry.record_id == id_,
        entry.version > version,
    )
    names: set[str] = set()
    for changes in work.session.scalars(query):
        read = decode(changes)
        names |= set(read) if isinstance(read, dict) else set()
    raise StaleVersion(
        "The customer was changed by somebody else; read it again.",
        detail={
            "id": id_,
            "your_version": version,
            "version": customer.version,
            "changed": sorted(names),
        },
    )


def customers_changed_since(
    work: Work, *, cursor: str | None = None, limit: int = MAX_SNAPSHOT
) -> dict[str, object]:
    """Page through all customers as they stand now, for whoever starts to keep a copy.

    The pages go by id, not by time of change: transactions commit in another order than they
    are stamped, so that a cursor over time would skip what commits late. A pass by id cannot:
    a record that was there at the start is met once, and whatever is entered or changed
    during or after the pass is told by ``accounts.customer.recorded.v1``, to which the copy
    must be bound first. Each item carries the ``sequence`` of the last event about it; the
    copy takes what is newer and passes over what is not. At the end ``more`` is false and
    ``next`` is None: asking again starts a new pass.

    :raises Invalid: if the cursor is not one of this list.
    """
    return _pass(work, (Customer, customer_recorded), cursor, limit)


def staff_changed_since(
    work: Work, *, cursor: str | None = None, limit: int = MAX_SNAPSHOT
) -> dict[str, object]:
    """Page through all members of the staff (see customers_changed_since)."""
    return _pass(work, (Staff, staff_recorded), cursor, limit)


def territories_changed_since(
    work: Work, *, cursor: str | None = None, limit: int = MAX_SNAPSHOT
) -> dict[str, object]:
    """Page through all territories (see customers_changed_since)."""
    return _pass(work, (Territory, territory_recorded), cursor, limit)


def consents_changed_since(
    work: Work, *, cursor: str | None = None, limit: int = MAX_SNAPSHOT
) -> dict[str, object]:
    """Page through what all customers allow (see customers_changed_since)."""
    return _pass(work, (Consent, consent_recorded), cursor, limit)


def _pass(
    work: Work, noun: tuple[type[R], Callable[[R], Any]], cursor: str | None, limit: int
) -> dict[str, object]:
    kind, recorded = noun
    query = select(kind).where(*work.visible(kind))
    if cursor is not None:
        query = query.where(kind.id > read_cursor(cursor, [str])[0])
    found = list(work.session.scalars(query.order_by(kind.id).limit(limit + 1)))
    more, shown = len(found) > limit, found[:limit]
    return {
        "items": [asdict(recorded(one)) | {"sequence": one.event_seq} for one in shown],
        "next": write_cursor([shown[-1].id]) if more else None,
        "more": more,
    }
