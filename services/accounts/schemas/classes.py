"""Classes of customers and their thresholds, as accepted and as shown."""

from typing import Any

from marshmallow import fields, post_load
from marshmallow.validate import Range

from chassis.fields import Moment
from chassis.schemas import Accepted, Shown
from services.accounts.domain.classes import MAX_DAYS, MAX_ORDERS, Satisfaction, Thresholds
from services.accounts.domain.customers import Lifecycle
from services.accounts.domain.stages import Stage, StageReason
from services.accounts.schemas import common
from services.accounts.schemas.customers import OneCustomer


def _days() -> fields.Integer:
    return fields.Integer(required=True, strict=True, validate=Range(1, MAX_DAYS))


class SetClassPolicy(Accepted):
    """Change where classes begin and end."""

    version = fields.Integer(required=True, strict=True, validate=Range(0))
    new_days = _days()
    churn_days = _days()
    loyal_orders = fields.Integer(required=True, strict=True, validate=Range(1, MAX_ORDERS))
    loyal_satisfaction = common.choice(Satisfaction, required=True)
    satisfaction_days = _days()

    @post_load
    def described(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Hand the use case one value."""
        return {"version": data.pop("version"), "thresholds": Thresholds(**data)}


class MoveCustomerStage(OneCustomer):
    """Say how far the dealings with a customer are."""

    version = common.version()
    stage = common.choice(Stage, required=True)
    reason = common.choice(StageReason, required=True)


class StageChangeShown(Shown):
    """Show one step in the dealings with a customer."""

    at = Moment()
    previous_stage = fields.Enum(Stage, by_value=True)
    stage = fields.Enum(Stage, by_value=True)
    reason = fields.Enum(StageReason, by_value=True)
    actor = fields.String()


class ClassPolicyShown(Shown):
    """Show where classes begin and end."""

    version = fields.Integer()
    new_days = fields.Integer()
    churn_days = fields.Integer()
    loyal_orders = fields.Integer()
    loyal_satisfaction = fields.Enum(Satisfaction, by_value=True)
    satisfaction_days = fields.Integer()


class FactsShown(Shown):
    """Show what a class follows from."""

    orders = fields.Integer()
    first_on = fields.Date()
    last_on = fields.Date()
    satisfaction = fields.Enum(Satisfaction, by_value=True)
    answered_on = fields.Date()


class ReclassifyShown(Shown):
    """A round over all customers of an entity that was begun."""

    entity_id = fields.Str()
    round = fields.Str()


class ExplanationShown(Shown):
    """Show of which class a customer is, and why."""

    customer_id = fields.String()
    customer_class = fields.Enum(Lifecycle, by_value=True)
    reasons = fields.List(fields.String())
    turns_on = fields.Date()
    facts = fields.Nested(FactsShown)
    policy = fields.Nested(ClassPolicyShown)
    as_of = Moment()
