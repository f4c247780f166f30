"""Enter customers and change them; the same person is one customer, whatever the door."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeAlias

from chassis.caller import Scope
from chassis.custom import values
from chassis.errors import Conflict, Unavailable
from chassis.merging import Based, since
from chassis.work import Work
from services.accounts.domain import customers as rules
from services.accounts.domain import keys as keyed
from services.accounts.domain.customers import Details, Terms
from services.accounts.domain.keys import Joined
from services.accounts.domain.matching import EntryPoint, Match, Policy, Profile, certain_keys
from services.accounts.domain.ownership import TERRITORY_RULE, OwnershipReason, Place
from services.accounts.reads import customers as reads
from services.accounts.reads import directory, keys, matching, merging, telling, windows
from services.accounts.tables import Customer, ExternalId
from services.accounts.usecases import drop_timers, ownership, search
from services.accounts.usecases.numbering import take_numbers

ASSIGN = "customer.assign"
NONE: Mapping[str, object] = {}  # nothing told of custom fields
IDENTITY = frozenset({"email", "phone_e164", "name_key"})
Columns: TypeAlias = Mapping[str, object]


class DuplicateCustomer(Conflict):
    """Refuse a customer that is known already."""

    code = "accounts.customer.duplicate"


class ExternalIdTaken(Conflict):
    """Refuse a key of another system that contradicts the one that is known."""

    code = "accounts.external_id.taken"


def register_customer(
    work: Work, *, details: Details, terms: Terms, custom: Mapping[str, object] = NONE
) -> dict[str, object]:
    """Enter a customer, or find that it is known and do what the terms say.

    Custom values are those of a new customer; a known one keeps its own.

    :raises DuplicateCustomer: if it is certainly known and the terms are to block.
    :raises ExternalIdTaken: if the known one has another key in the same system, unless that is due
        to a merge: the key of who was merged into it, or a second where two became one, is linked.
    :raises OverrideNotAllowed: if the policy of the entry point does not leave the terms open.
    """
    on_match = matching.decide(work, EntryPoint(terms.source), terms.on_match)
    stored = rules.columns(details)
    given = rules.profile(stored)
    reads.hold(work, keys_to_hold(given))
    form = values.form_for(work, Customer)
    told = values.read(form, custom)
    matches = matching.matches(work, given)
    certain = [match for match in matches if match.certain]
    # Whoever has the key of another system is that customer: entering it once more is no choice.
    same_key = any("external_id" in match.reasons for match in certain)
    if certain and (on_match is Policy.BLOCK or (same_key and on_match is Policy.WARN)):
        raise _duplicate(certain)
    if certain and on_match is Policy.LINK:
        return _linked(work, certain[0], given)
    stored["custom"] = values.completed(form, told)
    customer = _enter(work, stored, terms)
    values.keep(work, form, customer.id, customer.custom, customer.custom)
    # What another entity shares stands in nobody's way: this entity has a record of its own.
    shared = windows.shared_matches(work, given)
    return _answer(customer, created=True, matches=matches) | {"shared": shared}


def update_customer(
    work: Work,
    *,
    customer_id: str,
    based: Based,
    changes: Mapping[str, object],
    on_match: Policy | None,
) -> Customer:
    """Change what is told of a customer; unchanged values tell nothing.

    :raises StaleVersion: if it changed since, unless it is to be merged and others changed other fields;
        ``detail["changed"]`` names the fields that changed.
    :raises DuplicateCustomer: if it would become somebody who is known already.
    :raises OverrideNotAllowed: if the policy of changes does not leave ``on_match`` open.
    """
    policy = matching.decide(work, EntryPoint.UPDATE, on_match)
    customer = work.get(Customer, customer_id)
    mine, custom = values.apart(since(work.session, customer, based), changes)
    stored = rules.columns(rules.changed(reads.details_of(customer), mine))
    different = differing(customer, stored)
    demand_same(work, customer, (stored, different), policy)
    different |= values.changed(work, customer, custom)
    if different:
        apply(work, customer, different, directory.places(work))
    return customer


def demand_same(
    work: Work, customer: Customer, new: tuple[Columns, Columns], policy: Policy
) -> None:
    """Demand that a customer does not become somebody else; ``new``: all columns, and what differs.

    :raises DuplicateCustomer: if it would, and the policy is to block.
    """
    stored, different = new
    if policy is Policy.BLOCK and different.keys() & IDENTITY:
        demand_nobody_else(work, rules.profile(stored), customer.id)


def demand_nobody_else(work: Work, given: Profile, customer_id: str) -> None:
    """Demand that a description is of no other customer than this one.

    :raises DuplicateCustomer: if it is certainly another one.
    """
    reads.hold(work, keys_to_hold(given))
    others = matching.matches(work, given, besides=customer_id)
    certain = [match for match in others if match.certain]
    if certain:
        raise _duplicate(certain)


def awaited(work: Work, customer_id: str) -> Customer:
    """Load a customer that an event speaks of, and keep it from being changed meanwhile.

    :raises Unavailable: if it is not known yet.
    """
    customer = reads.locked(work, [customer_id]).get(customer_id)
    if customer is None:
        raise Unavailable("This customer is not known yet.", code="accounts.customer.not_known_yet")
    return customer


def differing(customer: Customer, stored: Mapping[str, object]) -> dict[str, object]:
    """Return the columns that would change."""
    return {name: value for name, value in stored.items() if getattr(customer, name) != value}


def apply(
    work: Work, customer: Customer, different: Mapping[str, object], places: directory.Places
) -> None:
    """Change a customer's columns and tell it; another state may be another territory's."""
    known = customer.external_ids
    for name, value in different.items():
        setattr(customer, name, value)
    new = {system: key for system, key in customer.external_ids.items() if system not in known}
    work.session.add_all(keys_of(customer.id, customer.entity_id, new))
    if "state" in different:
        customer.territory_id = places.of(customer.state).territory_id
        ownership.follow(work, customer)
    if different.keys() & search.FOUND_BY:
        search.index_changed(work, customer)
    work.tell(telling.customer_updated, customer)
    work.tell(telling.customer_recorded, customer)


def _joined(work: Work, customer: Customer, given: Profile) -> Joined:
    """Return what a customer's keys in other systems become with these.

    :raises ExternalIdTaken: if it has another key in the same system, and no merge explains that.
    """
    known = customer.external_ids
    is_plain = all(known.get(system, key) == key for system, key in given.external_ids.items())
    former = {} if is_plain else keys.former(work, customer.id)
    found = keyed.joined(reads.profile_of(customer), given, former)
    if found.taken:
        raise ExternalIdTaken(
            "The customer has another key in this system.",
            detail={"customer_id": customer.id, "systems": found.taken},
        )
    return found


def keys_of(customer_id: str, entity_id: str, keys: Mapping[str, str]) -> list[ExternalId]:
    """Return the ways from other systems' keys to a customer."""
    return [
        ExternalId(entity_id=entity_id, system=system, key=key, customer_id=customer_id)
        for system, key in keys.items()
    ]


