"""Bring together what several customers were known by: fields, keys, consents, addresses."""

from collections.abc import Mapping, Sequence
from typing import Any

from chassis.clock import isoformat
from chassis.images import image, names_of
from chassis.moving import Move, put_aside
from chassis.work import Work
from services.accounts.domain import merging as rules
from services.accounts.domain.consents import Purpose, Statement
from services.accounts.domain.customers import Lifecycle, Person
from services.accounts.domain.ownership import Owner, OwnershipReason
from services.accounts.domain.stages import how_far
from services.accounts.reads import belongings, directory, telling
from services.accounts.reads import consents as allowed
from services.accounts.reads import merging as reads
from services.accounts.tables import Consent, Customer, Merge
from services.accounts.usecases import consents, contacts, ownership, traits

# A field is stored with the forms that it is found by.
_COLUMNS = {
    "name": ("name", "name_key"),
    "phone": ("phone", "phone_e164", "phone_reversed"),
    rules.ADDRESS: rules.BLOCK,
}
# What somebody says at once is never two halves.
_LIKED = ("preferred_channel", "preferred_from", "preferred_until", "preferred_zone")
_CREDIT = tuple(name for name in names_of(Customer) if name.startswith("credit_"))
_STAGE = ("stage", "stage_at", "stage_reason")
# What follows from whose it is, from its flags, or is united by a rule of its own.
_APART = frozenset({"pool_id", "locked_at", "flags", "tags", "further_ids"})


def unite_fields(
    work: Work, winner: Customer, losers: Sequence[Customer], choices: Mapping[str, str]
) -> None:
    """Give the winner what survives."""
    known = {one.id: one for one in (winner, *losers)}
    parties = {id_: reads.party(one) for id_, one in known.items()}
    others = [parties[one.id] for one in losers]
    stands = rules.survivors(parties[winner.id], others, choices)
    values: dict[str, Any] = {
        column: getattr(known[one.from_id], column)
        for one in stands
        for column in _COLUMNS.get(one.field, (one.field,))
    }
    values["external_ids"] = rules.merged_keys(parties[winner.id], others)
    values["further_ids"] = _further_keys(winner, losers, values["external_ids"])
    values["derived"] = rules.derived_of(stands, parties)
    values["tags"] = _words(winner, losers)
    _unite_blocks(winner, losers, values)
    _unite_rest(winner, losers, values)
    moved = values.get("state") != winner.state
    for column, value in values.items():
        if getattr(winner, column) != value:
            setattr(winner, column, value)
    if moved:
        winner.territory_id = directory.places(work).of(winner.state).territory_id
        ownership.follow(work, winner)
    _unite_owner(work, winner, losers)


def changed(winner: Customer, before: Mapping[str, object]) -> dict[str, object]:
    """Return the columns of the winner that a merge changed, as they are now."""
    return {
        name: value
        for name, value in image(winner).items()
        if value != before[name] and name not in reads.OF_THE_RECORD
    }


def _further_keys(
    winner: Customer, losers: Sequence[Customer], first: Mapping[str, str]
) -> dict[str, list[str]] | None:
    """Return all keys beside the first of each system."""
    found: dict[str, list[str]] = {}
    for one in (winner, *losers):
        told = [(system, [key]) for system, key in one.external_ids.items()]
        for system, keys in [*(one.further_ids or {}).items(), *told]:
            known = found.setdefault(system, [])
            known += [key for key in keys if key != first.get(system) and key not in known]
    return {system: keys for system, keys in found.items() if keys} or None


def _words(winner: Customer, losers: Sequence[Customer]) -> list[str] | None:
    """Return the words on all of them, also if they are more than anybody could put on one."""
    return sorted({tag for one in (winner, *losers) for tag in one.tags or ()}) or winner.tags


def _unite_blocks(winner: Customer, losers: Sequence[Customer], values: dict[str, Any]) -> None:
    """Take preferences of who has some, the credit that was decided last, the furthest stage."""
    parties = [winner, *sorted(losers, key=lambda one: (one.updated_at, one.id), reverse=True)]
    liking = [one for one in parties if any(getattr(one, name) is not None for name in _LIKED)]
    rated = [one for one in parties if one.credit_at is not None]
    for names, best in (
        (_LIKED, next(iter(liking), winner)),
        (_CREDIT, max(rated, key=lambda one: one.credit_at or one.created_at, default=winner)),
        (_STAGE, max(parties, key=_how_far)),
    ):
        values |= {name: getattr(best, name) for name in names}


