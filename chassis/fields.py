"""Fields and schemas that every service needs: one way to write an instant, a line, a page."""

from datetime import UTC, date, datetime
from typing import Any

from marshmallow import ValidationError, fields, post_load, validates_schema
from marshmallow.validate import Length, Range, Regexp

from chassis.clock import isoformat
from chassis.cursors import DEFAULT_PAGE, MAX_PAGE
from chassis.ids import ID_LENGTH
from chassis.merging import Based, OnConflict
from chassis.schemas import Accepted, Shown

MAX_CURSOR = 2000
ID = Length(1, ID_LENGTH)
KEY = Regexp(r"\A[a-z][a-z0-9_]{0,39}\Z", error="Not a key (lower case letters, digits and _).")

# The first and the last days of Python's calendar have no midnight in some zone, or no day after.
ANY_DAY = Range(date(1000, 1, 1), date(9000, 1, 1), error="Not a day of our calendar.")


def line(limit: int, **options: Any) -> fields.String:
    """Take a text of one line with 1 to ``limit`` characters."""
    return fields.String(validate=[Length(1, limit), printable], **options)


class Key(fields.String):
    """The key that a record has in another system: blanks around it are nobody's intention."""

    def _deserialize(self, value: object, *where: Any, **options: Any) -> str:
        return str(super()._deserialize(value, *where, **options)).strip()


def foreign_key(limit: int, **options: Any) -> fields.String:
    """Take the key of another system, with 1 to ``limit`` characters."""
    return Key(validate=[Length(1, limit), printable], **options)


def printable(value: str) -> None:
    """Refuse what breaks a line.

    :raises ValidationError: if there is a control character.
    """
    if not value.isprintable():
        raise ValidationError("Control characters are not taken.")


class Moment(fields.AwareDateTime):
    """An instant: with its zone when it comes in, in UTC with Z when it goes out."""

    def _serialize(self, value: datetime | None, *_: object, **__: object) -> str | None:
        return None if value is None else isoformat(value)

    def _deserialize(self, value: object, *where: Any, **options: Any) -> datetime:
        instant: datetime = super()._deserialize(value, *where, **options)
        try:
            return instant.astimezone(UTC)
        except OverflowError as beyond:  # the first or last day of the calendar, seen from afar
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE) from beyond


class One(Accepted):
    """Name one record and the version that was read of it."""

    version = fields.Int(required=True, strict=True)


class Change(Accepted):
    """Change a record: the version that was read, and what to do if there is a later one."""

    version = fields.Int(required=True, strict=True)
    on_conflict = fields.Enum(OnConflict, by_value=True, load_default=OnConflict.REFUSE)

    @post_load
    def is_based(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Bring both together."""
        based = Based(data.pop("version"), data.pop("on_conflict"))
        return {**data, "based": based}


class OfCustomer(Accepted):
    """Ask about a customer: what every service's part of the 360° card is asked for with."""

    customer_id = fields.Str(required=True, validate=ID)


class Paged(Accepted):
    """Ask for a page."""

    after = line(MAX_CURSOR, load_default=None, allow_none=True)
    limit = fields.Int(load_default=DEFAULT_PAGE, strict=True, validate=Range(1, MAX_PAGE))


class Period(Accepted):
    """Ask about a stretch of time; its end is not in it."""

    since = Moment(required=True)
    until = Moment(required=True)

    @validates_schema
    def check(self, data: dict[str, Any], **_: Any) -> None:
        """Demand that a period begins before it ends."""
        if data["since"] >= data["until"]:
            raise ValidationError("A period ends after it begins.", "until")


class ShownRecord(Shown):
    """What every record shows."""

    id = fields.Str()
    version = fields.Int()
    entity_id = fields.Str()
    created_at = Moment()
    updated_at = Moment()


class ShownOwned(ShownRecord):
    """What every record shows that is somebody's."""

    owner_id = fields.Str()
    team_id = fields.Str()
    territory_id = fields.Str()


class PlainFields(Accepted):
    """What every plain record has; the chassis writes it."""

    id = fields.Str(dump_only=True)
    version = fields.Int(dump_only=True)
    entity_id = fields.Str(dump_only=True)
    created_at = Moment(dump_only=True)
    updated_at = Moment(dump_only=True)
