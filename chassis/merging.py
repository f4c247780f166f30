"""Two who change one record: refuse whoever read an older version, or merge what does not touch."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.adopting import CHANGES
from chassis.audit import plain
from chassis.envelope import decode, encode
from chassis.errors import StaleVersion
from chassis.tables import AUDIT, AUDIT_VALUES, Record


class OnConflict(StrEnum):
    """What to do with a change that is based on an older version."""

    REFUSE = "refuse"
    MERGE = "merge"  # unless somebody else changed the same fields since


@dataclass(frozen=True, slots=True)
class Based:
    """The version that a change is based on, and what to do if there is a later one."""

    version: int
    on_conflict: OnConflict = OnConflict.REFUSE


@dataclass(frozen=True, slots=True)
class Since:
    """What others changed of a record since the version that a change is based on."""

    record: Record
    version: int
    before: Mapping[str, object]  # field -> its value at that version, as JSON holds it

    def mine(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return what of the given fields is a change beside the others' changes.

        Whoever sends all fields of a form sends most of them as he read them: such a field is not his,
        and what somebody else made of it stays.

        :raises StaleVersion: if one of the fields was changed by both, and differently.
        """
        kept = {name: value for name, value in given.items() if not self._is_as_read(name, value)}
        clashing = sorted(name for name, value in kept.items() if self._clashes(name, value))
        if clashing:
            raise stale(self.record, self.version, self.before, clashing)
        return kept

    def _is_as_read(self, name: str, value: object) -> bool:
        return name in self.before and _json(value) == self.before[name]

    def _clashes(self, name: str, value: object) -> bool:
        return name in self.before and _json(value) != _json(self._now(name))

    def _now(self, name: str) -> object:
        column, _, key = name.partition(".")  # custom.<key>: see chassis/audit.py
        value = getattr(self.record, column)
        return value.get(key) if key else value


def since(session: Session, record: Record, based: Based) -> Since:
    """Say what others changed of a record that is loaded and about to be changed.

    :raises StaleVersion: if it changed since, and that is to be refused or cannot be merged: the version
        is none that it ever had, or the values in between were erased.
    """
    if based.on_conflict is OnConflict.MERGE:
        # Whoever else is about to change it is waited for, so that his change is merged too.
        session.refresh(record, with_for_update=True)
    return compared(session, record, based)


def compared(session: Session, record: Record, based: Based) -> Since:
    """Say the same of a record that nobody else can change meanwhile.

    :raises StaleVersion: as ``since`` does.
    """
    version, merges = based.version, based.on_conflict is OnConflict.MERGE
    if record.version == version:
        return Since(record, version, {})
    before = changed_since(session, record, version)
    if not merges or before is None or not 0 < version < record.version:
        raise stale(record, version, before or {})
    return Since(record, version, before)


def changed_since(session: Session, record: Record, version: int) -> dict[str, object] | None:
    """Return the fields that changed since a version with their values then; None if they are erased."""
    entry, values = AUDIT.c, AUDIT_VALUES.c
    query = select(CHANGES).select_from(AUDIT).where(
        entry.record_kind == record.__tablename__,
        entry.record_id == record.id,
        entry.version > version,
    )  # fmt: skip
    query = query.outerjoin(AUDIT_VALUES, values.position == entry.position)
    before: dict[str, object] = {}
    for text in session.scalars(query.order_by(entry.position)):
        if text is None:
            return None
        changes: Any = decode(text)
        for name, (old, _) in changes.items():
            before.setdefault(name, old)
    return before


def stale(
    record: Record, version: int, changed: Mapping[str, object], clashing: list[str] | None = None
) -> StaleVersion:
    """Refuse a change of an older version, and name what others changed since."""
    detail: dict[str, object] = {
        "id": record.id,
        "your_version": version,
        "version": record.version,
        "changed": sorted(changed),
    }
    if clashing:
        detail["clashing"] = clashing
    noun = type(record).__name__.lower()
    return StaleVersion(f"The {noun} was changed by somebody else; read it again.", detail=detail)


def _json(value: object) -> object:
    """Return a value as the trail holds it."""
    return decode(encode(plain(value)))
