"""What changed, field by field: one pure function for every path that writes."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from enum import Enum

from sqlalchemy import inspect
from sqlalchemy.orm import InstanceState

from chassis.clock import isoformat
from chassis.tables import Record

# Bookkeeping of the chassis; the audit row has its own version and instant.
UNAUDITED = frozenset({"id", "version", "event_seq", "created_at", "updated_at"})
CUSTOM = "custom"  # the column of a record's custom values: each is a field of its own here

_PLAIN = frozenset({str, int, bool, type(None), list, dict})
Changes = dict[str, tuple[object, object]]


def entries(before: Mapping[str, object], after: Mapping[str, object]) -> Changes:
    """Return field -> (old, new) for each field that differs, as JSON values."""
    before, after = _spread(before), _spread(after)
    if not before:  # a new record: the path of every import
        return {
            name: (None, plain(value))
            for name, value in after.items()
            if value is not None and name not in UNAUDITED
        }
    changes: Changes = {}
    for name in before.keys() | after.keys():
        if name in UNAUDITED:
            continue
        old, new = plain(before.get(name)), plain(after.get(name))
        if old != new:
            changes[name] = (old, new)
    return changes


def _spread(image: Mapping[str, object]) -> Mapping[str, object]:
    """Name each custom value like a field of the record."""
    values = image.get(CUSTOM)
    if CUSTOM not in image or not isinstance(values, Mapping | None):
        return image
    own = {name: value for name, value in image.items() if name != CUSTOM}
    return own | {f"{CUSTOM}.{key}": value for key, value in (values or {}).items()}


def plain(value: object) -> object:
    """Return a value as JSON would hold it."""
    if type(value) in _PLAIN:  # nearly all, and an import asks a million times
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return isoformat(value)
    if isinstance(value, Decimal):
        return str(value)
    return value


def images(record: Record) -> tuple[dict[str, object], dict[str, object]]:
    """Return a mapped record's changed fields as they were loaded and as they are now."""
    state: InstanceState[Record] = inspect(record)
    before: dict[str, object] = {}
    after: dict[str, object] = {}
    for column in state.mapper.column_attrs:
        name = column.key
        if name in UNAUDITED:
            continue
        history = state.attrs[name].load_history() if state.persistent else None
        if history is None:
            value = state.dict.get(name)
            if value is not None:
                after[name] = value
        elif history.has_changes():
            before[name] = history.deleted[0] if history.deleted else None
            after[name] = history.added[0] if history.added else None
    return before, after


def last_image(record: Record) -> dict[str, object]:
    """Return all fields of a record that is about to be deleted."""
    state: InstanceState[Record] = inspect(record)
    return {
        column.key: state.dict[column.key]
        for column in state.mapper.column_attrs
        if column.key not in UNAUDITED and column.key in state.dict
    }


def hidden(kind: type[Record], names: Iterable[str], revealed: Collection[str]) -> frozenset[str]:
    """Return which changes are told without their values: custom ones unless they are revealed."""
    custom = {n for n in names if n.startswith(f"{CUSTOM}.") and n not in revealed}
    return personal_columns(kind) | custom


def personal_columns(kind: type[Record]) -> frozenset[str]:
    """Return the columns marked as telling something about a person."""
    return frozenset(column.key for column in kind.__table__.columns if column.info.get("personal"))
