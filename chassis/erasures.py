"""How a service erases what it keeps of a customer: its records, its answers, its trail (ADR 0024)."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import select

from chassis import aliases
from chassis.claiming import OF_NOBODY, Claim, claim, demand_nothing_under_way
from chassis.errors import Unavailable
from chassis.forgetting import (
    forget_answers,
    forget_answers_saying,
    forget_moved,
    forget_processes,
    forget_timers,
    forget_trail,
)
from chassis.identities import Identities
from chassis.moving import Key
from chassis.tables import CopyRecord
from chassis.wiping import Wipe, plain_table, wipe, wipe_said
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
    # Of a contact alone: what names one by id, and where people write of a customer, and so of its people.
    contacts: tuple[Wipe, ...] = ()
    said: tuple[Wipe, ...] = ()

    @property
    def of_contact(self) -> "Erasing":
        """Return what is erased with a contact alone (ADR 0027).

        What was nobody's has become the contact's, and is wiped as if that were a customer. What
        only names the contact keeps its trail, which says an id.
        """
        kept = [plain_table(one.table).name for one in self.contacts if one.only == ()]
        return replace(
            self,
            wipes=(*self.wipes, *self.contacts),
            own_records=(*self.own_records, *kept),
        )


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


def find_next(
    work: Work, erasing: Erasing, how_far: Progress, who: Identities, of: str | None = None
) -> bool:
    """Find the next records that say who is erased; say whether there are more.

    Those of nobody become theirs. Those of the customer whose contact is erased (``of``) stay the
    customer's, and are wiped where they are.

    :raises Unavailable: if a process goes on that may yet write one.
    """
    if how_far.place == 0 and how_far.after is None:
        demand_nothing_under_way(work, who, erasing.own_processes)
    kinds: tuple[Claim | Wipe | None, ...] = erasing.claims
    if of:  # None: the answers that were kept
        kinds = (*kinds, *erasing.said, None)
    if how_far.place < len(kinds):
        count, how_far.after = _find(work, kinds[how_far.place], how_far, who, of)
        if how_far.after is None:
            how_far.place += 1
        _count(how_far, *count)
    if how_far.place == len(kinds):
        how_far.place = 0
        return False
    return True


def _find(
    work: Work, kind: Claim | Wipe | None, how_far: Progress, who: Identities, of: str | None
) -> tuple[tuple[str, int], Key | None]:
    if kind is None:
        count, after = forget_answers_saying(work, who.said_in, how_far.after)
        return (ANSWERS, count), after
    if isinstance(kind, Claim):
        count, after = claim(work, kind, who, how_far.ids[0], how_far.after)
        return (kind.name + OF_NOBODY, count), after
    now = aliases.now_called(work.session, of or "")
    count, after = wipe_said(work, kind, now, how_far.after, who.told_by)
    return (kind.name, count), after


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
