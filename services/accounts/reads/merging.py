"""Questions about merges: what one would do, how far one is, which customers are in one."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chassis.work import Work
from contracts import SERVICES
from services.accounts.domain import merging as rules
from services.accounts.domain.customers import Details
from services.accounts.domain.merging import Party
from services.accounts.reads import belongings, classes, kept_aside
from services.accounts.reads import consents as allowed
from services.accounts.reads.customers import details_of
from services.accounts.tables import (
    Acknowledgement,
    Consent,
    Contact,
    ContactPoint,
    Customer,
    Flag,
    Interaction,
    MeetingSeries,
    Merge,
    MergedCustomer,
    MergeMember,
)

LIFECYCLE = "lifecycle"
WRITE, MERGE = "customer.write", "customer.merge"
FOLLOWERS = tuple(name for name in SERVICES if name != "accounts")
# What a record is called and how often it changed is its own, whatever it says.
OF_THE_RECORD = frozenset(
    {"id", "entity_id", "version", "event_seq", "created_at", "updated_at", "customer_id"}
)
OVERDUE_AFTER = timedelta(minutes=10)  # a service that has not answered by then is looked for


def preview_merge(
    work: Work, *, winner_id: str, loser_ids: Sequence[str], choices: Mapping[str, str]
) -> dict[str, object]:
    """Say what would survive of each field and why, what would be united, move, and give way.

    :raises NotFound: if one of them is none that the caller may see and change.
    :raises NotOneCustomer: if they cannot be one.
    :raises UnknownChoice: if a choice chooses nothing.
    """
    winner, *losers = seen(work, [winner_id, *loser_ids])
    first, others = party(winner), [party(one) for one in losers]
    rules.check(first, others, choices)
    stands = rules.survivors(first, others, choices)
    if follows_from_facts(work, [winner, *losers], choices):
        stands = tuple(one for one in stands if one.field != LIFECYCLE)
    keys = rules.merged_keys(first, others)
    return {
        "winner_id": winner.id,
        "versions": {one.id: one.version for one in (winner, *losers)},
        "fields": [
            {"field": one.field, "from_id": one.from_id, "why": one.why, "values": one.values}
            for one in stands
        ],
        "external_ids": keys,
        "other_keys": {
            one.id: {s: key for s, key in one.details.external_ids.items() if keys[s] != key}
            for one in others
        },
        "consents": standing_consents(work, [one.id for one in (first, *others)]),
        "related": {one.id: belongings.counts(work, one.id) for one in losers},
        **kept_aside.foreseen(work, winner.id, [one.id for one in losers]),
    }


def seen(work: Work, ids: Sequence[str]) -> list[Customer]:
    """Load customers that the caller may merge, and change each.

    :raises NotFound: if one is none that the caller may see with both rights.
    :raises MergedAlready: if one is an old id of another.
    :raises NotOneCustomer: if they are not several, or of different entities.
    """
    if len(set(ids)) != len(ids):
        raise rules.NotOneCustomer("A customer is named twice.")
    for right in (WRITE, MERGE):
        work.require(right)
        found = [work.get(Customer, id_) for id_ in ids]
    old = [id_ for id_, one in zip(ids, found, strict=True) if one.id != id_]
    if old:
        raise rules.MergedAlready(
            "A customer was merged into another already.", detail={"customer_ids": old}
        )
    if len({one.entity_id for one in found}) > 1:
        raise rules.NotOneCustomer("Customers of two entities are not one.")
    return found


def follows_from_facts(
    work: Work, customers: Sequence[Customer], choices: Mapping[str, str]
) -> bool:
    """Say whether the class of these customers is decided anew from what happened with them.

    :raises UnknownChoice: if it is, and was to be chosen.
    """
    decided = any(classes.is_decided(work, one.id) for one in customers)
    if decided and LIFECYCLE in choices:
        raise rules.UnknownChoice(
            "The class of these customers follows from what happened.", detail={"field": LIFECYCLE}
        )
    return decided


def party(customer: Customer) -> Party:
    """Return a customer as the rules of merging take it."""
    details: Details = details_of(customer)
    return Party(customer.id, details, customer.lifecycle, customer.updated_at)


def standing_consents(work: Work, ids: Sequence[str]) -> list[dict[str, object]]:
    """Return what these customers, taken for one, allow: of each thing what was said last."""
    stands: dict[tuple[str, str], Consent] = {}
    for id_ in ids:
        for one in allowed.of_customer(work, id_):
            thing = (one.purpose, one.channel)
            known = stands.get(thing)
            if known is None or says_more(one, known):
                stands[thing] = one
    return [
        {"purpose": one.purpose, "channel": one.channel, "granted": one.granted,
         "at": one.at, "from_id": one.customer_id}
        for one in stands.values()
    ]  # fmt: skip


def says_more(one: Consent, known: Consent) -> bool:
    """Say whether a consent stands against another: the later one; of one instant, the no."""
    return (one.at, not one.granted) > (known.at, not known.granted)


def held(work: Work, ids: Collection[str]) -> dict[str, Customer]:
    """Load customers; until this work is done nobody changes them or refers to them anew."""
    query = select(Customer).where(Customer.id.in_(ids)).order_by(Customer.id).with_for_update()
    return {one.id: one for one in work.session.scalars(query)}


def unsettled(work: Work, winner_id: str, loser_ids: Collection[str]) -> list[str]:
    """Return the merges under way that stand against making these customers one."""
    query = (
        select(Merge.id, MergeMember.customer_id, MergeMember.is_winner)
        .join(MergeMember, MergeMember.merge_id == Merge.id)
        .where(
            Merge.status.in_(rules.UNSETTLED),
            MergeMember.customer_id.in_([winner_id, *loser_ids]),
        )
        .order_by(Merge.id)
    )
    return [
        row.id
        for row in work.session.execute(query)
        if not (row.customer_id == winner_id and row.is_winner)
    ]


def merge(work: Work, merge_id: str) -> Merge | None:
    """Load a merge; nobody else brings it further until this work is done."""
    return work.session.scalar(select(Merge).where(Merge.id == merge_id).with_for_update())


def merge_of_task(work: Work, task_id: str) -> Merge | None:
    """Load the merge that a task is about, under its lock."""
    return work.session.scalar(select(Merge).where(Merge.task_id == task_id).with_for_update())


def losers(work: Work, merge_id: str) -> list[str]:
    """Return the customers that a merge takes for its winner."""
    query = select(MergeMember.customer_id).where(
        MergeMember.merge_id == merge_id, ~MergeMember.is_winner
    )
    return list(work.session.scalars(query.order_by(MergeMember.customer_id)))


def flags_of(work: Work, customer_id: str) -> list[Flag]:
    """Return all flags of a customer, also those that were lifted."""
    query = select(Flag).where(Flag.customer_id == customer_id).order_by(Flag.id)
    return list(work.session.scalars(query))


def members(work: Work, merge_id: str) -> list[MergeMember]:
    """Return who takes part in a merge."""
    query = select(MergeMember).where(MergeMember.merge_id == merge_id)
    return list(work.session.scalars(query))


def merged(work: Work, merge_id: str) -> list[MergedCustomer]:
    """Return what the losers of a merge were."""
    query = select(MergedCustomer).where(MergedCustomer.merge_id == merge_id)
    return list(work.session.scalars(query.order_by(MergedCustomer.id)))


def known_as(work: Work, customer_id: str) -> list[MergedCustomer]:
    """Return the old ids of a customer."""
    query = select(MergedCustomer).where(MergedCustomer.now_id == customer_id)
    return list(work.session.scalars(query.order_by(MergedCustomer.id)))


def is_named(work: Work, contact_id: str) -> bool:
    """Say whether anything refers to a contact."""
    columns = (
        ContactPoint.contact_id, Contact.reports_to_id, Interaction.contact_id,
        MeetingSeries.contact_id,
    )  # fmt: skip
    found = (select(column).where(column == contact_id).limit(1) for column in columns)
    return any(work.session.scalar(query) is not None for query in found)


def answers(work: Work, task_id: str) -> list[Acknowledgement]:
    """Return which services have answered for a task."""
    query = select(Acknowledgement).where(Acknowledgement.task_id == task_id)
    return list(work.session.scalars(query.order_by(Acknowledgement.service)))


def missing(work: Work, task_id: str) -> list[str]:
    """Return the services that have not answered for a task yet."""
    done = {one.service for one in answers(work, task_id)}
    return [name for name in FOLLOWERS if name not in done]


def overdue(session: Session, now: datetime) -> dict[str, int]:
    """Count for each service the merges, and their undoing, that wait for it too long."""
    late = (Merge.status.in_(rules.WITH_THE_SERVICES), Merge.told_at < now - OVERDUE_AFTER)
    told = session.scalar(select(func.count()).select_from(Merge).where(*late)) or 0
    answered = (
        select(Acknowledgement.service, func.count().label("number"))
        .join(Merge, Merge.task_id == Acknowledgement.task_id)
        .where(*late)
        .group_by(Acknowledgement.service)
    )
    done = {row.service: row.number for row in session.execute(answered)}
    return {name: told - done.get(name, 0) for name in FOLLOWERS}


def merge_status(work: Work, *, merge_id: str) -> dict[str, object]:
    """Return how far a merge, or its undoing, is: which services have answered, which have not."""
    one = work.get(Merge, merge_id)
    lacking = missing(work, one.task_id) if one.told_at is not None else list(FOLLOWERS)
    return {
        "merge_id": one.id,
        "version": one.version,
        "winner_id": one.winner_id,
        "losers": losers(work, one.id),
        "status": one.status,
        "task_id": one.task_id,
        "told_at": one.told_at,
        "completed_at": one.completed_at,
        "acknowledgements": answers(work, one.task_id),
        "missing": lacking,
        "kept_aside": kept_aside.of_merge(work, one.id),
        "is_overdue": bool(lacking) and one.told_at is not None
        and work.now - one.told_at > OVERDUE_AFTER,
    }  # fmt: skip
