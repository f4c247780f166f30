"""Questions about customers: who they are known to be, whose they are, what happened."""

import zlib
from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select

from chassis.cursors import DEFAULT_PAGE
from chassis.pages import Page, page
from chassis.work import Work
from services.accounts.domain.customers import Details
from services.accounts.domain.interactions import Touch
from services.accounts.domain.matching import Profile
from services.accounts.tables import Contact, Customer, ExternalId, Interaction, Ownership

MAX_CONTACTS = 200
MEASURED = 100  # touches of a customer that say how far behind the timeline is
_LOCK_CLASS = zlib.crc32(b"accounts.customers") - 2**31  # PostgreSQL's lock keys are signed
_WHOLE_MASTER = 0


def hold(work: Work, keys: Iterable[str], entity_id: str | None = None) -> None:
    """Let nobody else decide about customers with one of these keys until this work is done.

    Without it two requests on PostgreSQL would both find nobody and both enter the customer.
    SQLite has one writer anyway.
    """
    if work.session.get_bind().dialect.name != "postgresql":
        return
    work.session.execute(select(func.pg_advisory_xact_lock_shared(_LOCK_CLASS, _WHOLE_MASTER)))
    entity_id = entity_id or work.caller.entity_id
    names = {zlib.crc32(f"{entity_id}:{key}".encode()) - 2**31 for key in keys}
    for name in sorted(names - {_WHOLE_MASTER}):  # in one order, so that nobody waits in a circle
        work.session.execute(select(func.pg_advisory_xact_lock(_LOCK_CLASS, name)))


def hold_all(work: Work) -> None:
    """Let nobody else enter or change the identity of any customer until this work is done."""
    if work.session.get_bind().dialect.name == "postgresql":
        work.session.execute(select(func.pg_advisory_xact_lock(_LOCK_CLASS, _WHOLE_MASTER)))


def profile_of(customer: Customer) -> Profile:
    """Return what a customer is compared by."""
    return Profile(
        customer.name_key,
        customer.email,
        customer.phone_e164,
        customer.external_ids,
        customer.further_ids or {},
    )


def standing(work: Work) -> ColumnElement[bool]:
    """Match the customers that take part in matching, searching and identifying.

    The one place that says so: whoever is no customer of its own any more is left out here.
    """
    return Customer.entity_id == work.caller.entity_id


def details_of(customer: Customer) -> Details:
    """Return a customer's description as it is stored."""
    return Details(
        kind=customer.kind,
        name=customer.name,
        email=customer.email,
        phone=customer.phone,
        language=customer.language,
        segment=customer.segment,
        country=customer.country,
        state=customer.state,
        city=customer.city,
        postal_code=customer.postal_code,
        region=customer.region,
        customer_since=customer.customer_since,
        external_ids=customer.external_ids,
        derived=tuple(customer.derived),
    )


def by_id(work: Work, id_: str) -> Customer:
    """Load a customer that another record or a match led to, whoever may see it."""
    return work.session.get_one(Customer, id_)


def locked(work: Work, ids: Collection[str]) -> dict[str, Customer]:
    """Load visible customers and keep them from being changed until this work is done.

    Handlers have no version to bring: they wait for each other instead. By id, so that nobody
    waits in a circle; without the lock on the key, so that nobody waits who only refers to one.
    """
    query = select(Customer).where(Customer.id.in_(ids), *work.visible(Customer))
    held = query.order_by(Customer.id).with_for_update(key_share=True)
    return {one.id: one for one in work.session.scalars(held)}


def by_external_id(work: Work, system: str, keys: Collection[str]) -> dict[str, Customer]:
    """Return the customers that have one of these keys in a system, by key."""
    query = (
        select(ExternalId.key, Customer)
        .join(Customer, Customer.id == ExternalId.customer_id)
        .where(
            ExternalId.entity_id == work.caller.entity_id,
            ExternalId.system == system,
            ExternalId.key.in_(keys),
        )
    )
    return {row.key: row.Customer for row in work.session.execute(query)}


def by_number(work: Work, numbers: Collection[str]) -> list[Customer]:
    """Return the customers that we gave these numbers to."""
    query = select(Customer).where(
        Customer.entity_id == work.caller.entity_id, Customer.number.in_(numbers)
    )
    return list(work.session.scalars(query))


def way_to(work: Work, system: str, key: str) -> ExternalId | None:
    """Return the way from another system's key to its customer."""
    return work.session.get(ExternalId, (work.caller.entity_id, system, key))


def contacts_of(work: Work, customer_id: str) -> list[Contact]:
    """Return the people to talk to at a customer, by name."""
    query = select(Contact).where(Contact.customer_id == customer_id, *work.visible(Contact))
    return list(work.session.scalars(query.order_by(Contact.name, Contact.id).limit(MAX_CONTACTS)))


def same_contact(work: Work, customer_id: str, given: Profile) -> Contact | None:
    """Return the contact of a customer that this is: same mail, or same name and phone."""
    same = []
    if given.email:
        same.append(Contact.email == given.email)
    named = Contact.name_key == given.name_key
    if given.phone_e164:
        same.append(named & (Contact.phone_e164 == given.phone_e164))
    if not same:
        same.append(named & Contact.email.is_(None) & Contact.phone_e164.is_(None))
    query = select(Contact).where(Contact.customer_id == customer_id, or_(*same))
    return work.session.scalars(query.order_by(Contact.id).limit(1)).first()


def interaction_by_source(work: Work, entity_id: str, touch: Touch) -> Interaction | None:
    """Return what was noted under a touch's key of its source."""
    query = select(Interaction).where(
        Interaction.entity_id == entity_id,
        Interaction.source == touch.source,
        Interaction.source_key == touch.source_key,
    )
    return work.session.scalar(query)


def ownership_history(
    work: Work, *, customer_id: str, after: str | None = None, limit: int = DEFAULT_PAGE
) -> Page[Ownership]:
    """Page through a customer's owners, the latest first."""
    work.get(Customer, customer_id)
    query = select(Ownership).where(Ownership.customer_id == customer_id)
    keys = [Ownership.at, Ownership.id]
    return page(work, query, keys, limit=limit, after=after, descending=True)


def timeline(
    work: Work, *, customer_id: str, after: str | None = None, limit: int = DEFAULT_PAGE
) -> Page[Interaction]:
    """Page through what happened between a customer and us, the latest first."""
    query = select(Interaction).where(
        Interaction.customer_id == customer_id, *work.visible(Interaction)
    )
    keys = [Interaction.at, Interaction.id]
    return page(work, query, keys, limit=limit, after=after, descending=True)


def last_touch(work: Work, customer_id: str) -> datetime | None:
    """Return when a customer and we last had to do with each other."""
    query = select(func.max(Interaction.at)).where(Interaction.customer_id == customer_id)
    found: datetime | None = work.session.scalar(query)
    return found


def lags_of(work: Work, customer_id: str) -> list[int]:
    """Return how far behind their sources the last touches were that others told, in milliseconds."""
    query = select(Interaction.lag_ms).where(
        Interaction.customer_id == customer_id, Interaction.lag_ms.is_not(None)
    )
    latest = query.order_by(Interaction.at.desc(), Interaction.id.desc()).limit(MEASURED)
    return [lag for lag in work.session.scalars(latest) if lag is not None]
