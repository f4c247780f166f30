"""Who changed what, when and through which channel: of one record, and for auditors of all."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema
from marshmallow.validate import Length, OneOf, Range, Regexp
from sqlalchemy import ColumnElement, Select, cast, func, select
from sqlalchemy.dialects.postgresql import JSONB

from chassis import aliases
from chassis.adopting import CHANGES
from chassis.audit import CUSTOM
from chassis.cursors import DEFAULT_PAGE, MAX_PAGE
from chassis.custom.kinds import FIELD_KEY
from chassis.envelope import INTEGERS, decode
from chassis.errors import Invalid
from chassis.fields import ID, Moment, line
from chassis.records import Resource, pick
from chassis.schemas import Accepted, seen
from chassis.tables import AUDIT, AUDIT_VALUES
from chassis.work import Work

READ = "audit.read"  # permission: the trail of everything
VERBS = ("created", "updated", "deleted", "erased")
# A column, or a custom field as the trail names it.
FIELD = Regexp(
    rf"\A([a-z][a-z0-9_]{{0,39}}|{CUSTOM}\.{FIELD_KEY.pattern})\Z",
    error="Not a field (lower case letters, digits and _; or custom. and the key of one).",
)
_A, _V = AUDIT.c, AUDIT_VALUES.c


class Asked(Accepted):
    """Narrow a trail down; the latest changes come first."""

    field = fields.Str(load_default=None, allow_none=True, validate=FIELD)
    verb = fields.Str(load_default=None, allow_none=True, validate=OneOf(VERBS))
    actor = line(128, load_default=None, allow_none=True)  # person:<id> or service:<name>
    channel = line(80, load_default=None, allow_none=True)  # such as process:import
    since = Moment(load_default=None, allow_none=True)
    until = Moment(load_default=None, allow_none=True)  # not in it
    after = fields.Int(
        load_default=None, allow_none=True, strict=True, validate=Range(1, INTEGERS[-1])
    )
    limit = fields.Int(load_default=DEFAULT_PAGE, strict=True, validate=Range(1, MAX_PAGE))

    @validates_schema
    def check(self, data: dict[str, Any], **_: Any) -> None:
        """Demand that a period begins before it ends."""
        since, until = data.get("since"), data.get("until")
        if since is not None and until is not None and since >= until:
            raise ValidationError("A period ends after it begins.", "until")


class OfRecord(Asked):
    """Ask who changed what of a record."""

    kind = fields.Str(required=True, validate=Length(1, 80))
    id = fields.Str(required=True, validate=ID)


class OfAll(Asked):
    """Ask who changed what, whatever it is."""

    kind = fields.Str(load_default=None, allow_none=True, validate=Length(1, 80))
    id = fields.Str(load_default=None, allow_none=True, validate=ID)


def of_record(work: Work, resource: Resource, id_: str, asked: Mapping[str, Any]) -> Any:
    """Return the trail of a record that the caller may see, in the fields that it is shown with.

    :raises NotFound: if there is no such record that the caller may see.
    :raises Invalid: if the field is none that is shown.
    """
    found = work.get(resource.record, id_)
    shown = _shown(work, resource)
    if asked["field"] is not None and _column(asked["field"]) not in shown:
        raise Invalid(
            f"A {resource.kind} shows no field of this name.",
            code="history.unknown_field",
            detail={"fields": sorted(shown)},
        )
    ids = [
        found.id,
        *aliases.old_ids(work.session, found.id),
    ]  # what was merged into it is its past
    its = (_A.record_kind == resource.record.__tablename__, _A.record_id.in_(ids))
    rows, following = _page(work, its, asked)
    return {"items": [_entry(row, shown) for row in rows], "next": following}


def of_kinds(work: Work, tables: Collection[str], asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return the trail of some kinds of record in the caller's entity, the latest first.

    Each entry names its table as ``kind``; its changes are the names of fields, without values.
    """
    conditions = [*_of_entity(work), _A.record_kind.in_(tables)]
    rows, following = _page(work, conditions, asked)
    items = [
        {"kind": row.record_kind, "id": row.record_id}
        | (entry := _entry(row, None))
        | {"changes": sorted(entry["changes"])}
        for row in rows
    ]
    return {"items": items, "next": following}