def _how_far(one: Customer) -> int:
    return how_far(one.stage, has_bought=one.lifecycle is not Lifecycle.POTENTIAL)


def _unite_rest(winner: Customer, losers: Sequence[Customer], values: dict[str, Any]) -> None:
    """Fill what is empty of the columns that no rule names, so that new ones are not lost."""
    named = {*values, *_APART, "number", "owner_id", "team_id", "territory_id", "kind"}
    named |= reads.OF_THE_RECORD
    newest = sorted(losers, key=lambda one: (one.updated_at, one.id))
    for column in names_of(Customer):
        if column in named or column.startswith("tier"):  # the tier is worked out anew
            continue
        mine = getattr(winner, column)
        for one in newest:
            theirs = getattr(one, column)
            if isinstance(mine, dict) and isinstance(theirs, dict):
                values[column] = {**values.get(column, {}), **theirs, **mine}
            elif mine is None and theirs is not None:
                values[column] = theirs


def _unite_owner(work: Work, winner: Customer, losers: Sequence[Customer]) -> None:
    if winner.owner_id is not None:
        return
    owned = [one for one in losers if one.owner_id is not None]
    if owned:
        newest = max(owned, key=lambda one: (one.updated_at, one.id))
        owner = Owner(str(newest.owner_id), newest.team_id)
        ownership.give(work, winner, owner, ownership.Why(OwnershipReason.MERGED))
        winner.locked_at = newest.locked_at
    elif winner.pool_id is None:
        pooled = [one for one in losers if one.pool_id is not None]
        if pooled:
            winner.pool_id = max(pooled, key=lambda one: (one.updated_at, one.id)).pool_id


def unite_consents(work: Work, merge: Merge, winner: Customer, losers: Sequence[Customer]) -> None:
    """Let what was said last stand, per purpose and channel; the losers' are kept aside."""
    written: dict[str, Any] = {}
    for loser in losers:
        what = Move(merge.id, loser.id, winner.id, None)
        for theirs in allowed.of_customer(work, loser.id):
            _unite_consent(work, winner, theirs, written)
            put_aside(work, belongings.CONSENTS, what, theirs)
            work.cancel(consents.EXPIRY, theirs.id)
        work.flush()
    merge.consents = written
    if not allowed.allows(work, winner.id, Purpose.SENSITIVE_TRAITS):
        traits.forget_sensitive(work, winner.id)  # whose record the no was on makes no difference


def _unite_consent(work: Work, winner: Customer, theirs: Consent, written: dict[str, Any]) -> None:
    id_ = allowed.id_of(_statement(winner.id, theirs))
    ours = allowed.standing(work, [id_]).get(id_)
    if ours is not None and not reads.says_more(theirs, ours):
        return
    written.setdefault(id_, {"before": image(ours) if ours else None})
    if ours is None:
        ours = work.add(Consent(id=id_, entity_id=winner.entity_id, customer_id=winner.id))
    for column in names_of(Consent):
        if column not in reads.OF_THE_RECORD:
            setattr(ours, column, getattr(theirs, column))
    written[id_]["at"] = isoformat(theirs.at)
    consents.watch(work, ours)
    work.tell(telling.consent_recorded, ours)
    work.flush()


def _statement(customer_id: str, consent: Consent) -> Statement:
    return Statement(
        customer_id=customer_id, purpose=consent.purpose, channel=consent.channel,
        granted=consent.granted, basis=consent.basis, at=consent.at,
    )  # fmt: skip


def keep_addresses(work: Work, winner: Customer, before: Sequence[Mapping[str, Any]]) -> list[str]:
    """Enter what gave way of mail and phone as contacts, so that it still leads here.

    ``before`` are the records as they were. Return the contacts that are new.
    """
    made = []
    for one in before:
        email = one["email"] if one["email"] != winner.email else None
        phone = one["phone_e164"] or one["phone"]
        if phone in {winner.phone_e164, winner.phone}:
            phone = None
        if email is None and phone is None:
            continue
        person = Person(name=one["name"], email=email, phone=phone, language=one["language"])
        entered = contacts.register_contact(work, customer_id=winner.id, person=person, custom=None)
        if entered["created"]:
            made.append(str(entered["contact_id"]))
    return made
