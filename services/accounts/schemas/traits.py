"""Attributes and behaviour of customers, as accepted and as shown."""

from typing import Any

from marshmallow import fields, post_load
from marshmallow.validate import Length, Range, Regexp

from chassis.fields import KEY, Moment, Paged, ShownRecord, line
from chassis.schemas import Accepted, Shown
from services.accounts.domain.traits import (
    MAX_FACTS,
    MAX_SOURCE,
    MAX_UNIT,
    MAX_VALUE,
    PLAIN,
    SENSITIVE,
    Fact,
    Family,
    Side,
    TraitKind,
)
from services.accounts.schemas import common
from services.accounts.schemas.customers import OneCustomer

MAX_AMOUNT = 10**15


class SetTrait(OneCustomer):
    """Tell an attribute of a customer; null takes it away. What is known needs its version."""

    kind = common.choice(PLAIN, required=True)
    value = line(MAX_VALUE, required=True, allow_none=True)
    version = fields.Integer(strict=True, validate=Range(1), load_default=None, allow_none=True)

    @post_load
    def described(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Name the kind."""
        return {**data, "kind": TraitKind(data["kind"])}


class SetSensitiveTrait(SetTrait):
    """Tell a sensitive attribute of a customer who has allowed it; null takes it away."""

    kind = common.choice(sorted(SENSITIVE), required=True)


class PagedTraits(Paged):
    """Ask for the attributes of a customer."""

    customer_id = common.id_(required=True)
    family = common.choice(Family, load_default=None, allow_none=True)
    side = common.choice(Side, load_default=None, allow_none=True)


class TraitSet(Shown):
    """Show that an attribute was kept or taken away; its value is shown to who asks for it."""

    id = fields.String()
    version = fields.Integer()
    customer_id = fields.String()
    kind = fields.Enum(TraitKind, by_value=True)
    sensitive = fields.Boolean()


class TraitShown(TraitSet):
    """Show an attribute."""

    family = fields.Enum(Family, by_value=True)
    side = fields.Enum(Side, by_value=True)
    value = fields.String()
    told_at = Moment()


class FactFields(Accepted):
    """Tell what a customer did or owed in a stretch of time."""

    kind = fields.String(required=True, validate=KEY)
    period_start = common.day(required=True)
    period_end = common.day(required=True)
    source = line(MAX_SOURCE, required=True)
    value = line(MAX_VALUE, load_default=None, allow_none=True)
    unit = line(MAX_UNIT, load_default=None, allow_none=True)
    amount_minor = fields.Integer(
        strict=True, load_default=None, allow_none=True, validate=Range(-MAX_AMOUNT, MAX_AMOUNT)
    )
    currency = fields.String(validate=Regexp(r"\A[A-Z]{3}\Z"), load_default=None, allow_none=True)

    @post_load
    def described(self, data: dict[str, Any], **_: Any) -> Fact:
        """Bring the fact together."""
        return Fact(**data)


class RecordBehaviour(OneCustomer):
    """Tell what a customer did or owed; told again it is corrected."""

    facts = fields.List(fields.Nested(FactFields), required=True, validate=Length(1, MAX_FACTS))


class RecordedShown(Shown):
    """Show how many facts were new or other than before."""

    recorded = fields.Integer()
    unchanged = fields.Integer()


class PagedBehaviour(Paged):
    """Ask what a customer did or owed."""

    customer_id = common.id_(required=True)
    kind = fields.String(validate=KEY, load_default=None, allow_none=True)


class FactShown(ShownRecord):
    """Show what a customer did or owed."""

    customer_id = fields.String()
    kind = fields.String()
    period_start = fields.String()
    period_end = fields.String()
    source = fields.String()
    value = fields.String()
    unit = fields.String()
    amount_minor = fields.Integer()
    currency = fields.String()
