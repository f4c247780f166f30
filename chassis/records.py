"""Plain records: a table of rows and five functions, without hooks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from dataclasses import field as column
from typing import Any

from marshmallow import Schema, fields
from marshmallow.validate import Length
from sqlalchemy import ColumnElement, select

from chassis.audit import plain
from chassis.cursors import DEFAULT_PAGE
from chassis.custom import finding
from chassis.custom.forms import has_fields
from chassis.envelope import encode
from chassis.errors import Forbidden, Invalid, NotFound
from chassis.fields import Change
from chassis.filters import Filter
from chassis.merging import Based, since
from chassis.pages import Page, page
from chassis.schemas import Accepted, dumped, loaded
from chassis.tables import PERSONAL, Record
from chassis.work import Work
from contracts import base as contracts

METHODS = {  # verb -> the RPC method that serves all kinds
    "get": "get_record",
    "find": "find_records",
    "history": "change_history",
    "create": "create_record",
    "update": "update_record",
    "delete": "delete_record",
}
VERBS = frozenset(METHODS)
READING = frozenset({"get", "find", "history"})


@dataclass(frozen=True, slots=True)
class Resource:
    """What may be done from outside with one kind of plain record.

    ``filters``: name -> a function from the given value to a condition (chassis/filters.py).
    ``sorts``: name -> a NOT NULL column. The first named sort is the default.
    """

    kind: str
    record: type[Record]
    schema: Schema
    reads: str  # permission
    writes: str  # permission
    filters: Mapping[str, Filter] = column(default_factory=dict)
    sorts: Mapping[str, Any] = column(default_factory=dict)
    verbs: frozenset[str] = VERBS


def pick(resources: Mapping[str, Resource], kind: str, verb: str) -> Resource:
    """Return the resource of a kind if the verb is offered.

    :raises NotFound: if there is no such kind.
    :raises Forbidden: if this verb is not offered for it.
    """
    resource = resources.get(kind)
    if resource is None:
        raise NotFound(
            f"There is no kind of record named {kind[:80]!r}.",
            code="record.unknown_kind",
            detail={"kinds": sorted(resources)},
        )
    if verb not in resource.verbs:
        raise Forbidden(
            f"A {kind} does not offer {verb}.",
            code="record.verb_not_offered",
            detail={"verbs": sorted(resource.verbs)},
        )
    return resource


def get(work: Work, resource: Resource, id_: str) -> object:
    """Return one record as it is shown."""
    return dumped(resource.schema, work.get(resource.record, id_), work.caller)


def find(work: Work, resource: Resource, asked: Mapping[str, Any]) -> dict[str, object]:
    """Return a page of records as asked, as they are shown (see ``chosen``)."""
    found = chosen(work, resource, asked)
    items = dumped(resource.schema, found.items, work.caller, many=True)
    return {"items": items, "next": found.next}


def chosen(work: Work, resource: Resource, asked: Mapping[str, Any]) -> Page[Any]:
    """Return a page of records as asked: filters, sort, descending, limit, after.

    :raises Invalid: if a filter or sort is not one of the named ones.
    """
    conditions = [
        _condition(work, resource, name, value) for name, value in asked["filters"].items()
    ]
    query = select(resource.record).where(*work.visible(resource.record), *conditions)
    if _is_custom(resource, asked["sort"]):
        return finding.sorted_page(work, resource.record, query, asked)
    return page(
        work,
        query,
        _keys(resource, asked["sort"]),
        limit=asked["limit"],
        after=asked["after"],
        descending=asked["descending"],
        few=any(_is_custom(resource, name) for name in asked["filters"]),
    )


def create(work: Work, resource: Resource, given: Mapping[str, Any]) -> object:
    """Put in a new record."""
    record = work.add(resource.record(**loaded(resource.schema, given)))
    tell_changed(work, resource.kind, record, "created")
    work.flush()
    return dumped(resource.schema, record, work.caller)


def update(
    work: Work, resource: Resource, id_: str, based: Based, given: Mapping[str, Any]
) -> object:
    """Change the given fields of a record; unchanged values tell nothing.

    :raises StaleVersion: if it changed since, and that is to be refused or cannot be merged.
    """
    record = work.get(resource.record, id_)
    others = since(work.session, record, based)
    changed = others.mine(loaded(resource.schema, given, partial=True))
    different = {n: v for n, v in changed.items() if getattr(record, n) != v}
    for name, value in different.items():
        setattr(record, name, value)
    if different:
        tell_changed(work, resource.kind, record, "updated")
        work.flush()
    return dumped(resource.schema, record, work.caller)


def delete(work: Work, resource: Resource, id_: str, version: int) -> None:
    """Delete a record."""
    record = work.get(resource.record, id_, version=version)
    tell_changed(work, resource.kind, record, "deleted")
    work.remove(record)


class Named(Accepted):
    """Name a kind of record."""

    kind = fields.Str(required=True, validate=Length(1, 80))


class One(Named):
    """Name one record."""

    id = fields.Str(required=True, validate=Length(1, 64))


class Many(Named):
    """Describe a page of records."""

    filters = fields.Dict(keys=fields.Str(), load_default=dict)
    sort = fields.Str(load_default=None, allow_none=True)
    descending = fields.Bool(load_default=False)
    limit = fields.Int(load_default=DEFAULT_PAGE, strict=True)
    after = fields.Str(load_default=None, allow_none=True, validate=Length(1, 2000))


class New(Named):
    """Give the fields of a new record."""

    values = fields.Dict(keys=fields.Str(), required=True)


class Changes(Change, One):
    """Give the changed fields of a record and the version they were based on."""

    values = fields.Dict(keys=fields.Str(), required=True)


class Gone(One):
    """Name a record to delete and the version that was read."""

    version = fields.Int(required=True, strict=True)


def offers(resources: Mapping[str, Resource]) -> dict[str, tuple[Callable[..., object], Schema]]:
    """Return the RPC methods for these kinds (chassis/history.py has the others)."""

    def ready(work: Work, kind: str, verb: str) -> Resource:
        resource = pick(resources, kind, verb)
        work.require(resource.reads if verb in READING else resource.writes)
        return resource

    def get_record(work: Work, *, kind: str, id: str) -> object:  # RPC parameter
        return get(work, ready(work, kind, "get"), id)

    def find_records(work: Work, *, kind: str, **asked: Any) -> object:
        return find(work, ready(work, kind, "find"), asked)

    def create_record(work: Work, *, kind: str, values: Mapping[str, Any]) -> object:
        return create(work, ready(work, kind, "create"), values)

    def update_record(
        work: Work,
        *,
        kind: str,
        id: str,
        based: Based,
        values: Mapping[str, Any],
    ) -> object:
        return update(work, ready(work, kind, "update"), id, based, values)

    def delete_record(work: Work, *, kind: str, id: str, version: int) -> None:
        delete(work, ready(work, kind, "delete"), id, version)

    return {
        "get_record": (get_record, One()),
        "find_records": (find_records, Many()),
        "create_record": (create_record, New()),
        "update_record": (update_record, Changes()),
        "delete_record": (delete_record, Gone()),
    }


def _is_custom(resource: Resource, name: str | None) -> bool:
    return str(name).startswith(finding.PREFIX) and has_fields(resource.record)


def _condition(work: Work, resource: Resource, name: str, value: object) -> ColumnElement[bool]:
    custom = _is_custom(resource, name)
    if not custom and name not in resource.filters:
        raise Invalid(
            f"A {resource.kind} cannot be filtered by {name[:80]!r}.",
            code="record.unknown_filter",
            detail={"filters": sorted(resource.filters)},
        )
    if isinstance(value, list | dict):
        raise Invalid(f"The filter {name} takes one value.", code="record.filter_value")
    if custom:
        return finding.condition(work, resource.record, name, value)
    return resource.filters[name](value)


def _keys(resource: Resource, sort: str | None) -> list[Any]:
    last = resource.record.id
    if sort is None:
        return [*list(resource.sorts.values())[:1], last]
    if sort not in resource.sorts:
        raise Invalid(
            f"A {resource.kind} cannot be sorted by {sort[:80]!r}.",
            code="record.unknown_sort",
            detail={"sorts": sorted(resource.sorts)},
        )
    return [resource.sorts[sort], last]


def tell_changed(work: Work, kind: str, record: Record, verb: str) -> None:
    """Tell that a plain record was created, updated or deleted, without what is personal."""
    told: Any = contracts.registry()[f"{work.service}.record.changed.v1"].cls

    def make(done: Record) -> object:
        image = {
            each.key: encode(plain(getattr(done, each.key))).decode()
            for each in done.__table__.columns
            if each.info != PERSONAL and each.key != "event_seq"
        }
        return told(id=done.id, kind=kind, version=done.version, verb=verb, fields=image)

    work.tell(make, record)
