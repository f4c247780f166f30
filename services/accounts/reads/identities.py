"""How a customer is and was known, for whoever has to find what hangs on no customer (ADR 0024)."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Select, delete, or_, select, true

from chassis.cursors import DEFAULT_PAGE
from chassis.envelope import decode
from chassis.identities import KEY, MAIL, NAME, PHONE, Identity, plain_name
from chassis.pages import Page, page
from chassis.tables import AUDIT, AUDIT_VALUES
from chassis.work import Work
from services.accounts.domain import names
from services.accounts.domain.privacy import Whom
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


def known_by(work: Work, whom: Whom) -> list[Identity]:
    """Return how a customer is or was known, and the people there: by mail, number and key.

    A contact alone is known by its own mails and numbers, and among what its customer has by its name.
    What somebody else is known by as well tells nothing, and is left out; of a contact also what its
    customer has.
    """
    ids = whom.ids
    if whom.contact_id is None:
        found, besides = (*_now(work, ids), *_before(work, ids)), _keys(work, ids)
    else:
        found = (*_contact_now(work, whom.contact_id), *_contact_before(work, whom.contact_id))
        besides = _name(work, whom.contact_id)
    ways = {one for one in found if one is not None}
    of_others = _of_others(work, whom, ways)
    own = {one for one in ways if one.value not in of_others}
    return sorted(own | besides, key=lambda one: (one.kind, one.value, one.system or ""))


def _contact_now(work: Work, contact_id: str) -> Iterator[Identity | None]:
    query = select(Contact.email, Contact.phone_e164).where(Contact.id == contact_id)
    for row in work.session.execute(query):
        yield from (_way(row.email), _way(row.phone_e164))
    points = select(ContactPoint.normal).where(ContactPoint.contact_id == contact_id)
    yield from map(_way, work.session.scalars(points))


def _contact_before(work: Work, contact_id: str) -> Iterator[Identity | None]:
    """Return what the trail holds of the contact, and of ways to reach it that were removed."""
    values = AUDIT_VALUES.c
    query = select(values.changes).join(AUDIT, AUDIT.c.position == values.position)
    point = AUDIT.c.record_kind == ContactPoint.__tablename__
    theirs = point & values.changes.contains(contact_id, autoescape=True)
    itself = (AUDIT.c.record_kind == Contact.__tablename__) & (AUDIT.c.record_id == contact_id)
    for changes in work.session.scalars(query.where(or_(itself, theirs))):
        yield from map(_way, _values(decode(changes)))


def _name(work: Work, contact_id: str) -> set[Identity]:
    """Return what a contact is called, if nobody else at its customer could be meant by it."""
    contact = work.session.get(Contact, contact_id)
    if contact is None or not names.is_telling(contact.name):
        return set()
    others = select(Contact.name).where(
        Contact.customer_id == contact.customer_id, Contact.id != contact_id
    )
    house = select(Customer.name).where(Customer.id == contact.customer_id)
    said = map(plain_name, (*work.session.scalars(others), *work.session.scalars(house)))
    mine = plain_name(contact.name)
    return set() if any(mine in one for one in said) else {Identity(NAME, contact.name)}


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


def _of_others(work: Work, whom: Whom, ways: Iterable[Identity]) -> set[str]:
    """Return by which of these ways somebody else is known, in any entity of the group."""
    found: set[str] = set()
    values = sorted({one.value for one in ways})
    for start in range(0, len(values), AT_ONCE):
        some = values[start : start + AT_ONCE]
        for is_other, column in _places(whom):
            found.update(work.session.scalars(select(column).where(column.in_(some), is_other)))
    return found


def _places(whom: Whom) -> tuple[tuple[Any, Any], ...]:
    """Return where somebody else is known, and when it is somebody else."""
    customer: Any = Customer.id.not_in(whom.ids)
    contact: Any = Contact.customer_id.not_in(whom.ids)
    point: Any = ContactPoint.customer_id.not_in(whom.ids)
    if whom.contact_id is not None:
        customer, contact = true(), Contact.id != whom.contact_id
        point = ContactPoint.contact_id.is_distinct_from(whom.contact_id)
    return (
        (customer, Customer.email),
        (customer, Customer.phone_e164),
        (contact, Contact.email),
        (contact, Contact.phone_e164),
        (point, ContactPoint.normal),
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
