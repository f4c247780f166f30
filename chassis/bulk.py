"""Statements that the ORM does not build, or not fast: many rows, and rows that may be there."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from psycopg2.extras import execute_values
from sqlalchemy import Dialect, Table, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from chassis.tables import TIMERS

PAGE = 1_000  # rows in one statement on PostgreSQL
_POSITIONS = text(
    "SELECT nextval(pg_get_serial_sequence(:name, 'position')) FROM generate_series(1, :count)"
)
_LAST = text("SELECT seq FROM sqlite_sequence WHERE name = :name")


def insert_many(session: Session, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all have the same columns; constant defaults are filled in.

    SQLAlchemy's executemany builds a dictionary of parameters for each row, which took a third
    of an import. What is kept of it are the types: values are converted column by column.
    """
    if not rows:
        return
    connection = session.connection()
    dialect = connection.dialect
    defaults = _defaults(table, rows[0])
    columns = [
        _converted(table, name, [row[name] for row in rows], dialect) for name in rows[0]
    ] + [_converted(table, name, [value] * len(rows), dialect) for name, value in defaults.items()]
    quote = dialect.identifier_preparer.quote
    names = ", ".join(quote(name) for name in [*rows[0], *defaults])
    statement = f"INSERT INTO {quote(table.name)} ({names}) VALUES"  # our own names
    cursor: Any = connection.connection.cursor()
    try:
        _execute(cursor, statement, list(zip(*columns, strict=True)), dialect)
    except dialect.loaded_dbapi.Error as failed:
        raise DBAPIError.instance(
            statement, None, failed, dialect.loaded_dbapi.Error, dialect=dialect
        ) from failed
    finally:
        cursor.close()


def take_positions(session: Session, table: Table, count: int) -> list[int]:
    """Take the next positions of a table that numbers its rows, for rows that others refer to."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        names = {"name": table.name, "count": count}
        return list(connection.scalars(_POSITIONS, names))
    # Nobody else writes until the end of this transaction.
    last = connection.scalar(_LAST, {"name": table.name}) or 0
    return list(range(last + 1, last + 1 + count))


def _execute(cursor: Any, statement: str, values: list[tuple[Any, ...]], dialect: Dialect) -> None:
    if dialect.name == "postgresql":
        execute_values(cursor, f"{statement} %s", values, page_size=PAGE)
    else:
        cursor.executemany(f"{statement} ({', '.join('?' * len(values[0]))})", values)


def _defaults(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        column.name: column.default.arg  # type: ignore[attr-defined]  # a constant default has it
        for column in table.columns
        if column.name not in row and column.default is not None and column.default.is_scalar
    }


def _converted(table: Table, name: str, values: list[Any], dialect: Dialect) -> list[Any]:
    """Convert a column's values for the driver."""
    type_ = table.columns[name].type
    convert = type_.dialect_impl(dialect).bind_processor(dialect)
    if convert is None:
        return values
    first = values[0]
    if all(value is first for value in values):  # instants and states of one work
        return [convert(first)] * len(values)
    return [convert(value) for value in values]


@cache
def insert_unless_there(table: Table, dialect: str) -> Any:
    """Build what inserts a row unless its key is there, once: building takes longer than executing."""
    make: Any = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return make(table).on_conflict_do_nothing()


@cache
def set_timer(dialect: str) -> Any:
    """Build what sets a timer or replaces the one of the same kind and key."""
    make: Any = postgresql.insert if dialect == "postgresql" else sqlite.insert
    new = make(TIMERS)
    changed = ("id", "due", "data", "attempts", "next_try", "reason")
    replaced = {name: new.excluded[name] for name in changed}
    return new.on_conflict_do_update(index_elements=["kind", "key"], set_=replaced)
