"""Opportunities and their stages as they come in and as they are shown."""

from typing import Any

from marshmallow import fields, post_load
from marshmallow.validate import Length, Range

from chassis.fields import ID, KEY, Moment, One, ShownOwned
from chassis.schemas import Accepted
from services.sales.domain.opportunities import LostReason, NewOpportunity, StageType
from services.sales.schemas.common import CURRENCY, MAX_AMOUNT_MINOR, MAX_NOTE, PERCENT

AMOUNT = Range(0, MAX_AMOUNT_MINOR)


class OpportunityFields(Accepted):
    """What is known of an opportunity when it is opened."""

    title = fields.Str(required=True, validate=Length(1, 200))
    amount_minor = fields.Int(required=True, strict=True, validate=AMOUNT)
    currency = fields.Str(required=True, validate=CURRENCY)
    expected_close_on = fields.Date(load_default=None, allow_none=True)


class OpenOpportunity(OpportunityFields):
    """Open an opportunity with a customer."""

    customer_id = fields.Str(required=True, validate=ID)
    contact_id = fields.Str(load_default=None, allow_none=True, validate=ID)

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Hand the use case one value beside the two ids."""
        ids = {name: data.pop(name) for name in ("customer_id", "contact_id")}
        return ids | {"new": NewOpportunity(**data)}


class OneOpportunity(One):
    """Name an opportunity."""

    opportunity_id = fields.Str(required=True, validate=ID)


class ReviseOpportunity(OneOpportunity):
    """Change what an opportunity is worth, when it is expected, or how likely it is.

    What is not given stays; ``win_chance`` null gives the decision back to the stage.
    """

    amount_minor = fields.Int(strict=True, validate=AMOUNT)
    expected_close_on = fields.Date(allow_none=True)
    win_chance = fields.Int(strict=True, allow_none=True, validate=PERCENT)

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Hand the use case what was given, apart from the name of the record."""
        named = {name: data.pop(name) for name in ("opportunity_id", "version")}
        return named | {"given": data}


class MoveStage(OneOpportunity):
    """Move an opportunity to another open stage."""

    stage = fields.Str(required=True, validate=KEY)


class LoseOpportunity(OneOpportunity):
    """Close an opportunity as lost; there is always a reason."""

    reason = fields.Enum(LostReason, by_value=True, required=True)
    note = fields.Str(load_default=None, allow_none=True, validate=Length(1, MAX_NOTE))


class StageReport(Accepted):
    """Ask how an opportunity is doing."""

    opportunity_id = fields.Str(required=True, validate=ID)


class OpportunityShown(ShownOwned):
    """An opportunity as it stands."""

    customer_id = fields.Str()
    contact_id = fields.Str()
    lead_id = fields.Str()
    title = fields.Str()
    stage = fields.Str()
    stage_type = fields.Enum(StageType, by_value=True)
    last_open_stage = fields.Str()
    stage_since = Moment()
    win_chance = fields.Int()
    is_chance_by_hand = fields.Bool()
    amount_minor = fields.Int()
    currency = fields.Str()
    expected_close_on = fields.Date()
    opened_at = Moment()
    closed_at = Moment()
    lost_reason = fields.Enum(LostReason, by_value=True)
    lost_note = fields.Str()
