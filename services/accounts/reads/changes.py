"""What changed since: all records, for whoever keeps a copy."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any, TypeAlias

from sqlalchemy import select

from chassis.cursors import read_cursor, write_cursor
from chassis.custom import defining
from chassis.custom.tables import CustomField
from chassis.envelope import encode
from chassis.work import Work
from services.accounts.reads.telling import (
    consent_recorded,
    customer_recorded,
    old_id_recorded,
    staff_recorded,
    territory_recorded,
)
from services.accounts.schemas.common import MAX_SNAPSHOT
from services.accounts.tables import Consent, Customer, MergedCustomer, Staff, Territory

MAX_SNAPSHOT_BYTES = 900 * 1024  # of a page: an answer has at most 1 MiB
Told: TypeAlias = tuple[type[Any], Callable[[Any], Any]]  # a kind of record, and how it is told


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
    page = (cursor, limit)
    return _pass(work, (Customer, customer_recorded), *page, also=(MergedCustomer, old_id_recorded))


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


def fields_changed_since(
    work: Work, *, cursor: str | None = None, limit: int = MAX_SNAPSHOT
) -> dict[str, object]:
    """Page through all custom fields (see customers_changed_since)."""
    return _pass(work, (CustomField, defining.recorded(work.service)), cursor, limit)


def _pass(
    work: Work, noun: Told, cursor: str | None, limit: int, *, also: Told | None = None
) -> dict[str, object]:
    """Return a page of records by id; old ids stand among them by theirs."""
    found = []
    for kind, recorded in (noun, also) if also else (noun,):
        query = select(kind).where(*work.visible(kind))
        if cursor is not None:
            query = query.where(kind.id > read_cursor(cursor, [str])[0])
        rows = work.session.scalars(query.order_by(kind.id).limit(limit + 1))
        found += [(one.id, recorded, one) for one in rows]
    found.sort(key=lambda one: one[0])
    items = [
        asdict(recorded(one)) | {"sequence": one.event_seq} for _, recorded, one in found[:limit]
    ]
    fitting = _fitting(items)
    more = len(found) > fitting
    return {
        "items": items[:fitting],
        "next": write_cursor([found[fitting - 1][0]]) if more else None,
        "more": more,
    }


def _fitting(items: list[dict[str, Any]]) -> int:
    """Count how many items fit into one answer: custom values may fill it with a few."""
    size = 0
    for count, item in enumerate(items):
        size += len(encode(item))
        if size > MAX_SNAPSHOT_BYTES and count:
            return count
    return len(items)
