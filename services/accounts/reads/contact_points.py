"""Questions about how customers and their people are reached."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select

from chassis.cursors import DEFAULT_PAGE
from chassis.errors import NotFound
from chassis.pages import Page, page
from chassis.work import Work
from services.accounts.domain.contact_points import (
    ANYWHERE,
    Medium,
    PointKind,
    first,
    number_key,
    place_of,
)
from services.accounts.domain.matching import Profile
from services.accounts.tables import Contact, ContactPoint, Customer

MAX_READ = 200  # points of one party; a merge may bring more together than one may add
MAX_AGREEING = 200
PLACE = ("city", "postal_code", "state", "country")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One way to reach somebody, and whether it comes first."""

    id: str | None
    version: int | None
    customer_id: str
    contact_id: str | None
    medium: Medium
    kind: PointKind | None
    value: str | None
    normal: str | None
    address: Mapping[str, object] | None = None
    label: str | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    is_primary: bool


def valid(work: Work) -> ColumnElement[bool]:
    """Return the condition that a point is valid now."""
    begun = or_(ContactPoint.valid_from.is_(None), ContactPoint.valid_from <= work.now)
    goes_on = or_(ContactPoint.valid_until.is_(None), ContactPoint.valid_until > work.now)
    return and_(begun, goes_on)


def of_party(work: Work, customer_id: str, contact_id: str | None) -> list[ContactPoint]:
    """Return the points of a customer itself, or of one of its contacts."""
    query = select(ContactPoint).where(*_of(customer_id, contact_id)).order_by(ContactPoint.id)
    return list(work.session.scalars(query.limit(MAX_READ)))


def count(work: Work, customer_id: str, contact_id: str | None) -> int:
    """Count the points of a party."""
    query = select(func.count()).select_from(ContactPoint)
    return int(work.session.scalar(query.where(*_of(customer_id, contact_id))) or 0)


def contact_points(
    work: Work,
    *,
    customer_id: str,
    contact_id: str | None = None,
    after: str | None = None,
    limit: int = DEFAULT_PAGE,
) -> Page[Shown]:
    """Page through the ways to reach a party; by each medium exactly one comes first.

    What only the record itself says is on the first page, without an id.
    """
    party = party_of(work, customer_id, contact_id)
    query = select(ContactPoint).where(*_of(customer_id, contact_id))
    found = page(work, query, [ContactPoint.id], limit=limit, after=after)
    leading = primaries(work, party)
    items = [shown(one, leading) for one in found.items]
    if after is None:
        items = [*_unwritten(party, leading), *items]
    return Page(items, found.next)


def on_card(work: Work, customer: Customer) -> list[Shown]:
    """Return the ways to reach a customer itself, for the card."""
    leading = primaries(work, customer)
    rows = [shown(one, leading) for one in of_party(work, customer.id, None)]
    return [*_unwritten(customer, leading), *rows]


def party_of(work: Work, customer_id: str, contact_id: str | None) -> Customer | Contact:
    """Load whom a point is of, if the caller may see it.

    :raises NotFound: if there is none, or the contact is another customer's.
    """
    customer = work.get(Customer, customer_id)
    if contact_id is None:
        return customer
    contact = work.get(Contact, contact_id)
    if contact.customer_id != customer_id:
        raise NotFound(
            "The customer has no contact with this id.", code="accounts.contact.not_found"
        )
    return contact


def primaries(work: Work, party: Customer | Contact) -> dict[Medium, str]:
    """Return which point comes first by each medium."""
    own = (party.id, None) if isinstance(party, Customer) else (party.customer_id, party.id)
    return first(of_party(work, *own), known(party))


def known(party: Customer | Contact) -> dict[Medium, object]:
    """Return what the record itself says by each medium."""
    said: dict[Medium, object] = {}
    if party.email:
        said[Medium.MAIL] = party.email
    if party.phone_reversed:
        said[Medium.PHONE] = number_key(party.phone_e164, party.phone_reversed)
    if isinstance(party, Contact):
        said[Medium.ADDRESS] = ANYWHERE
    elif any(getattr(party, name) for name in ("city", "postal_code")):
        said[Medium.ADDRESS] = place_of(address_of(party))
    return said


