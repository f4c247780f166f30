"""Records of one customer become another's, a chunk at a time, and exactly these go back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Table, UniqueConstraint, and_, delete, func, select, tuple_
from sqlalchemy.exc import IntegrityError

from chassis.bulk import insert_unless_there
from chassis.envelope import decode, encode
from chassis.errors import Unavailable
from chassis.images import image, restore, table_of
from chassis.ownership import Owner, hand_over
from chassis.tables import MOVED, Base, OwnedRecord
from chassis.work import Work

CHUNK = 200  # records in one transaction
WHY = "gave_way"  # in what is kept of a record, beside its columns

Key = list[Any]  # the values of a primary key


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of record that belongs to customers.

    Where the customer has a record of the same unique key already, the other one stays where it
    is; with ``aside`` it is written down and taken out, for a foreign key would not let it stay.
    ``gives_way`` says so of a record where another rule than a unique key does, by the customer
    that it would belong to. ``after`` is told of each record that changed hands, with its owner
    before; where there is ``undone``, it is told instead when a task is undone, of each record that
    was noted, also of one that is there no more. ``set_aside`` is told of each record before it is
    taken out, and returns why it gave way.
    """

    name: str
    table: type[Base]
    column: str = "customer_id"
    aside: bool = False
    gives_way: Callable[[Work, Any, str], bool] | None = None
    after: Callable[[Work, Any, str | None], None] | None = None
    undone: "Callable[[Work, Move], None] | None" = None
    set_aside: "Callable[[Work, Any, Move], str] | None" = None


