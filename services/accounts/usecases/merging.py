"""Make several customers one: their records first, then they themselves, in one instant."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from chassis import aliases, erased
from chassis.errors import StaleVersion
from chassis.images import image
from chassis.moving import CHUNK, Move, give_back, move
from chassis.ownership import hand_over
from chassis.work import Work
from contracts.accounts import CustomerMerged
from services.accounts.domain import merging as rules
from services.accounts.domain.merging import MergeStatus, Named
from services.accounts.reads import belongings, telling
from services.accounts.reads import merging as reads
from services.accounts.tables import Customer, Merge, MergedCustomer, MergeMember
from services.accounts.usecases import following, joining, uniting


def check(
    work: Work, winner: Named, losers: Sequence[Named], choices: Mapping[str, str]
) -> list[Customer]:
    """Demand that the caller may make these customers one, as they are now.

    :raises StaleVersion: if one of them changed since.
    :raises MergeUnderWay: if one of them is in a merge that is not at its end.
    """
    named = [winner, *losers]
    found = reads.seen(work, [one.id for one in named])
    _demand_versions(found, {one.id: one.version for one in named})
    rules.check(reads.party(found[0]), [reads.party(one) for one in found[1:]], choices)
    reads.follows_from_facts(work, found, choices)
    _demand_settled(work, winner.id, [one.id for one in losers])
    return found


def open_merge(work: Work, merge: Merge, versions: Mapping[str, int]) -> None:
    """Write down that a merge begins, unless something came between.

    :raises StaleVersion: if a customer changed meanwhile.
    :raises MergeUnderWay: if another merge took one of them meanwhile.
    """
    found = reads.held(work, list(versions))
    gone = [id_ for id_ in versions if id_ not in found]
    if gone:
        raise rules.MergedAlready(
            "A customer was merged into another already.", detail={"customer_ids": gone}
        )
    _demand_versions(list(found.values()), versions)
    losers = [id_ for id_ in versions if id_ != merge.winner_id]
    _demand_settled(work, merge.winner_id, losers)
    hand_over(work.add(merge), found[merge.winner_id])
    work.session.add_all(
        MergeMember(merge_id=merge.id, customer_id=id_, is_winner=id_ == merge.winner_id)
        for id_ in versions
    )


def move_rows(work: Work, merge_id: str) -> bool:
    """Re-point the next records to the winner; say whether more wait."""
    merge = _merge(work, merge_id)
    winner = work.get(Customer, merge.winner_id)
    left = CHUNK
    for loser_id in reads.losers(work, merge_id):
        for kind in belongings.moving():
            if left > 0:
                done = move(work, kind, Move(merge_id, loser_id, winner.id, winner), limit=left)
                left -= done.moved + done.stayed
    return left <= 0


def close_merge(work: Work, merge_id: str) -> bool:
    """Let the losers become old ids of the winner; say whether records came that go first.

    From here on nobody writes for a loser until it is done, and then it is written for the winner.
    """
    merge = _merge(work, merge_id)
    loser_ids = reads.losers(work, merge_id)
    aliases.wait_for_users(work.session, loser_ids)
    found = reads.held(work, [merge.winner_id, *loser_ids])
    if move_rows(work, merge_id):
        return True
    winner, losers = found[merge.winner_id], [found[id_] for id_ in loser_ids]
    before = [image(one) for one in (winner, *losers)]
    uniting.unite_consents(work, merge, winner, losers)
    written = joining.unite(work, merge_id, winner, losers)
    merge.before = before[0] | {joining.UNITED: written}
    uniting.unite_fields(work, winner, losers, merge.choices)
    for loser in losers:
        joining.retire(work, winner, loser)
    joining.settle(work, [winner])
    merge.after = uniting.changed(winner, before[0])
    # Told first: whoever looks for a key of a loser finds it at one of them at any instant.
    work.tell(telling.customer_updated, winner)
    work.tell(telling.customer_recorded, winner)
    for loser, kept in zip(losers, before[1:], strict=True):
        _retire(work, merge, loser, kept, winner.external_ids)
    work.flush()
    merge.contacts = uniting.keep_addresses(work, winner, before)
    merge.status = MergeStatus.FOLLOWING
    hand_over(merge, winner)
    _tell(work, merge, loser_ids)
    return False


def refuse_merge(work: Work, merge_id: str) -> None:
    """Give everything back and leave nothing of a merge that could not be brought to its end."""
    merge = _merge(work, merge_id)
    for loser_id in reads.losers(work, merge_id):
        what = Move(merge_id, loser_id, merge.winner_id, work.get(Customer, loser_id))
        for kind in belongings.moving():
            more = True
            while more:
                _, more = give_back(work, kind, what)
    for member in reads.members(work, merge_id):
        work.session.delete(member)
    work.remove(merge)


def enter_entity(work: Work, merge_id: str) -> None:
    """Act in the entity that the merge was begun in; a service belongs to none."""
    entity_id = _merge(work, merge_id).entity_id
    work.origin = replace(work.origin, caller=replace(work.caller, entity_id=entity_id))


def _merge(work: Work, merge_id: str) -> Merge:
    merge = reads.merge(work, merge_id)
    assert merge is not None, "a merge is never deleted"
    return merge


def _retire(
    work: Work, merge: Merge, loser: Customer, kept: dict[str, Any], keys: Mapping[str, str]
) -> None:
    old = MergedCustomer(
        id=loser.id,
        entity_id=loser.entity_id,
        merge_id=merge.id,
        winner_id=merge.winner_id,
        now_id=merge.winner_id,
        number=loser.number,
        kind=loser.kind,
        customer_version=loser.version,
        event_seq=loser.event_seq,
        image=kept,
        external_ids={s: key for s, key in loser.external_ids.items() if keys.get(s) != key},
    )
    work.remove(loser)
    work.flush()
    work.add(old)
    for one in (*reads.known_as(work, loser.id), old):  # what was merged into it goes along
        one.now_id = merge.winner_id
        aliases.point(work.session.connection(), one.id, merge.winner_id)
        work.tell(telling.old_id_recorded, one)


def _tell(work: Work, merge: Merge, loser_ids: Sequence[str]) -> None:
    def customer_merged(done: Merge) -> CustomerMerged:
        return CustomerMerged(
            merge_id=done.id,
            task_id=done.task_id,
            winner_id=done.winner_id,
            losers=tuple(loser_ids),
        )

    work.tell(customer_merged, merge)
    following.begin(work, merge, belongings.moved(work, merge.id))


def _demand_versions(found: Sequence[Customer], versions: Mapping[str, int]) -> None:
    stale = {one.id: one.version for one in found if one.version != versions[one.id]}
    if stale:
        raise StaleVersion(
            "A customer was changed by somebody else; read it again.",
            detail={"versions": stale},
        )


def _demand_settled(work: Work, winner_id: str, loser_ids: Sequence[str]) -> None:
    erased.demand_none(work.session, [winner_id, *loser_ids], work.service)
    under_way = reads.unsettled(work, winner_id, loser_ids)
    if under_way:
        raise rules.MergeUnderWay(
            "Another merge of one of these customers is not at its end yet.",
            detail={"merges": under_way},
        )
