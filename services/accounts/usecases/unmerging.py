"""Undo a merge: each loser is a customer of its own again, with exactly what was its own."""

from collections.abc import Mapping
from typing import Any

from chassis import aliases, erased
from chassis.clock import isoformat
from chassis.ids import natural_id
from chassis.images import image, restore, value_of
from chassis.moving import CHUNK, Move, give_back
from chassis.work import Work
from contracts.accounts import CustomerUnmerged
from services.accounts.domain import keys
from services.accounts.domain import merging as rules
from services.accounts.domain.consents import Basis
from services.accounts.domain.merging import MergeStatus
from services.accounts.domain.ownership import OwnershipReason
from services.accounts.reads import belongings, telling
from services.accounts.reads import consents as allowed
from services.accounts.reads import merging as reads
from services.accounts.tables import Contact, Customer, Merge, MergedCustomer
from services.accounts.usecases import consents, drop_timers, following, joining, ownership

# What follows from the owner or the flags, or is no single value.
_BY_RULE = frozenset(
    {"owner_id", "team_id", "pool_id", "locked_at", "flags", "external_ids", "further_ids", "custom",
     "tags", "territory_id"}
)  # fmt: skip


def check(work: Work, merge_id: str, version: int) -> Merge:
    """Demand that a merge may be undone, as it stands.

    :raises StaleVersion: if it has another version by now.
    :raises MergeUnderWay: if a service has not followed it yet, or it was undone.
    :raises LaterMergeStands: if its winner was merged into another since.
    :raises SnapshotErased: if what was before named a contact who was erased since.
    """
    merge = work.get(Merge, merge_id)
    if merge.status in {MergeStatus.UNDOING, MergeStatus.UNFOLLOWING, MergeStatus.UNDONE}:
        return merge  # whoever asks again joins what is under way
    merge = work.get(Merge, merge_id, version=version)
    if aliases.is_old(work.session, merge.winner_id):
        raise rules.LaterMergeStands("Undo first what its winner was merged into.")
    erased.demand_none(work.session, [merge.winner_id], work.service)
    reads.seen(work, [merge.winner_id])
    if merge.status is not MergeStatus.COMPLETE:
        raise rules.MergeUnderWay(
            "Not every service has followed this merge yet.",
            detail={"status": merge.status, "missing": reads.missing(work, merge.task_id)},
        )
    _demand_snapshots(merge, reads.merged(work, merge_id))
    return merge


def split(work: Work, merge_id: str, version: int) -> None:
    """Put the losers back as they were, and what the winner got from them out again.

    :raises MergeUnderWay: if somebody else began to undo it.
    """
    merge = _merge(work, merge_id)
    if merge.status is not MergeStatus.COMPLETE or merge.version != version:
        raise rules.MergeUnderWay("Somebody else has brought this merge further.")
    erased.demand_none(work.session, [merge.winner_id], work.service)
    old = reads.merged(work, merge_id)
    _demand_snapshots(merge, old)
    merge.status, merge.task_id = MergeStatus.UNDOING, natural_id("unmerge", merge_id)
    aliases.wait_for_users(work.session, [one.id for one in old])
    winner = reads.held(work, [merge.winner_id])[merge.winner_id]
    for one in old:
        _revive(work, one)
    joining.separate(work, winner, merge.before.get(joining.UNITED, {}))
    _restore_winner(work, merge, winner, old)
    _restore_consents(work, merge)
    _remove_contacts(work, merge)


def return_rows(work: Work, merge_id: str) -> bool:
    """Give the next records back to whom they were; say whether more wait."""
    merge = _merge(work, merge_id)
    left = CHUNK
    for loser_id in reversed(reads.losers(work, merge_id)):  # the last moved comes back first
        loser = work.get(Customer, loser_id)
        for kind in belongings.returning():
            more = True
            while more and left > 0:
                what = Move(merge_id, loser_id, merge.winner_id, loser)
                count, more = give_back(work, kind, what, limit=left)
                left -= count
    return left <= 0


def tell(work: Work, merge_id: str) -> None:
    """Tell the services, who give back what they have re-pointed."""
    merge = _merge(work, merge_id)
    loser_ids = reads.losers(work, merge_id)
    held = reads.held(work, [merge.winner_id, *loser_ids])
    joining.settle(work, list(held.values()))
    for id_ in loser_ids:
        drop_timers.arm(work, held[id_])
    merge.status = MergeStatus.UNFOLLOWING

    def customer_unmerged(done: Merge) -> CustomerUnmerged:
        return CustomerUnmerged(
            merge_id=done.id,
            task_id=done.task_id,
            winner_id=done.winner_id,
            losers=tuple(loser_ids),
        )

    work.tell(customer_unmerged, merge)
    following.begin(work, merge, {})


def _merge(work: Work, merge_id: str) -> Merge:
    merge = reads.merge(work, merge_id)
    assert merge is not None, "a merge is never deleted"
    return merge


def _demand_snapshots(merge: Merge, old: list[MergedCustomer]) -> None:
    if not merge.before or not all(one.image for one in old):
        raise rules.SnapshotErased("What was before is erased; this merge stands.")