@dataclass(frozen=True, slots=True)
class Move:
    """From whom to whom, for which task, and whose the records are there."""

    task_id: str
    old: str
    new: str
    owner: Owner | None


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of a chunk, and the key to go on from (None at the end)."""

    moved: int
    stayed: int
    after: Key | None


def move(work: Work, kind: Kind, what: Move, after: Key | None = None, limit: int = CHUNK) -> Moved:
    """Re-point the next records of a kind, and note which they are."""
    found = _page(work, kind, what.old, after, limit)
    moved = stayed = 0
    for record in found:
        if _has_rival(work, kind, record, what.new):
            stayed += 1
            if kind.aside:
                why = kind.set_aside(work, record, what) if kind.set_aside else None
                put_aside(work, kind.name, what, record, why)
            continue
        take(work, kind, what, record)
        moved += 1
    _flush(work)
    last = _key(found[-1]) if len(found) == limit else None
    return Moved(moved, stayed, last)


def give_back(work: Work, kind: Kind, what: Move, limit: int = CHUNK) -> tuple[int, bool]:
    """Return the next records of a task to whom they were; say how many, and whether more wait.

    ``what`` is the move as it was made, with the owner of the old customer. What was given to
    somebody else meanwhile stays there, and so does what the old customer has anew.
    """
    mine = (
        MOVED.c.task_id == what.task_id,
        MOVED.c.kind == kind.name,
        MOVED.c.from_id == what.old,
    )
    noted = work.session.execute(
        select(MOVED.c.record_key, MOVED.c.image)
        .where(*mine)
        .order_by(MOVED.c.record_key)
        .limit(limit)
    ).all()
    count = sum(_return(work, kind, what, row.record_key, row.image) for row in noted)
    _flush(work)
    keys = [row.record_key for row in noted]
    work.session.execute(delete(MOVED).where(*mine, MOVED.c.record_key.in_(keys)))
    return count, len(noted) == limit


def take(work: Work, kind: Kind, what: Move, record: Base) -> None:
    """Re-point one record, and note that it was."""
    _note(work, kind.name, _key_without(kind, record), what, None)
    before = _give(kind, record, what.new, what.owner)
    if kind.after is not None:
        kind.after(work, record, before)


def put_aside(work: Work, name: str, what: Move, record: Base, why: str | None = None) -> None:
    """Take a record out that gave way, and keep it for whoever undoes the task."""
    kept = image(record) | ({WHY: why} if why else {})
    _note(work, name, _key(record), what, encode(kept).decode())
    work.session.delete(record)


def count(work: Work, kind: Kind, customer_id: str) -> int:
    """Count what a customer has of a kind."""
    table = table_of(kind.table)
    query = select(func.count()).select_from(table)
    return int(work.session.scalar(query.where(table.c[kind.column] == customer_id)) or 0)


def _flush(work: Work) -> None:
    """Write what was re-pointed.

    :raises Unavailable: if somebody entered a record of the same key meanwhile.
    """
    try:
        work.flush()
    except IntegrityError as raced:
        raise Unavailable("Somebody else was faster.", code="follow.raced") from raced


def _page(work: Work, kind: Kind, owner: str, after: Key | None, limit: int) -> list[Any]:
    table = table_of(kind.table)
    keys = list(table.primary_key.columns)
    query = select(kind.table).where(table.c[kind.column] == owner)
    if after is not None:
        query = query.where(tuple_(*keys) > tuple_(*after))
    return list(work.session.scalars(query.order_by(*keys).limit(limit).with_for_update()))


def _give(kind: Kind, record: Any, to: str, owner: Owner | None) -> str | None:
    """Re-point a record; return whose it was."""
    setattr(record, kind.column, to)
    before: str | None = getattr(record, "owner_id", None)
    if isinstance(record, OwnedRecord) and owner is not None:
        hand_over(record, owner)
    return before


def _return(work: Work, kind: Kind, what: Move, key: str, kept: str | None) -> int:
    before = None
    if kept is not None:
        back: Any = restore(work.session, kind.table, _mapping(kept))
    else:
        query = select(kind.table).where(_where(kind, what.new, key)).with_for_update()
        back = work.session.scalar(query)
        if back is not None and _has_same_key(work, kind, back, what.old):
            back = None
        if back is not None:
            before = _give(kind, back, what.old, what.owner)
    if kind.undone is not None:
        _flush(work)
        kind.undone(work, what)
    elif back is not None and kind.after is not None:
        kind.after(work, back, before)
    return int(back is not None)


def _note(work: Work, name: str, key: Key, what: Move, kept: str | None) -> None:
    row = {"task_id": what.task_id, "kind": name, "from_id": what.old, "image": kept}
    row |= {"record_key": encode(key).decode()}
    work.session.execute(insert_unless_there(MOVED, work.session.get_bind().dialect.name), row)


def _where(kind: Kind, owner: str, key: str) -> ColumnElement[bool]:
    table = table_of(kind.table)
    columns = [one for one in table.primary_key if one.key != kind.column]
    values = decode(key.encode())
    assert isinstance(values, list)
    same = [column == value for column, value in zip(columns, values, strict=True)]
    return and_(table.c[kind.column] == owner, *same)


def _has_rival(work: Work, kind: Kind, record: Base, customer_id: str) -> bool:
    if kind.gives_way is not None and kind.gives_way(work, record, customer_id):
        return True
    return _has_same_key(work, kind, record, customer_id)


def _has_same_key(work: Work, kind: Kind, record: Base, customer_id: str) -> bool:
    table = table_of(kind.table)
    for names in _unique_with(table, kind.column):
        others = [table.c[name] == getattr(record, name) for name in names]
        if any(getattr(record, name) is None for name in names):
            continue  # a missing value is never the same
        rival = select(table.c[kind.column]).where(table.c[kind.column] == customer_id, *others)
        if work.session.execute(rival.limit(1)).first() is not None:
            return True
    return False


def _unique_with(table: Table, column: str) -> list[list[str]]:
    """Return the other columns of each unique key that the column is part of."""
    keys = [list(one.columns) for one in table.constraints if isinstance(one, UniqueConstraint)]
    keys.append(list(table.primary_key.columns))
    return [
        [one.key for one in key if one.key != column]
        for key in keys
        if column in {one.key for one in key}
    ]


def _key(record: Base) -> Key:
    return [getattr(record, one.key) for one in table_of(type(record)).primary_key]


def _key_without(kind: Kind, record: Base) -> Key:
    keys = table_of(kind.table).primary_key
    return [getattr(record, one.key) for one in keys if one.key != kind.column]


def _mapping(kept: str) -> Mapping[str, object]:
    found = decode(kept.encode())
    assert isinstance(found, Mapping)
    return found