def offers(
    resources: Mapping[str, Resource],
) -> dict[str, tuple[Callable[..., object], Schema, str | None]]:
    """Return the RPC methods of the trail: name -> (read, what it accepts, permission)."""
    kinds = {kind: resource.record.__tablename__ for kind, resource in resources.items()}
    names = {table: kind for kind, table in kinds.items()}

    def change_history(work: Work, *, kind: str, id: str, **asked: Any) -> object:
        """Return who changed what of a record, when and through which channel, the latest first."""
        resource = pick(resources, kind, "history")
        work.require(resource.reads)
        return of_record(work, resource, id, asked)

    def audit_trail(
        work: Work, *, kind: str | None, id: str | None, **asked: Any
    ) -> dict[str, object]:
        """Return the trail of everything in the caller's entity, the latest first.

        :raises Invalid: if a field or an id is named and not the kind that it belongs to.
        """
        if kind is None and (id is not None or asked["field"] is not None):
            raise Invalid("Name the kind of record too.", code="history.kind_missing")
        conditions = _of_entity(work)
        if kind is not None:
            conditions.append(_A.record_kind == kinds.get(kind, kind))
        if id is not None:
            conditions.append(_A.record_id == id)
        rows, following = _page(work, conditions, asked)
        items = [
            {"kind": names.get(row.record_kind, row.record_kind), "id": row.record_id}
            | _entry(row, None)
            for row in rows
        ]
        return {"items": items, "next": following}

    return {
        "change_history": (change_history, OfRecord(), None),
        "audit_trail": (audit_trail, OfAll(), READ),
    }


def _of_entity(work: Work) -> list[ColumnElement[bool]]:
    if work.caller.service is not None:
        return []
    return [_A.entity_id == work.caller.entity_id]


def _page(
    work: Work, conditions: Sequence[ColumnElement[bool]], asked: Mapping[str, Any]
) -> tuple[Sequence[Any], int | None]:
    """Run a query, the latest first; with it comes the position to go on after."""
    query: Select[Any] = select(AUDIT, CHANGES.label("said"))
    query = query.outerjoin(AUDIT_VALUES, _V.position == _A.position)
    query = query.where(*conditions, *_narrowed(work, asked))
    if asked["after"] is not None:
        query = query.where(_A.position < asked["after"])
    limit = asked["limit"]
    rows = work.session.execute(query.order_by(_A.position.desc()).limit(limit + 1)).all()
    return rows[:limit], rows[limit - 1].position if len(rows) > limit else None


def _narrowed(work: Work, asked: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    equal = {_A.verb: asked["verb"], _A.actor: asked["actor"], _A.channel: asked["channel"]}
    found = [column == value for column, value in equal.items() if value is not None]
    since: datetime | None = asked["since"]
    until: datetime | None = asked["until"]
    if since is not None:
        found.append(_A.at >= since)
    if until is not None:
        found.append(_A.at < until)
    if asked["field"] is not None:
        found.append(_names(work, asked["field"]))
    return found


def _names(work: Work, field: str) -> ColumnElement[bool]:
    """Match the changes of a field; its name (see FIELD) cannot break the path."""
    if work.session.get_bind().dialect.name == "postgresql":
        return func.jsonb_exists(cast(CHANGES, JSONB), field)
    return func.json_type(CHANGES, f'$."{field}"').is_not(None)


def _shown(work: Work, resource: Resource) -> frozenset[str]:
    """Return the columns of a record that its schema shows to the caller, under whatever name."""
    allowed = seen(resource.schema, work.caller)
    schema: Any = resource.schema
    columns = {column.key for column in resource.record.__table__.columns}
    named = {f.attribute or name for name, f in schema.fields.items() if name in allowed}
    return frozenset(named & columns)


def _column(field: str) -> str:
    """Return the column that a field stands in; custom ones stand in one together."""
    return field.partition(".")[0]


def _entry(row: Any, shown: frozenset[str] | None) -> dict[str, Any]:
    read: Any = None if row.said is None else decode(row.said)
    changes = read or {}
    if shown is not None:
        changes = {name: pair for name, pair in changes.items() if _column(name) in shown}
    return {
        "version": row.version,
        "verb": row.verb,
        "at": row.at,
        "actor": row.actor,
        "channel": row.channel,
        "correlation_id": row.correlation_id,
        "changes": changes,
        "erased": read is None,  # what it was is gone, that it was stays
    }
