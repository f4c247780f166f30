"""Who a description may be of: candidates from every fact, for one description or a thousand."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from sqlalchemy import ColumnElement, or_, select, tuple_

from chassis.work import Work
from services.accounts.domain.contact_points import Medium
from services.accounts.domain.customers import Details, columns, profile
from services.accounts.domain.matching import (
    DEFAULTS,
    MAX_MATCHES,
    Candidate,
    EntryPoint,
    Match,
    Policy,
    Profile,
    Rule,
    certain_keys,
    rank,
)
from services.accounts.domain.names import slips
from services.accounts.reads import contact_points
from services.accounts.reads.customers import profile_of, standing
from services.accounts.reads.windows import shared_matches
from services.accounts.tables import Contact, Customer, ExternalId, MatchPolicy

MAX_CANDIDATES = 200


@dataclass(frozen=True, slots=True)
class Known:
    """The customers that some rows may be of, by the keys that would make it certain."""

    customers: Mapping[str, Customer] = field(default_factory=dict)  # by id
    by_key: Mapping[str, list[Candidate]] = field(default_factory=dict)

    def sharing(self, keys: Iterable[str]) -> list[Candidate]:
        """Return the customers that share one of these keys, each once."""
        found = {one.customer_id: one for key in keys for one in self.by_key.get(key, ())}
        return list(found.values())


def find_matches(work: Work, *, details: Details) -> dict[str, object]:
    """Return the customers that a description may be of, with scores and reasons.

    Those that other entities share are told apart: they are no duplicates, and looked at by
    ``shared_customer``.
    """
    given = profile(columns(details))
    return {"matches": matches(work, given), "shared": shared_matches(work, given)}


def matches(work: Work, given: Profile, *, besides: str | None = None) -> list[Match]:
    """Return the customers of the whole entity that this may be, whoever may see them.

    Visibility does not apply: a duplicate is one also where the other record belongs to a
    colleague. What is given back is an id, a score and which of the asker's own facts agree.
    """
    people = _people(work, _values(given.email), _values(given.phone_e164))
    further = contact_points.agreeing(work, given)
    led_to = {*people, *further}
    conditions = [*_strong(work, given), *([Customer.id.in_(led_to)] if led_to else [])]
    found: dict[str, Customer] = {}
    for condition in (or_(*conditions) if conditions else None, _named(given)):
        if condition is not None:
            found |= _customers(work, condition)
    found.pop(besides or "", None)
    candidates = (_candidate(one, people, further.get(one.id)) for one in found.values())
    return rank(given, candidates)[:MAX_MATCHES]


def known_by(work: Work, emails: Collection[str], phones: Collection[str]) -> Known:
    """Return the customers that these mail addresses and phone numbers (E.164) lead to."""
    people = _people(work, emails, phones)
    by_mail = select(Customer).where(standing(work), Customer.email.in_(emails))
    by_phone = select(Customer).where(standing(work), Customer.phone_e164.in_(phones))
    of_contacts = select(Customer).where(standing(work), Customer.id.in_(people))
    found: dict[str, Customer] = {}
    for values, query in ((emails, by_mail), (phones, by_phone), (people, of_contacts)):
        if values:
            found |= {one.id: one for one in work.session.scalars(query)}
    by_key: dict[str, list[Candidate]] = {}
    for one in found.values():
        candidate = _candidate(one, people)
        for _, key in certain_keys(candidate.profile, candidate.people):
            by_key.setdefault(key, []).append(candidate)
    for point, one in contact_points.reaching(work, emails, phones):
        column = "email" if point.medium is Medium.MAIL else "phone_e164"
        candidate = _candidate(found.setdefault(one.id, one), people, {column: point.normal})
        for _, key in certain_keys(candidate.profile):
            by_key.setdefault(key, []).append(candidate)
    return Known(found, by_key)


def _values(value: str | None) -> list[str]:
    return [value] if value else []


def _strong(work: Work, given: Profile) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if given.email:
        conditions.append(Customer.email == given.email)
    if given.phone_e164:
        conditions.append(Customer.phone_e164 == given.phone_e164)
    if given.external_ids:
        conditions.append(Customer.id.in_(_external(work, given.external_ids)))
    return conditions


def _named(given: Profile) -> ColumnElement[bool] | None:
    if not given.name_key:
        return None
    return Customer.name_key.in_([given.name_key, *sorted(slips(given.name_key))])


def _customers(work: Work, condition: ColumnElement[bool]) -> dict[str, Customer]:
    query = select(Customer).where(standing(work), condition)
    found = work.session.scalars(query.order_by(Customer.id).limit(MAX_CANDIDATES))
    return {one.id: one for one in found}


def _external(work: Work, keys: Mapping[str, str]) -> list[str]:
    query = select(ExternalId.customer_id).where(
        ExternalId.entity_id == work.caller.entity_id,
        tuple_(ExternalId.system, ExternalId.key).in_(list(keys.items())),
    )
    return list(work.session.scalars(query))


def _people(
    work: Work, emails: Collection[str], phones: Collection[str]
) -> dict[str, tuple[Profile, ...]]:
    """Return the contacts with one of these addresses or numbers, by their customer."""
    columns = (Contact.customer_id, Contact.name_key, Contact.email, Contact.phone_e164)
    here = Contact.entity_id == work.caller.entity_id
    found: dict[str, tuple[Profile, ...]] = {}
    for values, column in ((emails, Contact.email), (phones, Contact.phone_e164)):
        if values:
            query = select(*columns).where(here, column.in_(values)).order_by(Contact.id)
            for row in work.session.execute(query):
                person = Profile(row.name_key, row.email, row.phone_e164)
                found[row.customer_id] = (*found.get(row.customer_id, ()), person)
    return found


def _candidate(
    one: Customer,
    people: Mapping[str, tuple[Profile, ...]],
    further: Mapping[str, str] | None = None,
) -> Candidate:
    """Return a customer to compare with; ``further`` are addresses and numbers it has besides."""
    known = replace(profile_of(one), **(further or {}))  # type: ignore[arg-type]  # two texts
    return Candidate(one.id, one.version, one.owner_id, known, people.get(one.id, ()))


def match_policies(work: Work) -> dict[str, object]:
    """Return what each entry point does with a customer that is known already."""
    return {"items": [rule_of(one, stored(work, one)) for one in EntryPoint]}


def rule_of(entry_point: EntryPoint, decided: MatchPolicy | None) -> Rule:
    """Return the rule of an entry point: the one that was decided, or the one it came with."""
    if decided is None:
        return Rule(entry_point, DEFAULTS[entry_point])
    overrides = tuple(map(Policy, decided.overrides))
    return Rule(entry_point, decided.policy, overrides, decided.version)


def stored(work: Work, entry_point: EntryPoint) -> MatchPolicy | None:
    """Return the policy of an entry point if somebody has decided it."""
    query = select(MatchPolicy).where(
        MatchPolicy.entity_id == work.caller.entity_id, MatchPolicy.entry_point == entry_point
    )
    return work.session.scalar(query)


def decide(work: Work, entry_point: EntryPoint, asked: Policy | None) -> Policy:
    """Return what an entry point does with a customer that is known already.

    :raises OverrideNotAllowed: if it is asked for what its policy does not leave open.
    """
    return rule_of(entry_point, stored(work, entry_point)).decide(asked)
