"""What belongs to customers in accounts, found by its foreign keys, and what a merge does with it."""

from typing import Any

from sqlalchemy import Column, func, select

from chassis.images import table_of
from chassis.moving import Kind, Move, count
from chassis.tables import MOVED, Base
from chassis.work import Work
from contracts.party import CustomerShared
from services.accounts.domain import consents
from services.accounts.domain.flags import EXPIRY
from services.accounts.reads import entities, flags, relationships, telling
from services.accounts.tables import (
    BoughtOrder,
    Claim,
    Consent,
    Contact,
    Customer,
    Dealings,
    Flag,
    Member,
    Relationship,
    SharedCustomer,
    SurveyAnswer,
)

MOVED_OVER, UNITED, REWRITTEN = "moved over", "united", "rewritten"
# Every column that refers to a customer, and what a merge does with it: the test demands that each
# new one is decided here. What nobody has decided moves over, and where a unique key stands in the
# way, is kept aside for whoever undoes the merge. What is united is so in one transaction with the
# customers themselves; what is rewritten follows from them and is made anew.
DECIDED = {
    "assets.customer_id": MOVED_OVER,  # two of one product are two
    "behaviour_facts.customer_id": MOVED_OVER,
    "bought_orders.customer_id": MOVED_OVER,  # the class is decided anew from all of them
    "claims.customer_id": MOVED_OVER,  # but for those of a version that the winner has still before it
    "consent_requests.customer_id": MOVED_OVER,  # a link that was sent still leads somewhere
    "consents.customer_id": UNITED,  # of two statements on one thing the later one stands
    "contact_points.customer_id": MOVED_OVER,
    "contacts.customer_id": MOVED_OVER,  # the same person twice stays twice: calls name them
    "customer_tags.customer_id": REWRITTEN,  # by the words that are on the customer
    "dealings.customer_id": UNITED,  # open opportunities add up, the last deal is the later one
    "departments.customer_id": MOVED_OVER,  # with the parts above them
    "external_ids.customer_id": MOVED_OVER,  # two keys in one system both lead to the winner
    "flags.customer_id": UNITED,  # of two that stand alike one stands on, as long as the longer
    "interactions.customer_id": MOVED_OVER,
    "meeting_series.customer_id": MOVED_OVER,
    "members.customer_id": MOVED_OVER,  # every card in a wallet still finds its member
    "ndas.customer_id": MOVED_OVER,  # what was promised to one holds for both
    "ownerships.customer_id": MOVED_OVER,
    # What would be somebody's relationship to himself, or known twice, gives way.
    "relationships.customer_id": MOVED_OVER,
    "relationships.other_id": MOVED_OVER,
    "sensitive_values.customer_id": MOVED_OVER,  # with the attribute
    "shared_customers.customer_id": MOVED_OVER,  # who was shared stays so
    "stage_changes.customer_id": MOVED_OVER,  # one history, by the instant
    "survey_answers.customer_id": UNITED,  # what was said last stands
    "traits.customer_id": MOVED_OVER,  # of two of a kind the one told last is used
}
# What refers to customers without a foreign key: facts may come for whoever is not known yet.
BESIDE = (BoughtOrder, SurveyAnswer)
CONSENTS, DEALINGS, ANSWERS, FLAGS = "consents", "dealings", "survey_answers", "flags"


def foreign_keys() -> list[tuple[type[Base], Column[object]]]:
    """Return every mapped column that refers to a customer."""
    customers = table_of(Customer)
    found = [
        (mapper.class_, column)
        for mapper in Base.registry.mappers
        for column in table_of(mapper.class_).columns
        if any(key.column.table is customers for key in column.foreign_keys)
    ]
    found += [(kind, table_of(kind).c["customer_id"]) for kind in BESIDE]
    return sorted(found, key=lambda one: name_of(one[1]))


def name_of(column: Column[object]) -> str:
    """Return table and column as they are decided by."""
    return f"{column.table}.{column.key}"


def moving() -> tuple[Kind, ...]:
    """Return the kinds of record that a merge re-points."""
    return tuple(
        _kind(table, column)
        for table, column in foreign_keys()
        if DECIDED.get(name_of(column), MOVED_OVER) == MOVED_OVER
    )


def returning() -> tuple[Kind, ...]:
    """Return the kinds of record that come back when a merge is undone, the last moved first."""
    return (
        Kind(CONSENTS, Consent, aside=True, after=_tell_consent),
        Kind(DEALINGS, Dealings, aside=True),
        ANSWER,
        FLAG,
        *reversed(moving()),
    )


