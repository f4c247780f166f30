"""How a customer is and was known, for whoever has to find what hangs on no customer (ADR 0024)."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Select, delete, or_, select

from chassis.cursors import DEFAULT_PAGE
from chassis.envelope import decode
from chassis.identities import KEY, MAIL, PHONE, Identity
from chassis.pages import Page, page
from chassis.tables import AUDIT, AUDIT_VALUES
from chassis.work import Work
from services.accounts.tables import (
    Contact,
    ContactPoint,
    Customer,
    ErasedIdentity,
    ExternalId,
    MergedCustomer,
    PrivacyRequest,
)

AT_ONCE = 500  # values in one statement
# Fields, in records, their images and the trail, that say how somebody is reached.
_FIELDS = frozenset({"email", "phone_e164", "normal"})


def erased_identities(
    work: Work, *, request_id: str, after: str | None = None, limit: int = DEFAULT_PAGE
) -> Page[ErasedIdentity]:
    """Page through the ways in which somebody was known who is being erased.

    There are none any more when every service has answered.

    :raises NotFound: if there is no such request.
    """
    work.get(PrivacyRequest, request_id)
    query = select(ErasedIdentity).where(ErasedIdentity.request_id == request_id)
    return page(work, query, [ErasedIdentity.place], limit=limit, after=after)


def forget(work: Work, request_id: str) -> None:
    """Delete the ways in which somebody was known."""
    gone = delete(ErasedIdentity).where(ErasedIdentity.request_id == request_id)
    work.session.execute(gone)


def known_by(work: Work, ids: Sequence[str]) -> list[Identity]:
    """Return how a customer is or was known, and the people there: by mail, number and key.

    What somebody else is known by as well tells nothing, and is left out.
    """
    keys = _keys(work, ids)
    ways = {one for one in (*_now(work, ids), *_before(work, ids)) if one is not None}
    of_others = _of_others(work, ids, ways)
    own = {one for one in ways if one.value not in of_others}
    return sorted(own | keys, key=lambda one: (one.kind, one.value, one.system or ""))


def _now(work: Work, ids: Sequence[str]) -> Iterator[Identity | None]:
    for table, column in ((Customer, Customer.id), (Contact, Contact.customer_id)):
        query = select(table.email, table.phone_e164).where(column.in_(ids))
        for row in work.session.execute(query):
            yield from (_way(row.email), _way(row.phone_e164))
    points = select(ContactPoint.normal).where(ContactPoint.customer_id.in_(ids))
    yield from map(_way, work.session.scalars(points))


def _before(work: Work, ids: Sequence[str]) -> Iterator[Identity | None]:
    """Return what the images of merges and the trail hold: who has another mail now had one before."""
    images = select(MergedCustomer.image).where(MergedCustomer.id.in_(ids))
    for image in work.session.scalars(images):
        yield from map(_way, _values(image))
    for changes in work.session.scalars(_trail(ids)):
        yield from map(_way, _values(decode(changes)))


def _trail(ids: Sequence[str]) -> Select[str]:
    values = AUDIT_VALUES.c
    named = [values.changes.contains(id_, autoescape=True) for id_ in ids]
    query = select(values.changes).join(AUDIT, AUDIT.c.position == values.position)
    return query.where(or_(AUDIT.c.record_id.in_(ids), *named))


def _keys(work: Work, ids: Sequence[str]) -> set[Identity]:
    query = select(ExternalId.system, ExternalId.key).where(ExternalId.customer_id.in_(ids))
    found = {Identity(KEY, row.key, row.system) for row in work.session.execute(query)}
    merged = select(MergedCustomer.external_ids).where(MergedCustomer.id.in_(ids))
    for keys in work.session.scalars(merged):
        found |= {Identity(KEY, key, system) for system, key in keys.items()}
    return found


def _of_others(work: Work, ids: Sequence[str], ways: Iterable[Identity]) -> set[str]:
    """Return by which of these ways somebody else is known, in any entity of the group."""
    found: set[str] = set()
    values = sorted({one.value for one in ways})
    for start in range(0, len(values), AT_ONCE):
        some = values[start : start + AT_ONCE]
        for owner, column in _places():
            query = select(column).where(column.in_(some), owner.not_in(ids))
            found.update(work.session.scalars(query))
    return found


def _places() -> tuple[tuple[Any, Any], ...]:
    return (
        (Customer.id, Customer.email),
        (Customer.id, Customer.phone_e164),
        (Contact.customer_id, Contact.email),
        (Contact.customer_id, Contact.phone_e164),
        (ContactPoint.customer_id, ContactPoint.normal),
    )


def _values(found: object) -> Iterator[str]:
    """Return every text under a field that says how somebody is reached."""
    if isinstance(found, dict):
        for name, value in found.items():
            yield from _texts(value) if name in _FIELDS else _values(value)
    elif isinstance(found, list):
        for one in found:
            yield from _values(one)


def _texts(value: object) -> Iterator[str]:
    values: Collection[object] = value if isinstance(value, list) else [value]
    return (one for one in values if isinstance(one, str))


def _way(value: str | None) -> Identity | None:
    """Say what a normal form is: a mail, a number of some country, or neither."""
    if not value:
        return None
    if "@" in value:
        return Identity(MAIL, value.lower())
    return Identity(PHONE, value) if value.startswith("+") else None
