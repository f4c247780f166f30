"""Define, change and retire custom fields; no value is lost, and everybody who listens is told."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import func, select

from chassis.cursors import DEFAULT_PAGE
from chassis.custom.forms import definition, hold, kind_of, nouns, stored
from chassis.custom.kinds import (
    MAX_FIELDS,
    MAX_SEARCHABLE,
    Definition,
    FieldRefused,
    FieldType,
    Option,
    check,
    path,
    undefinable,
)
from chassis.custom.reading import bound, read
from chassis.custom.tables import CustomField
from chassis.ids import new_id
from chassis.pages import Page, page
from chassis.work import Work
from contracts import base as contracts

INDEX = "index_field"  # the kind of the process


def define_field(work: Work, *, kind: str, label: str, field: Definition) -> CustomField:
    """Define a field of a kind of record; it is offered from now on.

    :raises Invalid: if the definition contradicts itself.
    :raises FieldRefused: if the key is taken, or there are as many fields as there can be.
    """
    kind_of(work, kind)
    field = _sound(work, field)
    hold(work, alone=True)
    known = select(CustomField.id).where(*_mine(work, kind), CustomField.key == field.key)
    if work.session.scalar(known) is not None:
        raise FieldRefused("There is a field with this key.", code="custom.key_taken")
    _demand_room(work, kind, searchable=field.searchable)
    made = work.add(CustomField(kind=kind, label=label, indexing=None, **stored(field)))
    work.tell(recorded(work.service), made)
    return made


def change_field(
    work: Work, *, field_id: str, version: int, changes: Mapping[str, Any]
) -> CustomField:
    """Change a field's label, demands or options; its key and type stay, and so do all values.

    :raises StaleVersion: if it changed since.
    :raises FieldRefused: if it is retired, would become unique, or would lose an option.
    """
    field = _in_force(work, field_id, version)
    known = definition(field)
    told = {name: value for name, value in changes.items() if name != "label"}
    wanted = _sound(work, replace(known, **told))
    if wanted.unique and not known.unique:
        raise FieldRefused("What may be double cannot become unique.", code="custom.not_unique")
    _demand_options(known.options, wanted.options)
    if wanted.searchable and not known.searchable:
        _demand_room(work, field.kind, searchable=True)
    different = stored(wanted) | {"label": changes.get("label", field.label)}
    if all(getattr(field, name) == value for name, value in different.items()):
        return field
    for name, value in different.items():
        setattr(field, name, value)
    if (wanted.searchable, wanted.unique) != (known.searchable, known.unique):
        _index(work, field)
    work.tell(recorded(work.service), field)
    return field


def retire_field(work: Work, *, field_id: str, version: int) -> CustomField:
    """Offer a field no more; the values that records have of it stay.

    :raises StaleVersion: if it changed since.
    :raises FieldRefused: if it is retired already.
    """
    field = _in_force(work, field_id, version)
    field.active = False
    work.tell(recorded(work.service), field)
    return field


def restore_field(work: Work, *, field_id: str, version: int) -> CustomField:
    """Offer a retired field again, with the values that records have of it.

    :raises StaleVersion: if it changed since.
    :raises FieldRefused: if it is in force, or there are as many fields as there can be.
    """
    hold(work, alone=True)
    field = work.get(CustomField, field_id, version=version)
    if field.active:
        raise FieldRefused("The field is in force.", code="custom.field_in_force")
    _demand_room(work, field.kind, searchable=field.searchable)
    field.active = True
    work.tell(recorded(work.service), field)
    return field


def custom_fields(
    work: Work, *, kind: str, after: str | None = None, limit: int = DEFAULT_PAGE
) -> Page[CustomField]:
    """Page through the fields of a kind of record by key, the retired ones included."""
    kind_of(work, kind)
    query = select(CustomField).where(*_mine(work, kind))
    return page(work, query, [CustomField.key, CustomField.id], limit=limit, after=after)


def _mine(work: Work, kind: str) -> tuple[Any, ...]:
    return (CustomField.entity_id == work.caller.entity_id, CustomField.kind == kind)


def _in_force(work: Work, field_id: str, version: int) -> CustomField:
    hold(work, alone=True)
    field = work.get(CustomField, field_id, version=version)
    if not field.active:
        raise FieldRefused("The field is retired.", code="custom.field_retired")
    return field


def _sound(work: Work, field: Definition) -> Definition:
    """Return a definition with its bounds and default held against its own type."""
    check(field)
    if field.refers_to is not None and field.refers_to not in nouns(work.service):
        raise undefinable("There is no such kind of record.", kinds=sorted(nouns(work.service)))
    bounds = [bound(field, each) for each in (field.rules.min, field.rules.max) if each]
    if bounds != sorted(bounds):
        raise undefinable("The least is above the greatest.")
    return field if field.default is None else replace(field, default=read(field, field.default))


def _demand_room(work: Work, kind: str, *, searchable: bool) -> None:
    query = select(func.count()).where(*_mine(work, kind), CustomField.active)
    if (work.session.scalar(query) or 0) >= MAX_FIELDS:
        raise FieldRefused(
            f"A kind of record has at most {MAX_FIELDS} fields; retire one.", code="custom.too_many"
        )
    found = query.where(CustomField.searchable)
    if searchable and (work.session.scalar(found) or 0) >= MAX_SEARCHABLE:
        raise FieldRefused(
            f"At most {MAX_SEARCHABLE} fields of a kind can be searched.",
            code="custom.too_many_searchable",
        )


def _demand_options(known: tuple[Option, ...], wanted: tuple[Option, ...]) -> None:
    """Demand that what a value may be stays known, in its place: an option is retired instead."""
    places = {option.key: option.parent for option in wanted}
    gone = [one.key for one in known if places.get(one.key, one.key) != one.parent]
    if gone:
        raise FieldRefused(
            "An option keeps its key and its parent; retire it (active: false).",
            code="custom.option_removed",
            detail={"options": gone},
        )


def _index(work: Work, field: CustomField) -> None:
    field.indexing = new_id()
    work.flush()
    work.start(INDEX, field.indexing, {"field_id": field.id, "round": field.indexing})


def recorded(service: str) -> Any:
    """Return what makes of a field the event that tells it as it stands."""
    told: Any = contracts.registry()[f"{service}.field.recorded.v1"].cls

    def make(field: CustomField) -> object:
        known = definition(field)
        tree = known.type is FieldType.TREE
        options = {option.key: option for option in known.options}
        return told(
            field_id=field.id,
            version=field.version,
            kind=field.kind,
            key=field.key,
            type=field.type,
            required=field.required,
            unique=field.unique,
            personal=field.personal,
            searchable=field.searchable,
            active=field.active,
            options=tuple(path(options, key) if tree else key for key in options),
            refers_to=field.refers_to,
            entity_id=field.entity_id,
        )

    return make
