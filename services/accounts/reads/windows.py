"""Who of another entity's shared customers it may be: told by what its window shows (ADR 0023)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, Select, select

from chassis.caller import GROUP_ENTITY
from chassis.work import Work
from services.accounts.domain.identity import Phone
from services.accounts.domain.matching import Candidate, Profile, rank
from services.accounts.domain.names import slips
from services.accounts.reads.customers import profile_of
from services.accounts.tables import Contact, Customer, Entity, SharedCustomer

MAX_ENTITIES = 200
MAX_CANDIDATES = 200
MAX_SHARED = 10
EXACT = 100


@dataclass(frozen=True, slots=True)
class SharedMatch:
    """A customer of another entity that it is with this probability, and why."""

    customer_id: str
    entity_id: str
    score: int  # percent, 0 to 100
    reasons: tuple[str, ...]
    certain: bool


@dataclass(frozen=True, slots=True)
class SharedFound:
    """A customer of another entity that it may be, as its window shows it."""

    customer_id: str
    entity_id: str
    number: str
    name: str
    contact_id: str | None
    score: int  # percent, 0 to 100
    reason: str


def shared_matches(work: Work, given: Profile) -> list[SharedMatch]:
    """Return which customers that other entities share this may be, the likeliest first.

    Compared is what the window shows, names, mail and phone: no key of another system, and
    nothing that is known of a customer besides.
    """
    others = _others(work)
    if not others:
        return []
    people = _people(work, others, given)
    found: dict[str, Customer] = {}
    for condition in _agreeing(given, people):
        query = _shared(others).where(condition).order_by(Customer.id).limit(MAX_CANDIDATES)
        found |= {one.id: one for one in work.session.scalars(query)}
    candidates = (
        Candidate(one.id, one.version, None, _shown(one), people.get(one.id, ()))
        for one in found.values()
    )
    return [
        SharedMatch(
            one.customer_id, found[one.customer_id].entity_id, one.score, one.reasons, one.certain
        )
        for one in rank(given, candidates)[:MAX_SHARED]
    ]


def shared_by_email(work: Work, email: str) -> list[SharedFound]:
    """Return which customers that other entities share have this address, or somebody there."""
    found = _customers(work, Customer.email == email, "email")
    return _once(found + _contacts(work, Contact.email == email, "contact_email"))


def shared_by_phone(work: Work, phone: Phone) -> list[SharedFound]:
    """Return which customers that other entities share have this number, or somebody there.

    Only where it is the same number: nobody of another entity is guessed by its end.
    """
    if phone.e164 is None:
        return []
    found = _customers(work, Customer.phone_e164 == phone.e164, "phone")
    return _once(found + _contacts(work, Contact.phone_e164 == phone.e164, "contact_phone"))


def shared_by_number(work: Work, number: str) -> list[SharedFound]:
    """Return which customers that other entities share are called by this number."""
    return _customers(work, Customer.number == number, "number")


def _others(work: Work) -> list[str]:
    """Return the other entities of the group; where there are none, nothing is shared."""
    query = select(Entity.id).order_by(Entity.id).limit(MAX_ENTITIES)
    there = list(work.session.scalars(query))
    if not there:
        return []
    return [one for one in (GROUP_ENTITY, *there) if one != work.caller.entity_id]


def _shared(others: Sequence[str]) -> Select[Customer]:
    query = select(Customer).join(SharedCustomer, SharedCustomer.customer_id == Customer.id)
    return query.where(Customer.entity_id.in_(others))  # named, so that their indexes serve


def _agreeing(given: Profile, people: Mapping[str, object]) -> Iterator[ColumnElement[bool]]:
    if given.email:
        yield Customer.email == given.email
    if given.phone_e164:
        yield Customer.phone_e164 == given.phone_e164
    if people:
        yield Customer.id.in_(people)
    if given.name_key:
        yield Customer.name_key.in_([given.name_key, *sorted(slips(given.name_key))])


def _shown(one: Customer) -> Profile:
    return replace(profile_of(one), external_ids={}, further_ids={})


def _people(work: Work, others: Sequence[str], given: Profile) -> dict[str, tuple[Profile, ...]]:
    """Return the contacts of shared customers with this address or number, by their customer."""
    found: dict[str, tuple[Profile, ...]] = {}
    for value, column in ((given.email, Contact.email), (given.phone_e164, Contact.phone_e164)):
        if value:
            for one in work.session.scalars(_contacts_of(others).where(column == value)):
                person = Profile(one.name_key, one.email, one.phone_e164)
                found[one.customer_id] = (*found.get(one.customer_id, ()), person)
    return found


def _contacts_of(others: Sequence[str]) -> Select[Contact]:
    query = select(Contact).join(SharedCustomer, SharedCustomer.customer_id == Contact.customer_id)
    return query.where(Contact.entity_id.in_(others)).order_by(Contact.id).limit(MAX_CANDIDATES)


def _customers(work: Work, condition: ColumnElement[bool], reason: str) -> list[SharedFound]:
    query = _shared(_others(work)).where(condition).order_by(Customer.id).limit(MAX_SHARED)
    return [
        SharedFound(one.id, one.entity_id, one.number, one.name, None, EXACT, reason)
        for one in work.session.scalars(query)
    ]


def _contacts(work: Work, condition: ColumnElement[bool], reason: str) -> list[SharedFound]:
    people = list(work.session.scalars(_contacts_of(_others(work)).where(condition)))
    whose = Customer.id.in_({one.customer_id for one in people})
    customers = {one.customer_id: one for one in _customers(work, whose, reason)} if people else {}
    return [
        replace(customers[one.customer_id], contact_id=one.id)
        for one in people
        if one.customer_id in customers
    ]


def _once(found: Sequence[SharedFound]) -> list[SharedFound]:
    best: dict[str, SharedFound] = {}
    for one in found:
        best.setdefault(one.customer_id, one)
    return list(best.values())[:MAX_SHARED]
