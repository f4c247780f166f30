"""Records found, sorted and paged by their custom values; those without one come last."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, not_, select, tuple_

from chassis.audit import CUSTOM
from chassis.cursors import read_cursor, write_cursor
from chassis.custom.forms import definition, noun
from chassis.custom.index import Place, places
from chassis.custom.kinds import FIELD_KEY, RANGED, SORTABLE, Definition, FieldType
from chassis.custom.reading import from_text, typed
from chassis.custom.tables import CUSTOM_FIELDS, CUSTOM_INDEX
from chassis.errors import Conflict, Invalid
from chassis.filters import unfit
from chassis.pages import Page, demand_limit
from chassis.tables import Record
from chassis.work import Work

PREFIX = f"{CUSTOM}."
INDEX = CUSTOM_INDEX.c
MAX_NUMBER = 2**63 - 1


def condition(work: Work, kind: type[Record], name: str, value: object) -> ColumnElement[bool]:
    """Return what a filter demands: custom.<key>, or with .from, .below or .given behind it.

    :raises Invalid: if the field cannot be searched, or not so, or not for this value.
    """
    key, _, way = name.removeprefix(PREFIX).partition(".")
    field = _searchable(work, kind, key)
    mine = INDEX.field == field.id
    if way == "given":
        if not isinstance(value, bool):
            raise unfit("This filter takes true or false.")
        having = kind.id.in_(select(INDEX.record_id).where(mine))
        return having if value else _without(kind, field)
    if way not in _WAYS or (way and field.type not in RANGED):
        raise _not_so(key, "filtered so")
    at = _place(field, value)
    return kind.id.in_(select(INDEX.record_id).where(mine, _WAYS[way](at)))


_WAYS = {
    "": lambda at: and_(INDEX.text == at[0], INDEX.number == at[1]),
    "from": lambda at: and_(INDEX.text == at[0], INDEX.number >= at[1]),
    "below": lambda at: and_(INDEX.text == at[0], INDEX.number < at[1]),
}


def sorted_page(
    work: Work, kind: type[Record], query: Select[Any], asked: Mapping[str, Any]
) -> Page[Any]:
    """Return a page of records by a custom value, then by id, those that have none last.

    Each part goes along an index: first the values, then the records that have none by their ids.

    :raises Invalid: if the field cannot be sorted by, or the cursor is not one of this list.
    """
    demand_limit(asked["limit"])
    field = _searchable(work, kind, asked["sort"].removeprefix(PREFIX))
    if field.type not in SORTABLE:
        raise _not_so(field.key, "sorted by")
    place = None if asked["after"] is None else _read(asked["after"])
    size = asked["limit"] + 1
    rows: list[Any] = []
    if place is None or place[0]:
        having = _having(kind, query, field, (place[1:] if place else None, asked["descending"]))
        rows = list(work.session.execute(having.limit(size)))
        place = None
    if len(rows) < size:
        lacking = _lacking(kind, query, field, place[3] if place else "")
        rows += [(one, None, 0) for one in work.session.scalars(lacking.limit(size - len(rows)))]
    shown = rows[: asked["limit"]]
    if len(rows) < size:
        return Page([row[0] for row in shown])
    last, text, number = shown[-1]
    cursor = write_cursor([int(text is not None), text or "", number, last.id])
    return Page([row[0] for row in shown], cursor)


def _read(cursor: str) -> list[Any]:
    place = read_cursor(cursor, [int, str, int, str])
    if abs(place[2]) > MAX_NUMBER:
        raise Invalid("The cursor is not one of this list.", code="page.cursor")
    return place


def _having(
    kind: type[Record],
    query: Select[Any],
    field: Definition,
    way: tuple[list[Any] | None, bool],
) -> Select[Any]:
    after, descending = way
    keys = (INDEX.text, INDEX.number, INDEX.record_id)
    found = query.add_columns(INDEX.text, INDEX.number).join(
        CUSTOM_INDEX, and_(INDEX.record_id == kind.id, INDEX.field == field.id)
    )
    if after is not None:
        # A row value goes on in the middle of an index; its parts spelt out would read up to there.
        here, there = tuple_(*keys), tuple_(*after)
        found = found.where(here < there if descending else here > there)
    return found.order_by(*(key.desc() if descending else key.asc() for key in keys))


def _lacking(kind: type[Record], query: Select[Any], field: Definition, after: str) -> Select[Any]:
    return query.where(_without(kind, field), kind.id > after).order_by(kind.id)


def _without(kind: type[Record], field: Definition) -> ColumnElement[bool]:
    # By name: for * SQLite would look beside the index that leads from a record to its values.
    its_value = select(INDEX.field).where(INDEX.record_id == kind.id, INDEX.field == field.id)
    return not_(its_value.exists())


def _searchable(work: Work, kind: type[Record], key: str) -> Definition:
    columns = CUSTOM_FIELDS.c
    query = select(CUSTOM_FIELDS).where(
        columns.entity_id == work.caller.entity_id,
        columns.kind == noun(kind),
        columns.key == key,
        columns.active,
        columns.searchable,
    )
    row = work.session.execute(query).one_or_none() if FIELD_KEY.fullmatch(key) else None
    if row is None:
        raise Invalid(
            "There is no custom field of this name that can be searched.",
            code="custom.not_searchable",
            detail={"field": key[:80]},
        )
    field = definition(row)
    if not field.is_indexed:
        raise Conflict(
            "The records are still being looked through for this field.",
            code="custom.being_indexed",
            detail={"field": key},
        )
    return field


def _place(field: Definition, value: object) -> Place:
    """Return where a value that is asked for stands; an option of a tree is what stands below it."""
    is_many = field.type is FieldType.MULTI_ENUM
    if isinstance(value, str) and not is_many:
        value = from_text(field, value)
    return places(field, typed(field, [value] if is_many else value))[0]


def _not_so(key: str, way: str) -> Invalid:
    return Invalid(
        f"This custom field cannot be {way}.", code="custom.not_so", detail={"field": key}
    )
