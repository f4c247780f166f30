"""What tells about a person leaves the records, a chunk at a time: the rows go, or only their words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
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
from chassis.forgetting import forget_answers_naming
from chassis.images import table_of
from chassis.moving import CHUNK, Key
from chassis.tables import TIMERS, Base, Record
from chassis.work import Work

Where = Callable[[str], ColumnElement[bool]]  # the records of a customer


@dataclass(frozen=True, slots=True)
class Wipe:
    """One kind of record that tells about customers, and what an erasure does with it.

    The row ``goes``, or stays for the books without its personal columns (``only``: without these of
    them). ``blanks`` are columns that take another value than nothing. ``by`` are the columns in which it
    says whose it is, where the others may be somebody else's words.
    """

    name: str
    table: type[Base] | Table
    where: Where
    goes: bool = False
    blanks: Mapping[str, object] = field(default_factory=dict)
    only: tuple[str, ...] | None = None
    by: tuple[str, ...] | None = None

    @property
    def words(self) -> list[Column[Any]]:
        """Return the columns that are emptied."""
        found = personal(plain_table(self.table))
        return [one for one in found if self.only is None or one.key in self.only]

    @property
    def telling(self) -> list[Column[Any]]:
        """Return the columns that are read for who it is."""
        return [one for one in self.words if self.by is None or one.key in self.by]


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
    _empty(work, kind, rows)
    if kind.goes or kind.only != ():
        _forget(work, kind, rows)
    return len(rows), rows[-1] if len(rows) == CHUNK else None


def wipe_said(
    work: Work, kind: Wipe, id_: str, after: Key | None, says: Callable[[object], bool]
) -> tuple[int, Key | None]:
    """Wipe those of the next records of a customer that say somebody; return as ``wipe`` does.

    What stays is the customer's and goes on: it keeps its timers.
    """
    rows = _page(work, kind, id_, after, *kind.telling)
    width = len(_keys(plain_table(kind.table)))
    theirs = [row[:width] for row in rows if any(says(one) for one in row[width:])]
    _empty(work, kind, theirs)
    _forget(work, kind, theirs, spares_timers=not kind.goes)
    return len(theirs), rows[-1][:width] if len(rows) == CHUNK else None


def personal(table: Table) -> list[Column[Any]]:
    """Return the columns that tell something about a person."""
    return [column for column in table.columns if column.info.get("personal")]


def plain_table(table: type[Base] | Table) -> Table:
    """Return the table of a mapped class, or the table itself."""
    return table if isinstance(table, Table) else table_of(table)


def _empty(work: Work, kind: Wipe, rows: Sequence[Key]) -> None:
    if not rows:
        return
    table = plain_table(kind.table)
    these = _these(_keys(table), rows)
    overwrite(work)
    if kind.goes:
        work.session.execute(delete(table).where(these))
    else:
        work.session.execute(update(table).where(these).values(_values(work, kind)))


def _forget(work: Work, kind: Wipe, rows: Sequence[Key], *, spares_timers: bool = False) -> None:
    ids = [str(row[0]) for row in rows]
    is_record = not isinstance(kind.table, Table) and issubclass(kind.table, Record)
    if (is_record or kind.goes) and not spares_timers:
        # Nobody is reminded of who is erased; what goes would be found no more, or begun anew.
        work.session.execute(delete(TIMERS).where(TIMERS.c.key.in_(ids)))
    if is_record:
        erase_values(work, [(plain_table(kind.table).name, id_) for id_ in ids])
    elif spares_timers and len(_keys(plain_table(kind.table))) == 1:
        forget_answers_naming(work, ids)


def _page(work: Work, kind: Wipe, id_: str, after: Key | None, *words: Column[Any]) -> list[Key]:
    keys = _keys(plain_table(kind.table))
    query = select(*keys, *words).where(kind.where(id_)).order_by(*keys).limit(CHUNK)
    if after is not None:
        query = query.where(tuple_(*keys) > tuple_(*after) if len(keys) > 1 else keys[0] > after[0])
    return [list(row) for row in work.session.execute(query.with_for_update())]


def _these(keys: list[Column[Any]], found: Sequence[Key]) -> ColumnElement[bool]:
    if len(keys) == 1:
        return keys[0].in_([one[0] for one in found])
    return tuple_(*keys).in_([tuple(one) for one in found])


def _values(work: Work, kind: Wipe) -> dict[str, Any]:
    table = plain_table(kind.table)
    values = {column.key: _nothing(table, column) for column in kind.words}
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
