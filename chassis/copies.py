"""Copies of other services' records: taken if newer, rebuilt from a snapshot."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Table,
    TypeDecorator,
    and_,
    delete,
    exists,
    not_,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from chassis import aliases
from chassis.envelope import Envelope
from chassis.errors import Conflict, Invalid
from chassis.logs import get_logger
from chassis.origin import internal
from chassis.runtime import Runtime
from chassis.tables import ALIASES, COPY_STATES, CopyRecord, CopyRow
from contracts import base as contracts
from contracts.base import Copied

PAGE = 500
CALL_SECONDS = 20.0
EXPIRED = "copy.cursor_expired"
MAX_RESTARTS = 3
BOOKKEEPING = frozenset({"id", "sequence", "erased"})
APPLIED, STALE = "applied", "stale"

log = get_logger(__name__)


def apply(connection: Connection, row: CopyRow, envelope: Envelope, data: Mapping[str, Any]) -> str:
    """Take a told record over unless ours is as new; return ``applied`` or ``stale``.

    :raises Invalid: if it is not one of the events that are copied.
    """
    recorded, erased = _types(row.of)
    if envelope.type == recorded:
        values = _values(row, data)
    elif envelope.type == erased:
        values = _tombstone(row.table)
    else:
        raise Invalid(f"This copy does not know {envelope.type[:80]}.", code="event.unknown_type")
    values |= {"id": envelope.subject, "sequence": envelope.sequence}
    done: Any = _write(connection, row, [values])
    if not done.rowcount:
        return STALE
    if row.of.merged is not None:
        _point(connection, envelope.subject, data.get(row.of.merged))
    return APPLIED


def refresh(runtime: Runtime, row: CopyRow) -> None:
    """Read the owner's snapshot from where the last reading ended to its end.

    Events may arrive meanwhile: whichever is newer stays.

    :raises Problem: whatever the owner refuses, or Unavailable.
    """
    cursor = _cursor(runtime, row.name)
    restarts, more = 0, True
    while more:
        try:
            page = _ask(runtime, row, cursor)
        except Conflict as expired:
            restarts += 1
            if expired.code != EXPIRED or cursor is None or restarts > MAX_RESTARTS:
                raise
            log.warning("snapshot cursor expired, starting anew", copy=row.name)
            cursor = None
            continue
        cursor, more = page.next, page.more
        with runtime.database.begin() as session:
            _take(session, row, page.items)
            _note(session, row.name, cursor, complete=not more)
    log.info("copy is complete", copy=row.name)


def incomplete(runtime: Runtime) -> list[CopyRow]:
    """Return the copies whose snapshot has not been read to its end."""
    with runtime.database.reading() as session:
        done = select(COPY_STATES.c.name).where(COPY_STATES.c.complete == 1)
        complete = set(session.scalars(done))
    return [row for name, row in runtime.copies.items() if name not in complete]


def rebuild(session: Session, name: str) -> None:
    """Have a copy read anew from the beginning."""
    _note(session, name, None, complete=False)


@dataclass(frozen=True, slots=True)
class _Page:
    items: list[dict[str, Any]]
    next: str | None
    more: bool


def _ask(runtime: Runtime, row: CopyRow, cursor: str | None) -> _Page:
    answer = runtime.call(
        row.of.service,
        row.of.snapshot,
        {"cursor": cursor, "limit": PAGE},
        origin=internal(runtime.service, f"copy:{row.name}"),
        budget_seconds=CALL_SECONDS,
    )
    match answer:
        case {"items": list(items), "next": str() | None as following, "more": bool(more)}:
            if more and following in {None, cursor}:
                raise Invalid("The snapshot does not move on.", code="copy.snapshot_stuck")
            return _Page(items, following, more)
    raise Invalid("The snapshot is not one.", code="copy.snapshot_shape")


def _take(session: Session, row: CopyRow, items: Iterable[dict[str, Any]]) -> None:
    subject = contracts.describe(row.of.recorded).subject
    newest: dict[str, dict[str, Any]] = {}  # one statement may not touch a row twice
    for item in items:
        match item.get(subject), item.get("sequence"):
            case str(id_), int(sequence):
                values = _values(row, item) | {"id": id_, "sequence": sequence}
                if row.of.merged is not None and item.get(row.of.merged) is not None:
                    # Few, and each with what it means now.
                    _take_merged(session.connection(), row, values, item[row.of.merged])
                elif id_ not in newest or newest[id_]["sequence"] < sequence:
                    newest[id_] = values
            case _:
                raise Invalid("A record has no id or sequence.", code="copy.snapshot_shape")
    if newest:
        _write(session.connection(), row, list(newest.values()))
        if row.of.merged is not None:  # who is told as itself again is
            told, ours = list(newest), row.table
            back = exists().where(ours.id == ALIASES.c.old_id, not_(ours.erased))
            session.execute(delete(ALIASES).where(ALIASES.c.old_id.in_(told), back))


def _take_merged(
    connection: Connection, row: CopyRow, values: dict[str, Any], new_id: object
) -> None:
    done: Any = _write(connection, row, [values])
    if done.rowcount:
        _point(connection, values["id"], new_id)


def _point(connection: Connection, id_: str, new_id: object) -> None:
    aliases.point(connection, id_, new_id if isinstance(new_id, str) else None)


def _write(connection: Connection, row: CopyRow, rows: list[dict[str, Any]]) -> object:
    names = tuple(rows[0])
    upsert = _upsert(row.table, connection.dialect.name, names, row.of.merged is not None)
    return connection.execute(upsert, rows if len(rows) > 1 else rows[0])


def _cursor(runtime: Runtime, name: str) -> str | None:
    with runtime.database.reading() as session:
        found: str | None = session.scalar(
            select(COPY_STATES.c.cursor).where(COPY_STATES.c.name == name)
        )
    return found


def _note(session: Session, name: str, cursor: str | None, *, complete: bool) -> None:
    values = {"cursor": cursor, "complete": int(complete), "refreshed_at": time.time()}
    make = _insert(session.get_bind().dialect.name)
    session.execute(
        make(COPY_STATES)
        .values(name=name, **values)
        .on_conflict_do_update(index_elements=["name"], set_=values)
    )


# -- how a told record becomes a row -----------------------------------------------------------


@cache
def _types(of: Copied) -> tuple[str, str | None]:
    erased = contracts.describe(of.erased).name if of.erased else None
    return contracts.describe(of.recorded).name, erased


def _values(row: CopyRow, data: Mapping[str, Any]) -> dict[str, Any]:
    try:
        event: object = contracts.read(row.of.recorded, data)
    except ValueError as wrong:
        raise Invalid(f"The record is not what it claims to be: {wrong}", code="event.shape") from (
            wrong
        )
    # What was merged into another leaves this copy as what was erased does, until it is told anew.
    values: dict[str, Any] = {
        "erased": row.of.merged is not None and data.get(row.of.merged) is not None
    }
    for name, convert in _columns(row.table, row.of.recorded):
        value = getattr(event, name)
        values[name] = value if value is None or convert is None else convert(value)
    return values


@cache
def _columns(
    table: type[CopyRecord], recorded: type
) -> list[tuple[str, Callable[[Any], object] | None]]:
    """Return the columns that the event fills, and what makes their value out of JSON."""
    told = contracts.describe(recorded).fields
    # Everything else comes out of the event as what its type says.
    converters: dict[type, Callable[[Any], object]] = {Decimal: Decimal}
    return [
        (column.key, converters.get(_kind(column)))
        for column in _table(table).columns
        if column.key in told and column.key not in BOOKKEEPING
    ]


def _tombstone(table: type[CopyRecord]) -> dict[str, Any]:
    values = {
        column.key: None if column.nullable else _blank(column)
        for column in _table(table).columns
        if column.computed is None  # the database derives it
    }
    return values | {"erased": True}


def _kind(column: Column[Any]) -> type:
    """Return the Python type of a column; a decorated type does not tell its own."""
    type_ = column.type
    return (type_.impl_instance if isinstance(type_, TypeDecorator) else type_).python_type


def _blank(column: Column[Any]) -> object:
    kind = _kind(column)
    return kind() if kind in {str, int, bool, float, dict, list, Decimal} else ""


@cache
def _upsert(table: type[CopyRecord], dialect: str, names: tuple[str, ...], can_merge: bool) -> Any:
    """Make the one statement that writes a record if it is newer; what is erased stays erased.

    What was merged into another may come back: its old id says that it was not erased.
    """
    statement = _insert(dialect)(_table(table))
    told, ours = statement.excluded, _table(table).columns
    gone: ColumnElement[bool] = ours.erased
    if can_merge:
        gone = and_(gone, not_(exists().where(ALIASES.c.old_id == ours.id)))
    return statement.on_conflict_do_update(
        index_elements=["id"],
        set_={name: told[name] for name in names if name != "id"},
        where=and_(ours.sequence < told.sequence, not_(gone)),
    )


def _insert(dialect: str) -> Any:
    return postgresql.insert if dialect == "postgresql" else sqlite.insert


def _table(table: type[CopyRecord]) -> Table:
    made = table.__table__
    assert isinstance(made, Table)
    return made
