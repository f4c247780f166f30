"""How a service does what accounts has decided about a customer, and answers for it (ADR 0019)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from chassis import aliases, erased
from chassis.erasures import Erasing, Progress, erase_next, find_next, wait
from chassis.errors import Unavailable
from chassis.identities import identities
from chassis.moving import CHUNK, Key, Kind, Move, give_back, move
from chassis.ownership import Owner
from chassis.steps import AskAround, Process, Question, Step
from chassis.tables import Following
from chassis.work import Work
from contracts.accounts import CustomerMerged, CustomerUnmerged
from contracts.following import Followed
from contracts.privacy import ContactErased, CustomerErased

FOLLOW = "follow_customer"  # the kind of the process
MERGE, UNMERGE, ERASURE = "merge", "unmerge", "erasure"
# The timer that has a dropped message counted; its key begins with the task.
DROPPED = "erasure.dropped"
PARKED = "parked_messages"  # in the counts: how many were dropped, also after the answer
ACCOUNTS = "accounts"  # who says how somebody is known
ASK_SECONDS = 8.0  # shorter than a lease
IDENTITIES_AT_ONCE = 50  # each is looked for in every record of nobody
STAYED = "_stayed"  # in the counts: records that gave way to one of the winner's


@dataclass
class Task:
    """A task of accounts, and how far this service is with it."""

    task_id: str
    task: str
    merge_id: str
    customer_id: str  # the record that stays
    others: list[str]
    place: int = 0  # other by other, kind by kind
    after: Key | None = None  # the last record of that kind
    counts: dict[str, int] = field(default_factory=dict)
    stage: int = 0  # of an erasure
    cursor: str | None = None  # in the ways in which who is erased is known
    contact_id: str | None = None  # who is erased alone; the customer stays


@dataclass(frozen=True, slots=True)
class Follower:
    """What a service keeps of customers, and how it answers.

    ``owner`` is whose a customer is. ``settle`` is asked for each customer concerned when all
    records are where they belong: what is worked out of them is worked out anew.
    """

    kinds: tuple[Kind, ...]
    told: type[Followed]
    owner: Callable[[Work, str], Owner | None] = lambda _, __: None
    settle: Callable[[Work, str], None] | None = None
    erasing: Erasing = field(default_factory=lambda: Erasing(()))


def begin_erasure(work: Work, event: CustomerErased | ContactErased) -> None:
    """Begin to erase a customer, or one contact of it: from now on nobody writes about this person."""
    contact_id = event.contact_id if isinstance(event, ContactErased) else None
    ids = [contact_id] if contact_id else [event.customer_id, *_old_ids(event)]
    erased.note(work.session, ids, event.task_id)
    start = {"task_id": event.task_id, "task": ERASURE, "merge_id": "", "contact_id": contact_id}
    work.start(FOLLOW, event.task_id, start | {"customer_id": event.customer_id, "others": ids})


def _old_ids(event: CustomerErased | ContactErased) -> tuple[str, ...]:
    return event.old_ids if isinstance(event, CustomerErased) else ()


def begin(work: Work, event: CustomerMerged | CustomerUnmerged) -> None:
    """Begin to follow a merge, or its undoing, as soon as the copy knows of it.

    :raises Unavailable: if the copy has not been told yet.
    """
    old = aliases.renamed(work.session, event.losers)
    task = MERGE if isinstance(event, CustomerMerged) else UNMERGE
    behind = [one for one in event.losers if (one in old) is not (task == MERGE)]
    if behind:
        raise Unavailable(
            "The copy of these customers has not been told of this yet.",
            code=f"{work.service}.customer.copy_behind",
        )
    others = list(event.losers)
    start = {"task_id": event.task_id, "task": task, "merge_id": event.merge_id}
    work.start(FOLLOW, event.task_id, start | {"customer_id": event.winner_id, "others": others})


def process(follower: Follower) -> Process[Task]:
    """Return the process by which a service follows a task, a chunk of records at a time."""

    def waiting(work: Work, task: Task) -> bool:
        if task.task == ERASURE:
            wait(work, follower.erasing, task.others)
            return False
        return _wait(work, task)

    def questions(task: Task) -> list[Question]:
        return _questions(follower, task)

    def found(work: Work, task: Task, answers: Mapping[str, object]) -> bool:
        return _found(work, follower, task, answers)

    def rows(work: Work, task: Task) -> bool:
        do = _erase if task.task == ERASURE else _rows
        return do(work, follower, task)

    def settle(work: Work, task: Task) -> bool:
        return task.task != ERASURE and _settle(work, follower, task)

    def answer(work: Work, task: Task) -> None:
        _answer(work, follower, task)

    return Process(
        kind=FOLLOW,
        state=Task,
        steps=(
            Step("wait", waiting),
            AskAround("find", questions, found, ASK_SECONDS),
            Step("rows", rows),
            Step("settle", settle),
            Step("answer", answer),
        ),
        key=lambda task: task.task_id,
        answer=lambda task: task.counts,
        begin=_never,
        is_passing=True,
    )


def _never(_: Work) -> Task:
    raise AssertionError("a task is begun by its event")


def _wait(work: Work, task: Task) -> bool:
    """Let everybody end who read an id before it was old: one id in one transaction."""
    if task.task == UNMERGE or task.place == len(task.others):
        task.place = 0
        return False
    aliases.wait_for_users(work.session, [task.others[task.place]])
    task.place += 1
    return True


def _rows(work: Work, follower: Follower, task: Task) -> bool:
    left = CHUNK
    while left > 0 and task.place < len(task.others) * len(follower.kinds):
        other, kind = divmod(task.place, len(follower.kinds))
        one = follower.kinds[kind]
        do = _forth if task.task == MERGE else _back
        left -= do(work, follower, task, one, task.others[other])
    if left > 0:
        task.place = 0
        return False
    return True


def _questions(follower: Follower, task: Task) -> list[Question]:
    """Ask how who is erased is known, wherever something may hang on nobody.

    What is answered is kept nowhere here: it is asked for again with every chunk.
    """
    erasing = follower.erasing
    asks = erasing.claims or (task.contact_id and erasing.said)
    if task.task != ERASURE or not asks:
        return []
    wanted = {"request_id": task.task_id, "after": task.cursor, "limit": IDENTITIES_AT_ONCE}
    return [Question(ACCOUNTS, "erased_identities", wanted)]


def _found(work: Work, follower: Follower, task: Task, answers: Mapping[str, object]) -> bool:
    """Take the next records of nobody that say who it is.

    :raises Unavailable: if accounts has not answered.
    """
    if not _questions(follower, task):
        return False
    match answers.get(ACCOUNTS):
        case {"items": list(items), "next": cursor}:
            how_far = Progress(task.others, task.place, task.after, counts=task.counts)
            of = task.contact_id and task.customer_id
            more = find_next(work, follower.erasing, how_far, identities(items), of)
            task.place, task.after = how_far.place, how_far.after
            if more:
                return True
            task.cursor = cursor
            return cursor is not None
    raise Unavailable("accounts has not said who it is.", code=f"{work.service}.erasure.unknown")


def _erase(work: Work, follower: Follower, task: Task) -> bool:
    how_far = Progress(task.others, task.place, task.after, task.stage, task.counts)
    erasing = follower.erasing.of_contact if task.contact_id else follower.erasing
    more = erase_next(work, erasing, how_far)
    task.place, task.after, task.stage = how_far.place, how_far.after, how_far.stage
    return more


def _forth(work: Work, follower: Follower, task: Task, kind: Kind, old: str) -> int:
    new = aliases.now_called(work.session, task.customer_id)
    done = move(
        work, kind, Move(task.merge_id, old, new, follower.owner(work, new)), after=task.after
    )
    _count(task, kind.name, done.moved)
    _count(task, kind.name + STAYED, done.stayed)
    task.after = done.after
    if done.after is None:
        task.place += 1
    return done.moved + done.stayed


def _back(work: Work, follower: Follower, task: Task, kind: Kind, old: str) -> int:
    new = aliases.now_called(work.session, task.customer_id)
    what = Move(task.merge_id, old, new, follower.owner(work, old))
    count, more = give_back(work, kind, what)
    _count(task, kind.name, count)
    if not more:
        task.place += 1
    return count


def _settle(work: Work, follower: Follower, task: Task) -> bool:
    concerned = [task.customer_id, *task.others]
    if follower.settle is None or task.place == len(concerned):
        return False
    follower.settle(work, concerned[task.place])
    task.place += 1
    return True


def _answer(work: Work, follower: Follower, task: Task) -> None:
    done = work.add(
        Following(id=task.task_id, task=task.task, customer_id=task.customer_id, counts=task.counts)
    )
    work.tell(lambda one: _told(follower, one), done)


def _told(follower: Follower, done: Following) -> Any:
    return follower.told(
        task_id=done.id, task=done.task, customer_id=done.customer_id, counts=done.counts
    )


def count_dropped(follower: Follower) -> Callable[..., None]:
    """Return the use case that tells of one more parked message that was dropped for who is erased."""

    def note(work: Work, *, key: str, data: Mapping[str, object]) -> None:  # noqa: ARG001  # a timer's
        task_id = key.partition(":")[0]
        query = select(Following).where(Following.id == task_id).with_for_update()
        done = work.session.scalar(query)
        if done is None:
            raise Unavailable("The task is not answered yet.", code=f"{work.service}.task.open")
        done.counts = {**done.counts, PARKED: done.counts.get(PARKED, 0) + 1}
        work.tell(lambda one: _told(follower, one), done)

    return note


def _count(task: Task, name: str, more: int) -> None:
    if more:
        task.counts[name] = task.counts.get(name, 0) + more
