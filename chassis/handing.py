"""All records of a customer go to another owner with it, a chunk of them in one transaction."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import select

from chassis import aliases, leaving
from chassis.images import table_of
from chassis.ownership import Copied, demand_current
from chassis.steps import Process, Step
from chassis.tables import OwnedRecord
from chassis.work import Work
from contracts.accounts import CustomerOwnerChanged
from contracts.owning import HANDED_OVER

HAND_ON = "hand_on"  # the kind of the process
CHUNK = 200  # records in one transaction


@dataclass(frozen=True, slots=True)
class Kept:
    """What a service keeps of customers, and how one record becomes their owner's."""

    kinds: tuple[type[OwnedRecord], ...]
    customer: Callable[[Work, str], Any]  # as the copy knows it; its owner stays until it is done
    hand_over: Callable[[Work, Any, Any], bool]  # says whether that is a change


@dataclass
class Handing:
    """Whose records follow, and how far they are."""

    customer_id: str
    place: int = 0  # kind by kind
    after: str | None = None  # the last record of that kind
    leave_id: str | None = None  # the hand-over of everything that somebody leaves
    leaver_id: str | None = None


def begin(work: Work, kept: Kept, event: CustomerOwnerChanged) -> None:
    """Give the first records of a customer to its owner; a process goes on with the rest.

    :raises Unavailable: if the copy has not heard of this change yet.
    """
    customer: Copied | None = demand_current(work, kept.customer(work, event.customer_id), event)
    if customer is None:
        return
    task = Handing(customer.id)
    if event.reason == HANDED_OVER:
        task.leave_id, task.leaver_id = event.batch_id, event.previous_owner_id
    if hand_on(work, kept, task):
        work.start(HAND_ON, f"{customer.id}:{event.version}", asdict(task))


def process(kept: Kept) -> Process[Handing]:
    """Return the process by which the records follow that are too many for one transaction."""

    def step(work: Work, task: Handing) -> bool:
        return hand_on(work, kept, task)

    return Process(
        kind=HAND_ON,
        state=Handing,
        steps=(Step("records", step),),
        key=lambda task: task.customer_id,
        answer=lambda _: None,
        begin=_never,
        is_passing=True,
    )


def hand_on(work: Work, kept: Kept, task: Handing) -> bool:
    """Give the next records to the owner that the customer has by now; say whether more wait.

    Whoever gets the customer meanwhile begins a hand-over of his own, with the first record: the
    newest owner stands in the end, whichever is the last.
    """
    id_ = aliases.in_use(work.session, task.customer_id)
    customer: Copied | None = kept.customer(work, id_)
    if customer is None or customer.id != task.customer_id:
        return False  # erased, or merged: who follows that gives the records to the winner's owner
    left = CHUNK
    while left > 0 and task.place < len(kept.kinds):
        found = _page(work, kept.kinds[task.place], task, left)
        for record in found:
            previous = record.owner_id
            if kept.hand_over(work, record, customer) and previous == task.leaver_id:
                leaving.note_followed(work, task.leave_id, record, previous)
        if len(found) < left:
            task.place, task.after = task.place + 1, None
        else:
            task.after = found[-1].id
        left -= len(found)
    return task.place < len(kept.kinds)


def _page(work: Work, kind: type[OwnedRecord], task: Handing, limit: int) -> list[OwnedRecord]:
    query = select(kind).where(table_of(kind).c.customer_id == task.customer_id)
    if task.after is not None:
        query = query.where(kind.id > task.after)
    return list(work.session.scalars(query.order_by(kind.id).limit(limit).with_for_update()))


def _never(_: Work) -> Handing:
    raise AssertionError("a hand-over is begun by its event")
