"""The fields of a kind of record as they are defined now, and which kinds can have any."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import func, select

from chassis.audit import CUSTOM
from chassis.custom.kinds import Definition, FieldType, Option, Rules
from chassis.custom.tables import CUSTOM_FIELDS
from chassis.errors import Invalid
from chassis.tables import Base, Record
from chassis.work import Work

_LOCK_CLASS = zlib.crc32(b"chassis.custom") - 2**31  # PostgreSQL's lock keys are signed


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of one kind of record in one entity of the group, by key."""

    kind: type[Record]
    fields: Mapping[str, Definition]


@cache
def nouns(service: str) -> dict[str, type[Record]]:
    """Return a service's kinds of record by name: what a reference may refer to."""
    return {
        mapper.class_.__name__.lower(): mapper.class_
        for mapper in Base.registry.mappers
        if issubclass(mapper.class_, Record)
        and mapper.class_.__module__.startswith(f"services.{service}.")
    }


def has_fields(kind: type[Record]) -> bool:
    """Say whether a kind of record can have custom fields."""
    return CUSTOM in kind.__table__.columns


def noun(kind: type[Record]) -> str:
    """Return what a kind of record is called by those who define fields for it."""
    return kind.__name__.lower()


def kind_of(work: Work, name: str) -> type[Record]:
    """Return the kind of record that fields are defined for.

    :raises Invalid: if it can have none.
    """
    kind = nouns(work.service).get(name)
    if kind is None or not has_fields(kind):
        known = sorted(name for name, one in nouns(work.service).items() if has_fields(one))
        raise Invalid(
            "This kind of record has no custom fields.", code="custom.kind", detail={"kinds": known}
        )
    return kind


def hold(work: Work, *, alone: bool = False) -> None:
    """Keep definitions as they are until this work is done; alone: nobody else writes values.

    Without it a value could be written by a definition that is being changed on PostgreSQL, and
    be missing in the index. Whoever holds customers or other records back does so before it, so
    that nobody waits in a circle. SQLite has one writer anyway.
    """
    if work.session.get_bind().dialect.name == "postgresql":
        lock = func.pg_advisory_xact_lock if alone else func.pg_advisory_xact_lock_shared
        work.session.execute(select(lock(_LOCK_CLASS, 0)))


def hold_values(work: Work, values: list[str]) -> None:
    """Let nobody else take one of these values of unique fields until this work is done."""
    if work.session.get_bind().dialect.name == "postgresql":
        for name in sorted({zlib.crc32(value.encode()) - 2**31 for value in values} - {0}):
            work.session.execute(select(func.pg_advisory_xact_lock(_LOCK_CLASS, name)))


def form(work: Work, kind: type[Record], *, entity_id: str | None = None) -> Form:
    """Return the fields that records of a kind have now, the retired ones included."""
    columns = CUSTOM_FIELDS.c
    query = select(CUSTOM_FIELDS).where(
        columns.entity_id == (entity_id or work.caller.entity_id), columns.kind == noun(kind)
    )
    found = map(definition, work.session.execute(query))
    return Form(kind, {one.key: one for one in found})


def definition(row: Any) -> Definition:
    """Return a stored field as values are read by it."""
    return Definition(
        id=row.id,
        key=row.key,
        type=FieldType(row.type),
        required=row.required,
        unique=row.unique,
        personal=row.personal,
        searchable=row.searchable,
        active=row.active,
        is_indexed=row.indexing is None,
        default=row.default_value,
        rules=Rules(**row.rules),
        options=tuple(Option(**option) for option in row.options),
        refers_to=row.refers_to,
    )


def stored(new: Definition) -> dict[str, Any]:
    """Return what is stored of a definition."""
    return {
        "key": new.key,
        "type": new.type,
        "required": new.required,
        "unique": new.unique,
        "personal": new.personal,
        "searchable": new.searchable,
        "active": new.active,
        "default_value": new.default,
        "rules": {name: value for name in Rules.__slots__ if (value := getattr(new.rules, name))},
        "options": [
            {name: getattr(option, name) for name in Option.__slots__} for option in new.options
        ],
        "refers_to": new.refers_to,
    }
