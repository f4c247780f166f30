"""Enter and change the people to talk to at a customer."""

from collections.abc import Mapping
from dataclasses import replace

from chassis.custom import values
from chassis.merging import Based, since
from chassis.work import Work
from services.accounts.domain import identity, names
from services.accounts.domain.customers import Person
from services.accounts.domain.matching import Profile
from services.accounts.reads import customers as reads
from services.accounts.reads import telling
from services.accounts.tables import Contact, Customer
from services.accounts.usecases import search


def register_contact(
    work: Work, *, customer_id: str, person: Person, custom: Mapping[str, object] | None
) -> dict[str, object]:
    """Enter a contact of a customer, or find that the same one is known there.

    With ``custom`` None nobody was asked for custom values: then none is required.
    """
    customer = work.get(Customer, customer_id)
    stored = _columns(person, customer.country)
    given = Profile(_text(stored["name_key"]), _text(stored["email"]), _text(stored["phone_e164"]))
    reads.hold(work, [f"contacts:{customer_id}"])
    form = values.form_for(work, Contact, entity_id=customer.entity_id)
    told = values.read(form, custom or {})
    known = reads.same_contact(work, customer_id, given)
    if known is not None:
        return _answer(known, created=False)
    contact = work.add(
        Contact(
            **stored,
            custom=told if custom is None else values.completed(form, told),
            customer_id=customer_id,
            entity_id=customer.entity_id,
            owner_id=customer.owner_id,
            team_id=customer.team_id,
            territory_id=customer.territory_id,
        )
    )
    work.tell(telling.contact_recorded, contact)
    work.flush()
    search.index_new(work, contact)
    values.keep(work, form, contact.id, contact.custom, contact.custom)
    return _answer(contact, created=True)


def update_contact(
    work: Work, *, contact_id: str, based: Based, changes: Mapping[str, object]
) -> Contact:
    """Change what is told of a contact; unchanged values tell nothing.

    :raises StaleVersion: if it changed since, unless it is to be merged and others changed other fields.
    """
    contact = work.get(Contact, contact_id)
    mine, custom = values.apart(since(work.session, contact, based), changes)
    known = Person(
        name=contact.name,
        email=contact.email,
        phone=contact.phone,
        language=contact.language,
        role=contact.role,
    )
    customer = reads.by_id(work, contact.customer_id)
    stored = _columns(replace(known, **mine), customer.country)
    different = {n: value for n, value in stored.items() if getattr(contact, n) != value}
    different |= values.changed(work, contact, custom)
    for name, value in different.items():
        setattr(contact, name, value)
    if different.keys() & search.FOUND_BY:
        search.index_changed(work, contact)
    if different:
        work.tell(telling.contact_recorded, contact)
    return contact


def _columns(person: Person, country: str | None) -> dict[str, object]:
    phone = identity.phone(person.phone, country) if person.phone else None
    return {
        "name": person.name.strip(),
        "name_key": names.name_key(person.name),
        "email": identity.normal_email(person.email) if person.email else None,
        "phone": phone.raw if phone else None,
        "phone_e164": phone.e164 if phone else None,
        "phone_reversed": phone.reversed if phone else None,
        "language": person.language,
        "role": person.role,
    }


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _answer(contact: Contact, *, created: bool) -> dict[str, object]:
    return {
        "contact_id": contact.id,
        "customer_id": contact.customer_id,
        "version": contact.version,
        "created": created,
    }