def keys_to_hold(profile: Profile) -> list[str]:
    """Return what nobody else may decide about meanwhile."""
    external = [f"id:{system}:{key}" for system, key in profile.external_ids.items()]
    return [key for _, key in certain_keys(profile)] + external


def _enter(work: Work, stored: dict[str, object], terms: Terms) -> Customer:
    place, reason = _place(work, stored, terms)
    customer = work.add(
        Customer(
            **stored,
            number=take_numbers(work, 1)[0],
            **rules.newcomer(),
            owner_id=place.owner.staff_id if place.owner else None,
            team_id=place.owner.team_id if place.owner else None,
            territory_id=place.territory_id,
        )
    )
    work.tell(lambda done: telling.customer_created(done, terms.source), customer)
    work.tell(telling.customer_recorded, customer)
    work.flush()  # the rows below refer to it
    work.session.add_all(keys_of(customer.id, customer.entity_id, customer.external_ids))
    search.index_new(work, customer)
    if place.owner is not None:
        rule = TERRITORY_RULE if reason is OwnershipReason.TERRITORY else None
        ownership.note(work, customer, None, ownership.Why(reason, rule))
        drop_timers.arm(work, customer)
    return customer


def _place(work: Work, stored: Mapping[str, object], terms: Terms) -> tuple[Place, OwnershipReason]:
    """Decide whose a new customer is: the named one's, the enterer's, or its territory's."""
    state = stored["state"]
    place = directory.places(work).of(state if isinstance(state, str) else None)
    me = work.caller.staff_id
    if terms.owner_id is not None and terms.owner_id != me:
        work.require(ASSIGN)
    # Who sees only some records would otherwise lose sight of what he has just entered.
    named = terms.owner_id or (me if work.scope is not Scope.ALL else None)
    if named is None:
        return place, OwnershipReason.TERRITORY
    return Place(place.territory_id, directory.owner(work, named)), OwnershipReason.REGISTERED


def _linked(work: Work, match: Match, given: Profile) -> dict[str, object]:
    customer = reads.by_id(work, match.customer_id)
    found = _joined(work, customer, given)
    if found.new:
        customer.external_ids, customer.further_ids = found.first, found.further or None
        work.session.add_all(keys_of(customer.id, customer.entity_id, found.new))
        apply(work, customer, NONE, directory.Places({}, {}))
        _key_former(work, customer.id, found.of_former)
        work.flush()
    if found.by_former:
        match = replace(match, reasons=(*match.reasons, keyed.FORMER))
    return _answer(customer, created=False, matches=[match])


def _key_former(work: Work, customer_id: str, keys: Mapping[str, Mapping[str, str]]) -> None:
    """Let old ids be found by keys that are theirs: copies know one key in a system by each id."""
    for old in merging.known_as(work, customer_id) if keys else ():
        more = {**keys.get(old.id, {}), **old.external_ids}
        if more != old.external_ids:
            old.external_ids = more
            work.tell(telling.old_id_recorded, old)


def _answer(customer: Customer, *, created: bool, matches: list[Match]) -> dict[str, object]:
    return {
        "customer_id": customer.id,
        "number": customer.number,
        "version": customer.version,
        "created": created,
        "matched_on": list(matches[0].reasons) if matches and not created else [],
        "matches": matches,
        "shared": [],
    }


def _duplicate(certain: list[Match]) -> DuplicateCustomer:
    return DuplicateCustomer(
        "This customer is known already.",
        detail={
            "matches": [
                {"customer_id": one.customer_id, "score": one.score, "reasons": list(one.reasons)}
                for one in certain
            ]
        },
    )
