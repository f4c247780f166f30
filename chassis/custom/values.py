"""The values of records: read by their fields, held against what is known, found again."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select

from chassis.audit import CUSTOM
from chassis.bulk import insert_many
from chassis.custom import index
from chassis.custom.forms import Form, form, hold, hold_values, nouns
from chassis.custom.kinds import MAX_BYTES, Definition, FieldType
from chassis.custom.reading import read as read_value
from chassis.custom.reading import wrong
from chassis.custom.tables import CUSTOM_INDEX
from chassis.envelope import encode
from chassis.errors import Conflict, Invalid
from chassis.merging import Since
from chassis.tables import Record
from chassis.work import Work

MAX_PARAMETERS = 500  # in one question to the database

Values = Mapping[str, object]  # by the key of the field; None empties it


@dataclass(frozen=True, slots=True)
class Known:
    """What the database says of some values."""

    there: set[tuple[str, str]]  # records that are referred to: (noun, id)
    taken: dict[tuple[str, str], str]  # (field id, value of a unique field) -> the record's id


def form_for(
    work: Work, kind: type[Record], *, entity_id: str | None = None, alone: bool = False
) -> Form:
    """Return the fields to write values by; they stay so until this work is done."""
    hold(work, alone=alone)
    found = form(work, kind, entity_id=entity_id)
    work.revealed[kind] = {
        f"{CUSTOM}.{key}" for key, field in found.fields.items() if not field.personal
    }
    return found


def read(found: Form, given: Values) -> dict[str, object]:
    """Return given values as they are stored.

    :raises Invalid: if a field is unknown or retired, or a value not what its field demands.
    """
    return {key: _read(found.fields.get(key), key, value) for key, value in given.items()}


def _read(field: Definition | None, key: str, value: object) -> object:
    if field is None:
        raise wrong(key, "unknown_field", "there is no such custom field.")
    if not field.active:
        raise wrong(key, "retired_field", "this custom field is retired.")
    if value is None and field.required:
        raise wrong(key, "required", "it may not be empty.")
    return None if value is None else read_value(field, value)


def completed(found: Form, values: Values) -> dict[str, object]:
    """Return the values of a new record: defaults fill what is not given.

    :raises Invalid: if a value that is required is missing.
    """
    whole = {key: value for key, value in values.items() if value is not None}
    for key, field in found.fields.items():
        if key in values or not field.active:
            continue
        if field.default is not None:
            whole[key] = field.default
        elif field.required:
            raise wrong(key, "required", "it may not be empty.")
    return _bounded(whole)


def merged(known: Values, values: Values) -> dict[str, object]:
    """Return the values of a record after a change; what is not named stays.

    :raises Invalid: if they become more than one record may have.
    """
    whole = {**known, **values}
    return _bounded({key: value for key, value in whole.items() if value is not None})


def _bounded(values: dict[str, object]) -> dict[str, object]:
    if values and len(encode(values)) > MAX_BYTES:
        raise Invalid(
            f"The custom values of a record have at most {MAX_BYTES} bytes.",
            code="custom.too_large",
        )
    return values


def known(work: Work, found: Form, given: Iterable[Values]) -> Known:
    """Ask the database what it knows of the values of some records, all in a few questions."""
    referred: dict[str, set[str]] = {}
    claimed: dict[str, set[str]] = {}
    for values in given:
        for key, value in values.items():
            field = found.fields[key]
            if value is not None and field.type is FieldType.REFERENCE:
                referred.setdefault(str(field.refers_to), set()).add(str(value))
            if value is not None and field.unique:
                claimed.setdefault(field.id, set()).add(index.sole(field, value))
    there = {(noun, id_) for noun, ids in referred.items() for id_ in _there(work, noun, ids)}
    taken = {
        (field_id, row.sole): str(row.record_id)
        for field_id, soles in claimed.items()
        for row in _taken(work, field_id, soles)
    }
    return Known(there, taken)


def _there(work: Work, noun: str, ids: set[str]) -> Iterable[str]:
    kind = nouns(work.service)[noun]
    for some in _slices(ids):
        yield from work.session.scalars(
            select(kind.id).where(kind.id.in_(some), *work.visible(kind))
        )


def _taken(work: Work, field_id: str, soles: set[str]) -> Iterable[Any]:
    columns = CUSTOM_INDEX.c
    for some in _slices(soles):
        yield from work.session.execute(
            select(columns.sole, columns.record_id).where(
                columns.field == field_id, columns.sole.in_(some)
            )
        )


def _slices(items: Collection[str]) -> Iterable[list[str]]:
    whole = sorted(items)
    return (whole[at : at + MAX_PARAMETERS] for at in range(0, len(whole), MAX_PARAMETERS))


def demand(found: Form, values: Values, facts: Known, record_id: str) -> None:
    """Demand that values refer to what is there and are nobody else's; then they are this one's.

    :raises Invalid: if one refers to nothing that the caller may see.
    :raises Conflict: if one belongs to another record and only one may have it.
    """
    claims: list[tuple[str, str]] = []
    for key, value in values.items():
        field = found.fields[key]
        if value is None:
            continue
        if field.type is FieldType.REFERENCE and (field.refers_to, value) not in facts.there:
            raise wrong(key, "reference", f"there is no {field.refers_to} with this id.")
        if field.unique:
            claim = (field.id, index.sole(field, value))
            if facts.taken.get(claim, record_id) != record_id:
                raise Conflict(
                    f"{key}: another record has this value.",
                    code="custom.taken",
                    detail={"field": key},
                )
            claims.append(claim)
    facts.taken.update(dict.fromkeys(claims, record_id))


def keep(work: Work, found: Form, record_id: str, values: Values, whole: Values) -> None:
    """Let a record be found by its values; of ``whole`` these are new and nobody else's.

    :raises Invalid: if one refers to nothing that the caller may see.
    :raises Conflict: if one belongs to another record and only one may have it.
    """
    unique = [
        f"{field.id}:{index.sole(field, value)}"
        for key, value in values.items()
        if (field := found.fields[key]).unique and value is not None
    ]
    hold_values(work, unique)
    demand(found, values, known(work, found, [values]), record_id)
    write(work, found, {record_id: whole})


def apart(others: Since, changes: Mapping[str, Any]) -> tuple[dict[str, Any], Values]:
    """Return what of a change is beside the others' changes: a record's own columns, and custom values.

    :raises StaleVersion: if one of the fields was changed by both, and differently.
    """
    columns = {name: value for name, value in changes.items() if name != CUSTOM}
    values: Values = changes.get(CUSTOM) or {}
    named = {f"{CUSTOM}.{key}": value for key, value in values.items()}
    mine = others.mine(columns | named)
    return (
        {name: value for name, value in columns.items() if name in mine},
        {key: value for key, value in values.items() if f"{CUSTOM}.{key}" in mine},
    )


def changed(work: Work, record: Record, told: object) -> dict[str, object]:
    """Return the column of custom values if a change changes it, with the index in line with it.

    :raises Invalid: if a field is unknown or retired, or a value not what its field demands.
    :raises Conflict: if a value belongs to another record and only one may have it.
    """
    if not isinstance(told, Mapping):
        return {}
    mine: Values = getattr(record, CUSTOM)
    found = form_for(work, type(record), entity_id=record.entity_id)
    new = read(found, told)
    whole = merged(mine, new)
    if whole == mine:
        return {}
    keep(work, found, record.id, new, whole)
    return {CUSTOM: whole}


def write(
    work: Work, found: Form, of: Mapping[str, Values], *, new: frozenset[str] = frozenset()
) -> None:
    """Bring the index in line with the values of records, all of each; ``new`` have no rows yet."""
    if not any(field.found for field in found.fields.values()):
        return
    for some in _slices(set(of) - new):
        work.session.execute(delete(CUSTOM_INDEX).where(CUSTOM_INDEX.c.record_id.in_(some)))
    rows = [row for id_, whole in of.items() for row in index.rows(found.fields, id_, whole)]
    insert_many(work.session, CUSTOM_INDEX, rows)


def forget(work: Work, record_id: str) -> None:
    """Let a record that is no more not be found, and others have its values."""
    work.session.execute(delete(CUSTOM_INDEX).where(CUSTOM_INDEX.c.record_id == record_id))
