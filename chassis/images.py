"""Records written down as JSON, so that they can be put back as they were."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from sqlalchemy import Enum as EnumType
from sqlalchemy import Table, insert
from sqlalchemy.orm import Session

from chassis.audit import plain
from chassis.tables import Base

R = TypeVar("R", bound=Base)


def image(record: Base) -> dict[str, object]:
    """Return all columns of a record as JSON values."""
    return {name: _plain(getattr(record, name)) for name in names_of(type(record))}


def restore(session: Session, kind: type[R], kept: Mapping[str, object]) -> R:
    """Put a record back as it was, with the version that it had, and return it.

    What was written down by a release that knew fewer columns gets their defaults.
    """
    table = table_of(kind)
    values = {
        column.key: _typed(column.type, kept[column.key])
        for column in table.columns
        if column.key in kept and column.computed is None
    }
    session.execute(insert(table).values(**values))
    keys = [values[column.key] for column in table.primary_key]
    return session.get_one(kind, tuple(keys))


def value_of(kind: type[Base], name: str, kept: object) -> object:
    """Return a column's value as it was before it was written down."""
    return _typed(table_of(kind).columns[name].type, kept)


def names_of(kind: type[Base]) -> list[str]:
    """Return the columns of a mapped class."""
    return [column.key for column in table_of(kind).columns]


def table_of(kind: type[Base]) -> Table:
    """Return the table of a mapped class."""
    table = kind.__table__
    assert isinstance(table, Table)
    return table


def _plain(value: object) -> object:
    return value.isoformat() if type(value) is date else plain(value)


def _typed(type_: Any, value: Any) -> object:
    if value is None:
        return None
    if isinstance(type_, EnumType):
        kind = type_.enum_class
        return kind(value) if kind is not None else value
    kind = type_.python_type
    if kind in {datetime, date} and isinstance(value, str):
        return kind.fromisoformat(value)
    return Decimal(value) if kind is Decimal else value
