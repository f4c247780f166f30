"""What a report may be asked for; the row and the warehouse check it by the same schema."""

from datetime import date
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from marshmallow import ValidationError, fields, validates_schema
from marshmallow.validate import Length, OneOf, Range, Regexp

from chassis.cursors import DEFAULT_PAGE, MAX_PAGE
from chassis.fields import ANY_DAY, ID, MAX_CURSOR, Moment
from chassis.schemas import Accepted

MAX_DIMENSIONS = 3  # a cube of three has eight grains
MAX_SECONDS = 3600
MAX_IDS = 1001  # of a person: today's, and those of records that were merged into one
MAX_PLACE = 2**62
# The names of what a cube is cut by; the warehouse knows the column behind each.
DIMENSIONS: Final = (
    "region", "state", "category", "sub_category", "segment", "year", "quarter", "month", "week",
)  # fmt: skip
MAX_WORD = 80
WORD = Length(1, MAX_WORD)
CURRENCY = Regexp(r"\A[A-Z]{3}\Z", error="Not a currency (three capital letters).")


class AsOf(Accepted):
    """Ask what was known at an instant; by default now."""

    as_of = Moment(load_default=None, allow_none=True)


class Period(AsOf):
    """Ask about a period of days: from one (by default the first), to another (not included)."""

    period_start = fields.Date(load_default=None, allow_none=True, validate=ANY_DAY)
    period_end = fields.Date(load_default=None, allow_none=True, validate=ANY_DAY)

    @validates_schema
    def ends_after_its_start(self, data: dict[str, Any], **_: object) -> None:
        """Refuse a period that is none."""
        start, end = data.get("period_start"), data.get("period_end")
        if isinstance(start, date) and isinstance(end, date) and start >= end:
            raise ValidationError("A period ends after its start.", "period_end")


class Spending(Period):
    """Ask about what was spent in a period, in one currency (by default the only one there is)."""

    currency = fields.Str(load_default=None, allow_none=True, validate=CURRENCY)


class Ranking(Spending):
    """Ask for the whole, and for a page of the customers that make it."""

    limit = fields.Int(load_default=0, strict=True, validate=Range(0, MAX_PAGE))
    after = fields.Str(load_default=None, allow_none=True, validate=Length(1, MAX_CURSOR))


class Scores(Spending):
    """Ask for the score of every customer, from a rank on."""

    after_rank = fields.Int(load_default=0, strict=True, validate=Range(0))


def _dimension_names() -> OneOf:
    return OneOf(DIMENSIONS, error="Not a dimension: one of {choices}.")


class Cube(Spending):
    """Ask for a cube: every combination of the dimensions, each total at its own grain."""

    by = fields.List(
        fields.Str(validate=_dimension_names()),
        load_default=lambda: ["region", "category"],
        validate=Length(0, MAX_DIMENSIONS),
    )
    where = fields.Dict(
        keys=fields.Str(validate=_dimension_names()),
        values=fields.Raw(allow_none=True),
        load_default=dict,
        validate=Length(max=len(DIMENSIONS)),
    )

    @validates_schema
    def says_what_can_be_looked_for(self, data: dict[str, Any], **_: object) -> None:
        """Refuse a dimension that is named twice, and a value that no dimension has."""
        by = data.get("by", [])
        if len(set(by)) != len(by):
            raise ValidationError("A dimension is named once.", "by")
        for name, value in data.get("where", {}).items():
            _check_value(name, value, "where")


class CubeRows(Spending):
    """Ask for the order lines behind one cell of a cube."""

    cell = fields.Dict(
        keys=fields.Str(validate=_dimension_names()),
        values=fields.Raw(allow_none=True),
        load_default=dict,
        validate=Length(max=len(DIMENSIONS)),
    )
    limit = fields.Int(load_default=DEFAULT_PAGE, strict=True, validate=Range(1, MAX_PAGE))
    after = fields.Str(load_default=None, allow_none=True, validate=Length(1, MAX_CURSOR))

    @validates_schema
    def says_what_can_be_looked_for(self, data: dict[str, Any], **_: object) -> None:
        """Refuse a value that no dimension has."""
        for name, value in data.get("cell", {}).items():
            _check_value(name, value, "cell")


def _check_value(name: str, value: object, field: str) -> None:
    kind = int if name in {"year", "quarter"} else str
    if value is not None and type(value) is not kind:
        raise ValidationError(f"The value of {name} is a {kind.__name__}.", field)
    if isinstance(value, str) and not 1 <= len(value) <= MAX_WORD:
        raise ValidationError(f"The value of {name} has 1 to {MAX_WORD} letters.", field)


class Day(AsOf):
    """Ask about a day of calls, from midnight to midnight of a zone."""

    day = fields.Date(required=True, validate=ANY_DAY)
    zone = fields.Str(load_default="UTC", validate=Length(1, 64))
    queue = fields.Str(load_default=None, allow_none=True, validate=WORD)
    threshold_seconds = fields.Int(load_default=20, strict=True, validate=Range(0, MAX_SECONDS))

    @validates_schema
    def names_a_zone(self, data: dict[str, Any], **_: object) -> None:
        """Refuse a zone that nobody lives in."""
        try:
            ZoneInfo(data.get("zone", "UTC"))
        except (
            ZoneInfoNotFoundError,
            ValueError,
            OSError,
        ) as wrong:  # a part of the world is a folder
            raise ValidationError("Not a time zone.", "zone") from wrong


class Funnel(Period):
    """Ask what became of the leads that came in a period."""

    source = fields.Str(load_default=None, allow_none=True, validate=WORD)


class Satisfaction(Period):
    """Ask how satisfied those were who answered in a period."""

    moment = fields.Str(load_default=None, allow_none=True, validate=WORD)


class Campaigns(Period):
    """Ask what became of campaigns, of all or of one: a page, those launched last first."""

    campaign_id = fields.Str(load_default=None, allow_none=True, validate=ID)
    limit = fields.Int(load_default=MAX_PAGE, strict=True, validate=Range(1, MAX_PAGE))
    after = fields.Str(load_default=None, allow_none=True, validate=Length(1, MAX_CURSOR))


class EventsOf(Accepted):
    """Ask for what is kept of a customer by these ids, a contact, and records found to be hers."""

    ids = fields.List(fields.Str(validate=ID), required=True, validate=Length(1, MAX_IDS))
    record_ids = fields.List(
        fields.Str(validate=ID), load_default=list, validate=Length(max=MAX_IDS)
    )
    contact_id = fields.Str(load_default=None, allow_none=True, validate=ID)
    of_customer = fields.Boolean(load_default=True)  # False: only what is of these
    after = fields.Int(load_default=-1, strict=True, validate=Range(-1, MAX_PLACE))
    limit = fields.Int(load_default=DEFAULT_PAGE, strict=True, validate=Range(1, MAX_PAGE))


class Kept(EventsOf):
    """Ask for it in the name of an entity of the group; None is the house itself."""

    entity_id = fields.Str(load_default=None, allow_none=True, validate=ID)


class Status(Accepted):
    """Ask how far the warehouse is."""