def counts(work: Work, customer_id: str) -> dict[str, int]:
    """Count what belongs to a customer, by kind, of which there is something."""
    kinds = [_kind(table, column) for table, column in foreign_keys()]
    numbers = {one.name: count(work, one, customer_id) for one in kinds}
    return {name: number for name, number in numbers.items() if number}


def moved(work: Work, task_id: str) -> dict[str, int]:
    """Count what a merge has re-pointed or kept aside, by kind."""
    query = select(MOVED.c.kind, func.count().label("number")).where(MOVED.c.task_id == task_id)
    return {row.kind: row.number for row in work.session.execute(query.group_by(MOVED.c.kind))}


def _kind(table: type[Base], column: Column[object]) -> Kind:
    name = str(column.table)
    if column.key != "customer_id":
        name = f"{name}.{column.key}"
    return Kind(
        name[:40], table, column.key, aside=True,
        gives_way=_GIVES_WAY.get(name_of(column)), after=_AFTER.get(table),
        undone=_UNDONE.get(table), set_aside=_SET_ASIDE.get(table),
    )  # fmt: skip


def _tell_contact(work: Work, contact: Contact, _: str | None) -> None:
    work.tell(telling.contact_recorded, contact)


def _tell_consent(work: Work, consent: Consent, _: str | None) -> None:
    if consent.valid_until is not None:
        work.at(consent.valid_until, consents.EXPIRY, consent.id, {})
    work.tell(telling.consent_recorded, consent)


def _tell_member(work: Work, member: Member, _: str | None) -> None:
    work.tell(telling.membership_recorded, member)


def _tell_relationship(work: Work, one: Relationship, _: str | None) -> None:
    work.tell(telling.relationship_recorded, one)


def _tell_shared(work: Work, shared: SharedCustomer, _: str | None) -> None:
    _tell_sharing(work, shared.customer_id, shared=True)


def _tell_parted(work: Work, what: Move) -> None:
    """Tell which of the two is shared now that they are two again."""
    _tell_sharing(work, what.old, shared=entities.sharing(work, what.old) is not None)
    if entities.sharing(work, what.new) is None:
        _tell_sharing(work, what.new, shared=False)


def _tell_sharing(work: Work, customer_id: str, *, shared: bool) -> None:
    customer = work.session.get_one(Customer, customer_id)
    work.tell(
        lambda done: CustomerShared(customer_id=done.id, entity_id=done.entity_id, shared=shared),
        customer,
    )


def _claim_gives_way(work: Work, claim: Claim, customer_id: str) -> bool:
    """Say whether a claim is of a version that its new customer may get by a claim of its own."""
    return claim.customer_version > work.session.get_one(Customer, customer_id).version


def _near_end_gives_way(work: Work, one: Relationship, customer_id: str) -> bool:
    return relationships.gave_way(work, one, customer_id, one.other_id) is not None


def _far_end_gives_way(work: Work, one: Relationship, customer_id: str) -> bool:
    return relationships.gave_way(work, one, one.customer_id, customer_id) is not None


def _tell_aside(work: Work, one: Relationship, what: Move) -> str:
    """Tell that a relationship stands no longer, and why; return that."""
    moved = relationships.tie(one).moved(what.old, what.new)
    why = relationships.gave_way(work, one, moved.customer_id, moved.other_id)
    assert why is not None, "it gives way for a reason"
    work.tell(lambda gone: telling.relationship_recorded(gone, why, what.task_id), one)
    return why.value


def _key_anew(work: Work, flag: Flag, _: str | None) -> None:
    """Let a standing flag be the one of its kind where it is now."""
    if flag.standing_key is not None:
        flag.standing_key = flags.key_of(flag.customer_id, flag.kind, flag.channel)
        if flag.until is not None:
            work.at(flag.until, EXPIRY, flag.id, {})


ANSWER = Kind(ANSWERS, SurveyAnswer, aside=True)
FLAG = Kind(FLAGS, Flag, aside=True, after=_key_anew)
_GIVES_WAY: dict[str, Any] = {
    "claims.customer_id": _claim_gives_way,
    "relationships.customer_id": _near_end_gives_way,
    "relationships.other_id": _far_end_gives_way,
}
_AFTER: dict[type[Base], Any] = {
    Contact: _tell_contact,
    Member: _tell_member,
    Relationship: _tell_relationship,
    SharedCustomer: _tell_shared,
}
_SET_ASIDE: dict[type[Base], Any] = {Relationship: _tell_aside}
_UNDONE: dict[type[Base], Any] = {SharedCustomer: _tell_parted}
