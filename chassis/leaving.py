"""How a service gives away what somebody leaves who hands over, and answers for it (ADR 0029)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Select, func, select

from chassis import ownership
from chassis.errors import Unavailable
from chassis.steps import Process, Step
from chassis.tables import MOVED, CopyRecord, Following, OwnedRecord
from chassis.work import Work
from contracts.owning import StaffFollowed, StaffHandedOver

TAKE_OVER = "take_over"  # the kind of the process
HAND_OVER = "hand_over"  # the task that is answered for
LEFT = "_left"  # in the counts: what is still theirs who hand over
TAKEN_AT_ONCE = 200
PATIENCE = timedelta(minutes=2)  # for a copy that is behind; then what it does not know yet is left


class Colleague(Protocol):
    """A copied member of the staff."""

    id: Any
    active: Any
    team_id: Any


@dataclass
class Leave:
    """Who hands over to whom, and how far this service is with it."""

    task_id: str
    staff_id: str
    entity_id: str
    begun_at: datetime
    kept: int = 0  # customers that accounts could give to nobody
    recipient_ids: tuple[str, ...] = ()  # empty: whoever is responsible
    place: int = 0  # holding by holding
    after: str = ""  # the last record of that holding
    turn: int = 0  # of the recipients


@dataclass(frozen=True, slots=True)
class Holding:
    """One kind of record that names a member of the staff in ``column``.

    ``give`` finds somebody else for a record that is theirs, and says whether there is one; without
    it a record follows its customer, or goes to whose turn it is if it has none. Those that do
    not meet ``which`` stay as they are.
    """

    name: str
    table: type[OwnedRecord]
    column: str = "owner_id"
    which: Callable[[], ColumnElement[bool]] | None = None
    give: Callable[[Work, "Leaver", Leave, Any], bool] | None = None


@dataclass(frozen=True, slots=True)
class Leaver:
    """What a service keeps of the staff, where its copies are, and how it answers."""

    holdings: tuple[Holding, ...]
    customers: Any  # the copy: owner_id and entity_id beside what every copy has
    staff: Callable[[Work, str], Colleague | None]
    told: type[StaffFollowed]

    def recipient(self, work: Work, leave: Leave) -> Colleague | None:
        """Return whose turn it is of those who were named and are still here; None if nobody is.

        :raises Unavailable: if the copy has not been told of one of them yet.
        """
        there = [one for one in self.recipients(work, leave) if one.active]
        if not there:
            return None
        leave.turn += 1
        return there[(leave.turn - 1) % len(there)]

    def recipients(self, work: Work, leave: Leave) -> list[Colleague]:
        """Return those who were named.

        :raises Unavailable: if the copy has not been told of one of them yet.
        """
        return [_known(work, self.staff(work, one)) for one in leave.recipient_ids]

    def owner_of(self, work: Work, customer_id: str | None) -> Any:
        """Return a customer out of the copy, if it is known: whoever owns it owns what it has."""
        if customer_id is None:
            return None
        copied: type[CopyRecord] = self.customers
        return ownership.customer(work, copied, customer_id)


def start(work: Work, told: StaffHandedOver) -> None:
    """Start to give away what somebody leaves."""
    others = [one for one in told.recipient_ids if one != told.staff_id]
    whose = {"task_id": told.allocation_id, "staff_id": told.staff_id}
    whose |= {"entity_id": told.entity_id}
    rest = {"begun_at": work.now, "kept": told.kept, "recipient_ids": others}
    work.start(TAKE_OVER, told.allocation_id, whose | rest)


def process(leaver: Leaver) -> Process[Leave]:
    """Return the process by which a service gives away what somebody leaves, and answers."""

    def wait(work: Work, leave: Leave) -> None:
        _wait(work, leaver, leave)

    def rows(work: Work, leave: Leave) -> bool:
        return _rows(work, leaver, leave)

    def answer(work: Work, leave: Leave) -> None:
        _answer(work, leaver, leave)

    return Process(
        kind=TAKE_OVER,
        state=Leave,
        steps=(Step("wait", wait), Step("rows", rows), Step("answer", answer)),
        key=lambda leave: leave.task_id,
        answer=lambda leave: {"task_id": leave.task_id},
        begin=_never,
        is_passing=True,
    )


def note_followed(
    work: Work, task_id: str | None, record: OwnedRecord, previous: str | None
) -> None:
    """Count a record that followed its customer out of the hands of who hands over."""
    if task_id is not None:
        _note(work, task_id, record.__tablename__, (str(previous), record.id))


def _never(_: Work) -> Leave:
    raise AssertionError("a hand-over is begun by its event")


def _known(work: Work, one: Colleague | None) -> Colleague:
    if one is None:
        raise Unavailable(
            "This service does not know this person yet.", code=f"{work.service}.staff.copy_behind"
        )
    return one


def _wait(work: Work, leaver: Leaver, leave: Leave) -> None:
    """Wait until the copy knows whose the customers are; what they have can follow then."""
    kind = leaver.customers
    theirs = select(func.count()).select_from(kind).where(
        kind.owner_id == leave.staff_id, kind.entity_id == leave.entity_id, ~kind.erased
    )  # fmt: skip
    if work.now - leave.begun_at > PATIENCE:
        return
    if int(work.session.scalar(theirs) or 0) > leave.kept:
        raise Unavailable(
            "The copy has not been told yet whose these customers are.",
            code=f"{work.service}.customer.copy_behind",
        )


def _rows(work: Work, leaver: Leaver, leave: Leave) -> bool:
    holding = leaver.holdings[leave.place]
    found = _page(work, holding, leave)
    give = holding.give or _to_customer
    for record in found:
        if give(work, leaver, leave, record):
            _note(work, leave.task_id, holding.name, (leave.staff_id, record.id))
    leave.after = found[-1].id if len(found) == TAKEN_AT_ONCE else ""
    if not leave.after:
        leave.place += 1
    return leave.place < len(leaver.holdings)


def _to_customer(work: Work, leaver: Leaver, leave: Leave, record: Any) -> bool:
    customer = leaver.owner_of(work, record.customer_id)
    if customer is not None:
        is_going = customer.owner_id != leave.staff_id
        return is_going and ownership.hand_over(record, customer)
    one = leaver.recipient(work, leave)
    if one is not None:
        record.owner_id, record.team_id = one.id, one.team_id
    return one is not None


def _theirs(holding: Holding, leave: Leave, query: Select[Any]) -> Select[Any]:
    kind = holding.table
    column = kind.__table__.c[holding.column]
    query = query.where(column == leave.staff_id, kind.entity_id == leave.entity_id)
    return query.where(holding.which()) if holding.which else query


def _page(work: Work, holding: Holding, leave: Leave) -> Sequence[Any]:
    kind = holding.table
    query = _theirs(holding, leave, select(kind)).where(kind.id > leave.after)
    locked = query.order_by(kind.id).limit(TAKEN_AT_ONCE).with_for_update()
    return list(work.session.scalars(locked))


def _answer(work: Work, leaver: Leaver, leave: Leave) -> None:
    counts = _counts(work, leave.task_id)
    for holding in leaver.holdings:
        query = _theirs(holding, leave, select(func.count()).select_from(holding.table))
        left = int(work.session.scalar(query) or 0)
        counts |= {holding.name + LEFT: left} if left else {}
    done = work.add(Following(id=leave.task_id, task=HAND_OVER, customer_id="", counts=counts))
    told = leaver.told(task_id=leave.task_id, staff_id=leave.staff_id, counts=counts)
    work.tell(lambda _: told, done)


def _counts(work: Work, task_id: str) -> dict[str, int]:
    query = select(MOVED.c.kind, func.count()).where(MOVED.c.task_id == task_id)
    return {kind: int(n) for kind, n in work.session.execute(query.group_by(MOVED.c.kind))}


def _note(work: Work, task_id: str, kind: str, what: tuple[str, str]) -> None:
    from_id, key = what
    row = {"task_id": task_id, "kind": kind, "from_id": from_id, "record_key": key, "image": None}
    work.insert_once(MOVED, row)
