"""What tells about a person leaves the records, a chunk at a time: the rows go, or only their words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Row,
    Table,
    TypeDecorator,
    UniqueConstraint,
    delete,
    null,
    select,
    tuple_,
    update,
)

from chassis.erasing import erase_values, overwrite
from chassis.images import table_of
from chassis.moving import CHUNK, Key
from chassis.tables import TIMERS, Base, Record
from chassis.work import Work

Where = Callable[[str], ColumnElement[bool]]  # the records of a customer


@dataclass(frozen=True, slots=True)
class Wipe:
    """One kind of record that tells about customers, and what an erasure does with it.

    The row ``goes``, or stays for the books without its personal columns. ``blanks`` are columns
    that take another value than nothing.
    """

    name: str
    table: type[Base] | Table
    where: Where
    goes: bool = False
    blanks: Mapping[str, object] = field(default_factory=dict)


def of(table: type[Base] | Table, column: str = "customer_id") -> Where:
    """Return which records have a customer's id in a column."""
    found = plain_table(table).c[column]
    return lambda id_: found == id_


def through(
    table: type[Base] | Table, column: str, parent: type[Base], of_parent: str = "customer_id"
) -> Where:
    """Return which records belong to a record that has a customer's id in a column."""
    upper = table_of(parent)
    (key,) = upper.primary_key.columns
    found = plain_table(table).c[column]
    return lambda id_: found.in_(select(key).where(upper.c[of_parent] == id_))


def wipe(work: Work, kind: Wipe, id_: str, after: Key | None) -> tuple[int, Key | None]:
    """Wipe the next records of a customer; return how many, and the key to go on from.

    The audit trail keeps who changed them and when, and none of the values.
    """
    rows = _page(work, kind, id_, None if kind.goes else after)
    if not rows:
        return 0, None
    table = plain_table(kind.table)
    keys = _keys(table)
    these = _these(keys, [list(row) for row in rows])
    overwrite(work)
    if kind.goes:
        work.session.execute(delete(table).where(these))
    else:
        work.session.execute(update(table).where(these).values(_values(work, kind)))
    _forget(work, kind, [str(row[0]) for row in rows])
    return len(rows), list(rows[-1]) if len(rows) == CHUNK else None


def personal(table: Table) -> list[Column[Any]]:
    """Return the columns that tell something about a person."""
    return [column for column in table.columns if column.info.get("personal")]


def plain_table(table: type[Base] | Table) -> Table:
    """Return the table of a mapped class, or the table itself."""
    return table if isinstance(table, Table) else table_of(table)


def _forget(work: Work, kind: Wipe, ids: Sequence[str]) -> None:
    is_record = not isinstance(kind.table, Table) and issubclass(kind.table, Record)
    if is_record or kind.goes:
        # Nobody is reminded of who is erased; what goes would be found no more, or begun anew.
        work.session.execute(delete(TIMERS).where(TIMERS.c.key.in_(ids)))
    if is_record:
        erase_values(work, [(plain_table(kind.table).name, id_) for id_ in ids])


def _page(work: Work, kind: Wipe, id_: str, after: Key | None) -> list[Row[Any]]:
    keys = _keys(plain_table(kind.table))
    query = select(*keys).where(kind.where(id_)).order_by(*keys).limit(CHUNK)
    if after is not None:
        query = query.where(tuple_(*keys) > tuple_(*after) if len(keys) > 1 else keys[0] > after[0])
    return list(work.session.execute(query.with_for_update()))


def _these(keys: list[Column[Any]], found: list[Key]) -> ColumnElement[bool]:
    if len(keys) == 1:
        return keys[0].in_([one[0] for one in found])
    return tuple_(*keys).in_([tuple(one) for one in found])


def _values(work: Work, kind: Wipe) -> dict[str, Any]:
    table = plain_table(kind.table)
    values = {column.key: _nothing(table, column) for column in personal(table)}
    if not isinstance(kind.table, Table) and issubclass(kind.table, Record):
        values |= {"version": table.c.version + 1, "updated_at": work.now}
    return values | dict(kind.blanks)


def _nothing(table: Table, column: Column[Any]) -> object:
    if _is_sole(table, column):
        return table.c.id  # nobody else's, and it says nothing
    if column.nullable:
        return null()
    type_ = column.type
    if isinstance(type_, JSON):
        return {}
    return (type_.impl_instance if isinstance(type_, TypeDecorator) else type_).python_type()


def _is_sole(table: Table, column: Column[Any]) -> bool:
    alone = [
        c for c in table.constraints if isinstance(c, UniqueConstraint) and len(c.columns) == 1
    ]
    return bool(column.unique) or any(column.key in one.columns for one in alone)


def _keys(table: Table) -> list[Column[Any]]:
    return list(table.primary_key.columns)