def _revive(work: Work, old: MergedCustomer) -> None:
    """Let an old id be a customer again; what was merged into it before means it again."""
    kept = dict(old.image) | {
        "version": old.customer_version + old.version,
        "event_seq": old.event_seq,
    }
    for one in reads.known_as(work, old.now_id):
        if one.id != old.id and _leads_through(work, one, old.id):
            one.now_id = old.id
            aliases.point(work.session.connection(), one.id, old.id)
            work.tell(telling.old_id_recorded, one)
    aliases.point(work.session.connection(), old.id, None)
    work.remove(old)
    work.flush()
    customer = restore(work.session, Customer, kept)
    work.tell(telling.customer_recorded, customer)


def _leads_through(work: Work, one: MergedCustomer, id_: str) -> bool:
    """Say whether an old id was merged into this one, directly or through others."""
    direct = {other.id: other.winner_id for other in reads.known_as(work, one.now_id)}
    step: str | None = one.winner_id
    for _ in range(len(direct) + 1):
        if step == id_:
            return True
        step = direct.get(str(step))
    return False


def _restore_winner(work: Work, merge: Merge, winner: Customer, old: list[MergedCustomer]) -> None:
    """Take back what the merge gave the winner, where nobody has changed it since."""
    now = image(winner)
    for name, value in merge.after.items():
        if name not in _BY_RULE and now[name] == value:
            setattr(winner, name, value_of(Customer, name, merge.before.get(name)))
    first = _own_keys(winner.external_ids, merge.before["external_ids"], old)
    further = _own_further(winner.further_ids or {}, merge.before, old)
    winner.external_ids, left = keys.led(first, further)
    winner.further_ids = left or None
    winner.custom = _own_values(winner.custom, merge)
    theirs = _theirs(merge, old, "tags")
    kept = [tag for tag in winner.tags or () if tag not in theirs]
    winner.tags = kept if kept or merge.before.get("tags") is not None else None
    if "territory_id" in merge.after and now["territory_id"] == merge.after["territory_id"]:
        winner.territory_id = merge.before["territory_id"]
        ownership.follow(work, winner)
    got_owner = merge.after.get("owner_id")
    if got_owner is not None and winner.owner_id == got_owner:
        why = ownership.Why(OwnershipReason.UNMERGED, pool_id=merge.before.get("pool_id"))
        ownership.give(work, winner, None, why)
    elif winner.owner_id is None and winner.pool_id == merge.after.get("pool_id"):
        winner.pool_id = merge.before.get("pool_id")
    work.tell(telling.customer_updated, winner)
    work.tell(telling.customer_recorded, winner)


def _own_values(now: Mapping[str, Any], merge: Merge) -> dict[str, Any]:
    """Return the custom values of the winner without what the merge gave it, field by field."""
    before: Mapping[str, Any] = merge.before.get("custom") or {}
    after: Mapping[str, Any] = merge.after.get("custom") or before
    given = {key for key in after if after[key] != before.get(key) and now.get(key) == after[key]}
    return {key: value for key, value in now.items() if key not in given}


def _theirs(merge: Merge, old: list[MergedCustomer], name: str) -> set[str]:
    """Return what only the others had of a list."""
    own = set(merge.before.get(name) or ())
    return {each for one in old for each in one.image.get(name) or ()} - own


def _own_further(
    now: Mapping[str, list[str]], before: Mapping[str, Any], old: list[MergedCustomer]
) -> dict[str, list[str]]:
    own = before.get("further_ids") or {}
    theirs = {pair for one in old for pair in one.image["external_ids"].items()}
    theirs |= {
        (system, key)
        for one in old
        for system, found in (one.image.get("further_ids") or {}).items()
        for key in found
    }
    left = {
        system: [key for key in found if (system, key) not in theirs or key in own.get(system, ())]
        for system, found in now.items()
    }
    return {system: found for system, found in left.items() if found}


def _own_keys(
    keys: Mapping[str, str], before: Mapping[str, str], old: list[MergedCustomer]
) -> dict[str, str]:
    theirs = {pair for one in old for pair in one.image["external_ids"].items()}
    return {s: key for s, key in keys.items() if (s, key) not in theirs or before.get(s) == key}


def _restore_consents(work: Work, merge: Merge) -> None:
    """Let stand again what the winner itself had said, unless something was said since."""
    known = allowed.standing(work, list(merge.consents))
    for id_, written in merge.consents.items():
        consent = known.get(id_)
        if consent is None or isoformat(consent.at) != written["at"]:
            continue
        before: dict[str, Any] | None = written["before"]
        if before is None:  # it never said so itself, and copies cannot forget it
            consent.granted, consent.basis, consent.at = False, Basis.WITHDRAWN, work.now
            consent.evidence = f"unmerge:{merge.id}"
        else:
            for name, value in before.items():
                if name not in {"id", "version", "event_seq", "created_at", "updated_at"}:
                    setattr(consent, name, value_of(type(consent), name, value))
        consents.watch(work, consent)
        work.tell(telling.consent_recorded, consent)


def _remove_contacts(work: Work, merge: Merge) -> None:
    """Take out the contacts that the merge entered, unless somebody has worked on one."""
    for id_ in merge.contacts:
        contact = work.session.get(Contact, id_)
        if contact is not None and contact.version == 1 and not reads.is_named(work, id_):
            work.remove(contact)
