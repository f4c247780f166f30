"""Rows as they are handed over: which there are, in pages of bounded size, without the mechanism's own."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Select,
    String,
    Table,
    and_,
    false,
    func,
    not_,
    or_,
    select,
    type_coerce,
)
from sqlalchemy import tuple_ as row_of

from chassis.audit import plain
from chassis.cursors import read_cursor, write_cursor
from chassis.envelope import decode, encode
from chassis.moving import CHUNK
from chassis.tables import AUDIT, AUDIT_VALUES
from chassis.work import Work

MOST_BYTES = 512 * 1024  # of a page, unless its only row is longer: a body has 1 MiB
# Columns that every service has and that say nothing of anybody.
MECHANISM = frozenset({"event_seq", "sequence", "erased"})
_JSON_TEXT = ("changes", "image")  # objects that are stored as text
_ROW = "raw"  # of a file, as bytes: whatever they are, they are to be read
_A, _V = AUDIT.c, AUDIT_VALUES.c


@dataclass(frozen=True, slots=True)
class Leaf:
    """The rows of one table that are somebody's, in the order of their key."""

    name: str
    query: Select[Any]
    keys: tuple[Column[Any], ...]
    at_once: int = CHUNK


@dataclass(frozen=True, slots=True)
class Gone:
    """Whose records may be gone, by which name they named that one, and of which entity; None: of any."""

    name: str
    id: str
    entity_id: str | None = None


@dataclass
class Pile:
    """A page that is being filled."""

    limit: int
    internal: frozenset[str]
    rows: list[dict[str, object]] = field(default_factory=list)
    size: int = 0

    def read(self, work: Work, of: Leaf, after: str) -> str | None:
        """Take rows of a leaf; return the last one's key if the page is full, None at the end."""
        key = after
        while True:
            some = min(of.at_once, self.limit - len(self.rows))
            if some == 0:
                return key
            found = list(work.session.execute(_beyond(of, key).limit(some)))
            for row in found:
                values = row._asdict()
                if not self._take(of.name, values):
                    return key
                key = write_cursor([plain(values[one.key]) for one in of.keys])
            if len(found) < some:
                return None

    def _take(self, table: str, row: Mapping[str, object]) -> bool:
        shown = {"table": table, "row": said(row, self.internal | MECHANISM)}
        size = len(encode(shown))
        if self.rows and self.size + size > MOST_BYTES:
            return False
        self.rows.append(shown)
        self.size += size
        return True


def leaf(table: Table, where: ColumnElement[bool], at_once: int = CHUNK) -> Leaf:
    """Return the rows of a table for which a condition holds."""
    return Leaf(table.name, select(table).where(where), tuple(table.primary_key.columns), at_once)


def trail(audited: Sequence[tuple[Table, ColumnElement[bool]]]) -> list[Leaf]:
    """Return who changed these records, when and how: kind by kind, as they are found by index."""
    return [_changes(_of(table, where)) for table, where in audited]


def trail_of_gone(audited: Sequence[tuple[Table, ColumnElement[bool]]], whose: Gone) -> Leaf:
    """Return the same of what is noted by somebody's id, or was entered for it and is gone."""
    was = or_(
        _A.record_id == whose.id,
        row_of(_A.record_kind, _A.record_id).in_(_entered_for(whose)),
    )
    if whose.entity_id is not None:
        was = and_(was, _A.entity_id == whose.entity_id)
    there = [_of(table, where) for table, where in audited]
    return _changes(and_(was, not_(or_(false(), *there))))


def _of(table: Table, where: ColumnElement[bool]) -> ColumnElement[bool]:
    mine = _A.record_id.in_(select(table.c.id).where(where))
    return and_(_A.record_kind == table.name, mine)


def _changes(where: ColumnElement[bool]) -> Leaf:
    shown = (_A.position, _A.record_kind, _A.record_id, _A.version, _A.verb, _A.at, _A.actor)
    changes = func.coalesce(_V.changes, _A.changes).label("changes")
    query = select(*shown, _A.channel, changes).outerjoin_from(
        AUDIT, AUDIT_VALUES, _V.position == _A.position
    )
    return Leaf("audit", query.where(where), (_A.position,))


def key_kinds(keys: Sequence[Column[Any]]) -> list[type]:
    """Return what the keys of a leaf are in a cursor: numbers or text."""
    return [int if one.type.python_type is int else str for one in keys]


def said(value: Any, internal: frozenset[str]) -> Any:
    """Return a value as JSON holds it, without what is internal, however deep."""
    if isinstance(value, Mapping):
        return {
            name: said(_read(name, inner), internal)
            for name, inner in value.items()
            if name not in internal
        }
    if isinstance(value, list | tuple):
        return [said(one, internal) for one in value]
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(value).decode()
    return value.isoformat() if type(value) is date else plain(value)


def _read(name: str, value: object) -> object:
    if name == _ROW and isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return decode(value) if name in _JSON_TEXT and isinstance(value, str) else value


def _beyond(of: Leaf, key: str) -> Select[Any]:
    """Return what comes after a key, in its order."""
    keys = [one if kind is int else type_coerce(one, String) for one, kind in _kinds(of)]
    query = of.query.order_by(*keys)
    if not key:
        return query
    after = read_cursor(key, [kind for _, kind in _kinds(of)])
    return query.where(row_of(*keys) > row_of(*after) if len(keys) > 1 else keys[0] > after[0])


def _kinds(of: Leaf) -> list[tuple[Column[Any], type]]:
    return list(zip(of.keys, key_kinds(of.keys), strict=True))


def _entered_for(whose: Gone) -> Select[Any]:
    """Return the records that were entered for somebody, whatever became of them."""
    named = encode({whose.name: [None, whose.id]}).decode().strip("{}")
    query = select(_A.record_kind, _A.record_id).join_from(
        AUDIT, AUDIT_VALUES, _V.position == _A.position
    )
    return query.where(_V.changes.contains(named, autoescape=True))