def address_of(customer: Customer) -> dict[str, object]:
    """Return the address that a customer's own columns hold."""
    return {name: getattr(customer, name) for name in PLACE}


def shown(point: ContactPoint, leading: Mapping[Medium, str]) -> Shown:
    """Return a stored point as it is shown."""
    return Shown(
        id=point.id,
        version=point.version,
        customer_id=point.customer_id,
        contact_id=point.contact_id,
        medium=point.medium,
        kind=point.kind,
        value=point.raw,
        normal=point.normal,
        address=point.address,
        label=point.label,
        valid_from=point.valid_from,
        valid_until=point.valid_until,
        is_primary=leading.get(point.medium) == point.id,
    )


def agreeing(work: Work, given: Profile) -> dict[str, dict[str, str]]:
    """Return customers that are reached by one of these facts too: id -> column -> value."""
    found: dict[str, dict[str, str]] = {}
    asked = {Medium.MAIL: ("email", given.email), Medium.PHONE: ("phone_e164", given.phone_e164)}
    for medium, (column, value) in asked.items():
        if value:
            for point in _with(work, medium, [value]):
                found.setdefault(point.customer_id, {})[column] = value
    return found


def reaching(
    work: Work, emails: Collection[str], phones: Collection[str]
) -> list[tuple[ContactPoint, Customer]]:
    """Return the further points of customers that are one of these, with their customers."""
    points = [*_with(work, Medium.MAIL, emails), *_with(work, Medium.PHONE, phones)]
    ids = {point.customer_id for point in points}
    query = select(Customer).where(Customer.id.in_(ids))
    customers = {one.id: one for one in work.session.scalars(query)} if ids else {}
    return [(point, customers[point.customer_id]) for point in points]


def matching(
    work: Work, medium: Medium, condition: ColumnElement[bool], limit: int
) -> list[tuple[Customer, ContactPoint]]:
    """Return visible customers with a valid point by this medium that meets a condition."""
    query = (
        select(Customer, ContactPoint)
        .join(ContactPoint, ContactPoint.customer_id == Customer.id)
        .where(
            ContactPoint.entity_id == work.caller.entity_id,
            ContactPoint.medium == medium,
            condition,
            valid(work),
            *work.visible(Customer),
        )
    )
    rows = work.session.execute(query.order_by(ContactPoint.id).limit(limit))
    return [(row[0], row[1]) for row in rows]


def _with(work: Work, medium: Medium, values: Collection[str]) -> list[ContactPoint]:
    if not values:
        return []
    query = select(ContactPoint).where(
        ContactPoint.entity_id == work.caller.entity_id,
        ContactPoint.medium == medium,
        ContactPoint.normal.in_(values),
        ContactPoint.contact_id.is_(None),
        valid(work),
    )
    limit = MAX_AGREEING * len(values)
    return list(work.session.scalars(query.order_by(ContactPoint.id).limit(limit)))


def _of(customer_id: str, contact_id: str | None) -> Iterable[Any]:
    return ContactPoint.customer_id == customer_id, ContactPoint.contact_id == contact_id


def _unwritten(party: Customer | Contact, leading: Mapping[Medium, str]) -> list[Shown]:
    own = (party.id, None) if isinstance(party, Customer) else (party.customer_id, party.id)
    address = address_of(party) if isinstance(party, Customer) else None
    values = {Medium.MAIL: party.email, Medium.PHONE: party.phone, Medium.ADDRESS: None}
    return [
        Shown(
            id=None,
            version=None,
            customer_id=own[0],
            contact_id=own[1],
            medium=medium,
            kind=None,
            value=values[medium],
            normal=said if isinstance(said, str) else None,
            address=address if medium is Medium.ADDRESS else None,
            is_primary=True,
        )
        for medium, said in known(party).items()
        if medium not in leading and said != ANYWHERE
    ]
