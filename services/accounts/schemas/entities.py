"""Entities and what they share, as accepted and as shown."""

from marshmallow import fields

from chassis.fields import KEY, Paged, ShownRecord, line
from chassis.schemas import Accepted, Shown
from services.accounts.domain.customers import CustomerKind, Lifecycle
from services.accounts.domain.tiers import Tier
from services.accounts.schemas import common
from services.accounts.schemas.contacts import ContactShown
from services.accounts.schemas.customers import REACH, OneCustomer

NAME = 120


class RegisterEntity(Accepted):
    """Describe a new entity of the group."""

    entity_id = fields.String(required=True, validate=KEY)
    name = line(NAME, required=True)


class UpdateEntity(Accepted):
    """Change an entity."""

    entity_id = common.id_(required=True)
    version = common.version()
    name = line(NAME, required=True)
    active = fields.Boolean(required=True)


class ShareCustomer(OneCustomer):
    """Let the other entities look at a customer, or no longer."""

    version = common.version()
    shared = fields.Boolean(required=True)


class SharedCustomers(Paged):
    """Ask for a page of the customers that are shared."""

    entity_id = common.id_(load_default=None, allow_none=True)


class EntityShown(ShownRecord):
    """Show an entity."""

    name = fields.String()
    active = fields.Boolean()


class SharedShown(Shown):
    """Show what the other entities see of a customer: who it is, not what is done with it."""

    id = fields.String()
    version = fields.Integer()
    entity_id = fields.String()
    number = fields.String()
    kind = fields.Enum(CustomerKind, by_value=True)
    name = fields.String()
    email = fields.String(metadata=REACH)
    phone = fields.String(metadata=REACH)
    language = fields.String()
    segment = fields.String()
    country = fields.String()
    state = fields.String()
    region = fields.String()
    lifecycle = fields.Enum(Lifecycle, by_value=True)
    tier = fields.Enum(Tier, by_value=True)


class SharedCardShown(Shown):
    """Show a shared customer with the people to talk to there."""

    customer = fields.Nested(SharedShown)
    contacts = fields.List(
        fields.Nested(ContactShown(only=("id", "name", "email", "phone", "language", "role")))
    )


class SharingShown(Shown):
    """Show whether a customer is shared."""

    customer_id = fields.String()
    version = fields.Integer()
    shared = fields.Boolean()
