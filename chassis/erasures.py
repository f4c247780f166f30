"""How a service erases what it keeps of a customer: its records, its answers, its trail (ADR 0024)."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import select

from chassis import aliases
from chassis.claiming import OF_NOBODY, Claim, claim, demand_nothing_under_way
from chassis.errors import Unavailable
from chassis.forgetting import (
    forget_answers,
    forget_moved,
    forget_processes,
    forget_timers,
    forget_trail,
)
from chassis.identities import Identities
from chassis.moving import Key
from chassis.tables import CopyRecord
from chassis.wiping import Wipe, wipe
from chassis.work import Work

ANSWERS, PROCESSES, TRAIL, MOVED = "answers", "processes", "audit_values", "merge_images"
TIMED = "timers"
_STAGES = ("records", ANSWERS, PROCESSES, TIMED, MOVED, TRAIL)


@dataclass(frozen=True, slots=True)
class Erasing:
    """What a service keeps of customers: its kinds of record, its copies, what must not be looked through."""

    wipes: tuple[Wipe, ...]
    copies: tuple[type[CopyRecord], ...] = ()
    own_processes: tuple[str, ...] = ()  # kinds by which the erasure itself runs
    own_records: tuple[str, ...] = ()  # tables that say that there was an erasure
    claims: tuple[Claim, ...] = ()  # what may say who somebody is, and yet be nobody's


@dataclass
class Progress:
    """Whose records are erased, and how far that is."""

    ids: list[str]  # all that the customer was known by
    place: int = 0  # stage by stage: id by id, kind by kind
    after: Key | None = None
    stage: int = 0
    counts: dict[str, int] = field(default_factory=dict)


def wait(work: Work, erasing: Erasing, ids: Sequence[str]) -> None:
    """Let everybody end who writes for these customers, and see that no copy has them any more.

    :raises Unavailable: if a copy has not been told yet.
    """
    for id_ in ids:
        aliases.wait_for_users(work.session, [id_])
    for copy in erasing.copies:
        there = select(copy.id).where(copy.id.in_(ids), ~copy.erased)
        if work.session.execute(there.limit(1)).first() is not None:
            raise Unavailable(
                "The copy of this customer has not been told of this yet.",
                code=f"{work.service}.customer.copy_behind",
            )


def erase_next(work: Work, erasing: Erasing, how_far: Progress) -> bool:
    """Erase the next chunk; say whether there is more."""
    stage = _STAGES[how_far.stage]
    done = (
        _records(work, erasing, how_far) if stage == "records" else _beside(work, erasing, how_far)
    )
    if done:
        how_far.stage, how_far.place, how_far.after = how_far.stage + 1, 0, None
    return how_far.stage < len(_STAGES)


def claim_next(work: Work, erasing: Erasing, how_far: Progress, who: Identities) -> bool:
    """Take the next records of nobody for who is erased; say whether there are more.

    :raises Unavailable: if a process goes on that may yet write one.
    """
    if how_far.place == 0 and how_far.after is None:
        demand_nothing_under_way(work, who, erasing.own_processes)
    if how_far.place < len(erasing.claims):
        one = erasing.claims[how_far.place]
        count, how_far.after = claim(work, one, who, how_far.ids[0], how_far.after)
        _count(how_far, one.name + OF_NOBODY, count)
        if how_far.after is None:
            how_far.place += 1
    if how_far.place == len(erasing.claims):
        how_far.place = 0
        return False
    return True


def _records(work: Work, erasing: Erasing, how_far: Progress) -> bool:
    """Wipe the next chunk of records; say whether that was the last."""
    if how_far.place == len(how_far.ids) * len(erasing.wipes):
        return True
    kind, id_ = divmod(how_far.place, len(how_far.ids))
    one = erasing.wipes[kind]
    count, how_far.after = wipe(work, one, how_far.ids[id_], how_far.after)
    _count(how_far, one.name, count)
    if how_far.after is None:
        how_far.place += 1
    return False


def _beside(work: Work, erasing: Erasing, how_far: Progress) -> bool:
    stage, ids, after = _STAGES[how_far.stage], how_far.ids, how_far.after
    if stage == ANSWERS:
        count, after = forget_answers(work, ids, after)
    elif stage == PROCESSES:
        count, after = forget_processes(work, ids, after, erasing.own_processes)
    elif stage == TIMED:
        count, after = forget_timers(work, ids), None
    elif stage == MOVED:
        count, after = forget_moved(work, ids), None
    else:
        count, after = forget_trail(work, ids, erasing.own_records)
    _count(how_far, stage, count)
    how_far.after = after
    return after is None


def _count(how_far: Progress, name: str, more: int) -> None:
    if more:
        how_far.counts[name] = how_far.counts.get(name, 0) + more
