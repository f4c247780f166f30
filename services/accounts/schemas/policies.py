"""The matrix of what which customers are offered, as accepted and as shown."""

from typing import Any

from marshmallow import fields, post_load
from marshmallow.validate import Length, Range

from chassis.fields import Moment, Paged, ShownRecord
from chassis.schemas import Accepted, Shown
from services.accounts.domain.customers import Lifecycle
from services.accounts.domain.policies import (
    Entry,
    How,
    Importance,
    Level,
    Offer,
    Place,
    Scale,
    WithheldReason,
)
from services.accounts.schemas import common
from services.accounts.schemas.customers import OneCustomer

PLACE = ("customer_class", "importance", "scale")


class EntryFields(Accepted):
    """Say how one thing is offered."""

    offer = common.choice(Offer, required=True)
    level = common.choice(Level, required=True)
    reason = common.choice(WithheldReason, load_default=None, allow_none=True)
    instead = common.choice(Offer, load_default=None, allow_none=True)

    @post_load
    def described(self, data: dict[str, Any], **_: Any) -> Entry:
        """Bring the entry together."""
        return Entry(**data)


class PlaceFields(Accepted):
    """Name a place in the matrix; what is not named is any."""

    customer_class = common.choice(Lifecycle, load_default=None, allow_none=True)
    importance = common.choice(Importance, load_default=None, allow_none=True)
    scale = common.choice(Scale, load_default=None, allow_none=True)
    version = fields.Integer(required=True, strict=True, validate=Range(0))

    @post_load
    def placed(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Bring the place together."""
        return {"place": Place(**{name: data.pop(name) for name in PLACE})} | data


class SetPolicyCell(PlaceFields):
    """Write a cell of the matrix."""

    entries = fields.List(fields.Nested(EntryFields), required=True, validate=Length(1, len(Offer)))


class ClearPolicyCell(PlaceFields):
    """Take a cell out of the matrix."""


class WeighCustomer(OneCustomer):
    """Say what a customer weighs."""

    version = common.version()
    importance = common.choice(Importance, required=True, allow_none=True)
    scale = common.choice(Scale, required=True, allow_none=True)


class PolicyExclusions(Paged):
    """Ask from whom something is withheld."""


class EntryShown(Shown):
    """Show how one thing is offered in a cell."""

    offer = fields.String()
    level = fields.String()
    reason = fields.String()
    instead = fields.String()


class PolicyCellShown(ShownRecord):
    """Show a cell of the matrix; null stands for any."""

    customer_class = fields.Enum(Lifecycle, by_value=True)
    importance = fields.Enum(Importance, by_value=True)
    scale = fields.Enum(Scale, by_value=True)
    entries = fields.List(fields.Nested(EntryShown))
    withholds = fields.Boolean()


class OfferShown(Shown):
    """Show how one thing is offered to a customer, and why not."""

    offer = fields.Enum(Offer, by_value=True)
    level = fields.Enum(Level, by_value=True)
    reason = fields.Enum(WithheldReason, by_value=True)
    instead = fields.Enum(Offer, by_value=True)
    baseline = fields.Boolean()


class ServicePolicyShown(Shown):
    """Show what a customer is offered, and which cell says so."""

    customer_id = fields.String()
    customer_class = fields.Enum(Lifecycle, by_value=True)
    importance = fields.Enum(Importance, by_value=True)
    importance_by = fields.Enum(How, by_value=True)
    scale = fields.Enum(Scale, by_value=True)
    scale_by = fields.Enum(How, by_value=True)
    cell = fields.Nested(PolicyCellShown)
    offers = fields.List(fields.Nested(OfferShown))
    as_of = Moment()
