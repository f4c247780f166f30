"""Flags, credit and whether somebody may be turned to, as accepted and as shown."""

from typing import Any

from marshmallow import fields, post_load
from marshmallow.validate import OneOf, Range, Regexp

from chassis.fields import Moment, ShownOwned, line
from chassis.schemas import Accepted, Shown
from services.accounts.domain.consents import Channel, Purpose
from services.accounts.domain.contacting import Why
from services.accounts.domain.flags import (
    LIFTING,
    MAX_NOTE,
    Credit,
    CreditReason,
    FlagKind,
    FlagReason,
    LiftReason,
    NewFlag,
    Rating,
)
from services.accounts.schemas import common
from services.accounts.schemas.customers import OneCustomer

MOST_MINOR = 10**15
CURRENCY = Regexp(r"\A[A-Z]{3}\Z", error="Not a currency (three capital letters).")


class RaiseFlag(OneCustomer):
    """Raise a flag over a customer."""

    kind = common.choice(FlagKind, required=True)
    reason = common.choice(FlagReason, required=True)
    channel = common.choice(Channel, load_default=Channel.ANY)
    until = Moment(load_default=None, allow_none=True)
    note = line(MAX_NOTE, load_default=None, allow_none=True)

    @post_load
    def described(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Hand the use case one value."""
        return {"customer_id": data.pop("customer_id"), "flag": NewFlag(**data)}


class LiftFlag(Accepted):
    """Lift a flag."""

    flag_id = common.id_(required=True)
    version = common.version()
    reason = fields.Enum(LiftReason, by_value=True, required=True, validate=OneOf(LIFTING))


class SetCredit(OneCustomer):
    """Say how far a customer may owe us something."""

    version = common.version()
    rating = common.choice(Rating, required=True)
    reason = common.choice(CreditReason, required=True)
    limit_minor = fields.Integer(
        load_default=None, allow_none=True, strict=True, validate=Range(0, MOST_MINOR)
    )
    currency = fields.String(load_default=None, allow_none=True, validate=CURRENCY)
    note = line(MAX_NOTE, load_default=None, allow_none=True)

    @post_load
    def described(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Hand the use case one value."""
        named = {name: data.pop(name) for name in ("customer_id", "version")}
        return named | {"credit": Credit(**data)}


class MayContact(OneCustomer):
    """Ask whether a customer may be turned to."""

    purpose = common.choice(Purpose, required=True)
    channel = common.choice(Channel, required=True)


class FlagShown(ShownOwned):
    """Show a flag."""

    customer_id = fields.String()
    kind = fields.Enum(FlagKind, by_value=True)
    channel = fields.Enum(Channel, by_value=True)
    reason = fields.Enum(FlagReason, by_value=True)
    note = fields.String()
    raised_at = Moment()
    raised_by = fields.String()
    until = Moment()
    lifted_at = Moment()
    lifted_by = fields.String()
    lift_reason = fields.Enum(LiftReason, by_value=True)


class CreditShown(Shown):
    """Show how far a customer may owe us something."""

    customer_id = fields.String()
    version = fields.Integer()
    rating = fields.Enum(Rating, by_value=True)
    limit_minor = fields.Integer()
    currency = fields.String()
    reason = fields.Enum(CreditReason, by_value=True)
    note = fields.String()
    at = Moment()
    by = fields.String()


class MayContactShown(Shown):
    """Show whether a customer may be turned to, and what decides it."""

    customer_id = fields.String()
    purpose = fields.Enum(Purpose, by_value=True)
    channel = fields.Enum(Channel, by_value=True)
    allowed = fields.Boolean()
    reason = fields.Enum(Why, by_value=True)
    consent_id = fields.String()
    flags = fields.List(fields.String())
    as_of = Moment()
