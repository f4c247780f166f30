"""Relationships between customers, as accepted and as shown."""

from typing import Any

from marshmallow import fields, post_load
from marshmallow.validate import Length, Range

from chassis.fields import Moment, Paged, ShownRecord
from chassis.schemas import Accepted, Shown
from services.accounts.domain.relationships import (
    MAX_BASIS_POINTS,
    MAX_TEXT,
    ROLES,
    Degree,
    OperatingState,
    PartnerTier,
    Relation,
    Size,
    Terms,
)
from services.accounts.schemas import common
from services.accounts.schemas.customers import OneCustomer

MAX_RANK = 1_000_000


def _text() -> fields.String:
    return fields.String(validate=Length(1, MAX_TEXT), allow_none=True)


class TermFields(Accepted):
    """Tell the terms of a relationship; null empties one."""

    size = common.choice(Size, allow_none=True)
    strength = common.choice(Degree, allow_none=True)
    industry_rank = fields.Integer(strict=True, validate=Range(1, MAX_RANK), allow_none=True)
    share_bp = fields.Integer(strict=True, validate=Range(1, MAX_BASIS_POINTS), allow_none=True)
    tier = common.choice(PartnerTier, allow_none=True)
    manager_id = common.id_(allow_none=True)
    joint_plan = _text()
    background = _text()
    potential = common.choice(Degree, allow_none=True)
    operating_state = common.choice(OperatingState, allow_none=True)
    valid_from = Moment(allow_none=True)
    valid_until = Moment(allow_none=True)


class Relate(OneCustomer):
    """Tell what another customer is to this one."""

    other_id = common.id_(required=True)
    relation = common.choice(Relation, required=True)
    terms = fields.Nested(TermFields, load_default=dict)

    @post_load
    def described(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Bring the terms together."""
        return {**data, "terms": Terms(**data["terms"])}


class UpdateRelationship(Accepted):
    """Change the terms of a relationship."""

    relationship_id = common.id_(required=True)
    version = common.version()
    changes = fields.Nested(TermFields, required=True)


class PagedRelationships(Paged):
    """Ask what others are to a customer, and what it is to them."""

    customer_id = common.id_(required=True)
    role = common.choice(ROLES, load_default=None, allow_none=True)
    ended = fields.Boolean(load_default=False)


class RelationshipShown(ShownRecord):
    """Show a relationship as it was told."""

    customer_id = fields.String()
    other_id = fields.String()
    relation = fields.Enum(Relation, by_value=True)
    size = fields.Enum(Size, by_value=True)
    strength = fields.Enum(Degree, by_value=True)
    industry_rank = fields.Integer()
    share_bp = fields.Integer()
    tier = fields.Enum(PartnerTier, by_value=True)
    manager_id = fields.String()
    joint_plan = fields.String()
    background = fields.String()
    potential = fields.Enum(Degree, by_value=True)
    operating_state = fields.Enum(OperatingState, by_value=True)
    valid_from = Moment()
    valid_until = Moment()


class SideShown(Shown):
    """Show a relationship from one of its ends: who the other one is, and what."""

    party_id = fields.String()
    role = fields.String()
    relationship = fields.Nested(RelationshipShown)


class ReferralsShown(Shown):
    """Show how many customers somebody brought."""

    customer_id = fields.String()
    referrals = fields.Integer()
