"""What the users may name themselves: statuses of leads, stages of opportunities, products."""

from typing import Any

from marshmallow import fields, post_load
from marshmallow.validate import Length, Range

from chassis.fields import ID, KEY, One, PlainFields
from services.sales.domain.leads import StatusType
from services.sales.domain.opportunities import StageType
from services.sales.schemas.common import PERCENT

PLACE = Range(0, 1_000_000)


class LeadStatusFields(PlainFields):
    """A status of leads."""

    key = fields.Str(required=True, validate=KEY)
    label = fields.Str(required=True, validate=Length(1, 80))
    type = fields.Enum(StatusType, by_value=True, required=True)
    place = fields.Int(required=True, strict=True, validate=PLACE)
    active = fields.Bool()


class StageFields(PlainFields):
    """A stage of opportunities."""

    key = fields.Str(required=True, validate=KEY)
    label = fields.Str(required=True, validate=Length(1, 80))
    type = fields.Enum(StageType, by_value=True, required=True)
    place = fields.Int(required=True, strict=True, validate=PLACE)
    win_chance = fields.Int(required=True, strict=True, validate=PERCENT)
    active = fields.Bool()


class ProductFields(PlainFields):
    """A product of the catalogue."""

    sku = fields.Str(required=True, validate=ID)
    name = fields.Str(required=True, validate=Length(1, 250))
    category = fields.Str(allow_none=True, validate=Length(1, 80))
    sub_category = fields.Str(allow_none=True, validate=Length(1, 80))
    active = fields.Bool()
    revision = fields.Int(dump_only=True)


class NameStatus(One):
    """Call a status something else, or retire it; what it means stays."""

    status_id = fields.Str(required=True, validate=ID)
    label = fields.Str(validate=Length(1, 80))
    place = fields.Int(strict=True, validate=PLACE)
    active = fields.Bool()

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Hand the use case what was given, apart from the name of the record."""
        return {name: data.pop(name) for name in ("status_id", "version")} | {"given": data}


class NameStage(One):
    """Call a stage something else, change its usual chance, or retire it."""

    stage_id = fields.Str(required=True, validate=ID)
    label = fields.Str(validate=Length(1, 80))
    place = fields.Int(strict=True, validate=PLACE)
    win_chance = fields.Int(strict=True, validate=PERCENT)
    active = fields.Bool()

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Hand the use case what was given, apart from the name of the record."""
        return {name: data.pop(name) for name in ("stage_id", "version")} | {"given": data}
