"""Segments as they are defined and shown."""

from typing import Any

from marshmallow import fields, post_load
from marshmallow.validate import Length, Range

from chassis.fields import ID, KEY, Moment, One, Paged, ShownRecord, line
from chassis.schemas import Accepted, Shown
from services.marketing.domain.segments import MAX_CONDITIONS, Condition, Fact, check

MAX_VALUES = 50
DAYS = Range(0, 36_500)


class ConditionFields(Accepted):
    """One thing that has to hold."""

    fact = fields.Enum(Fact, by_value=True, required=True)
    any_of = fields.List(line(80), validate=Length(1, MAX_VALUES))
    within_days = fields.Int(strict=True, validate=DAYS)
    older_than_days = fields.Int(strict=True, validate=DAYS)
    has = fields.Str(validate=KEY)
    field = fields.Str(validate=KEY)  # the key of a custom field
    at_least = line(40)
    below = line(40)

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> Condition:
        """Return a condition that asks in the one way that fits its fact."""
        condition = Condition(**data | {"any_of": tuple(data.get("any_of", ()))})
        check(condition)
        return condition


class _Conditions(Accepted):
    """What a segment demands."""

    all_of = fields.List(
        fields.Nested(ConditionFields), required=True, validate=Length(1, MAX_CONDITIONS)
    )


class PreviewSegment(_Conditions):
    """Ask who would belong to a segment."""


class DefineSegment(_Conditions):
    """Define a segment."""

    key = fields.Str(required=True, validate=KEY)
    label = line(80, required=True)


class OneSegment(One):
    """Name a segment."""

    segment_id = fields.Str(required=True, validate=ID)


class ReviseSegment(OneSegment, _Conditions):
    """Change what a segment demands."""

    label = line(80, required=True)


class SegmentMembers(Paged):
    """Ask who belongs to a segment."""

    segment_id = fields.Str(required=True, validate=ID)


class ExplainMember(Accepted):
    """Ask why a customer belongs to a segment, or why not."""

    segment_id = fields.Str(required=True, validate=ID)
    customer_id = fields.Str(required=True, validate=ID)


class TagCustomer(Accepted):
    """Name a customer and a word."""

    customer_id = fields.Str(required=True, validate=ID)
    tag = fields.Str(required=True, validate=KEY)


class SegmentShown(ShownRecord):
    """A segment as it stands."""

    key = fields.Str()
    label = fields.Str()
    all_of = fields.List(fields.Dict())
    active = fields.Bool()
    is_filled = fields.Function(lambda one: one.filling is None)


class MembershipShown(ShownRecord):
    """A stay in a segment."""

    segment_id = fields.Str()
    customer_id = fields.Str()
    active = fields.Bool()
    reasons = fields.List(fields.Str())
    joined_at = Moment()
    left_at = Moment()


class ConditionExplained(Shown):
    """Whether one condition holds, and why."""

    fact = fields.Str()
    holds = fields.Bool()
    reason = fields.Str()


class ExplanationShown(Shown):
    """Why a customer belongs to a segment, or why not."""

    segment_id = fields.Str()
    customer_id = fields.Str()
    belongs = fields.Bool()
    joined_at = Moment()
    left_at = Moment()
    conditions = fields.List(fields.Nested(ConditionExplained))
    as_of = fields.Str()
