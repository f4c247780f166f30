"""Contacts and interactions, as accepted and as shown."""

from typing import Any

from marshmallow import fields, post_load

from chassis.custom.schemas import given
from chassis.fields import Change, Moment, ShownOwned, line
from chassis.schemas import Accepted
from services.accounts.domain.customers import LIMITS, Person
from services.accounts.domain.interactions import (
    MAX_SOURCE,
    MAX_SOURCE_KEY,
    MAX_SUBJECT,
    Direction,
    InteractionKind,
    Touch,
)
from services.accounts.domain.organisation import BuyingRole, Level
from services.accounts.domain.preferences import PreferredChannel
from services.accounts.schemas import common
from services.accounts.schemas.customers import REACH, OneCustomer


class RegisterContact(OneCustomer):
    """Describe somebody to talk to."""

    name = common.name(required=True)
    email = common.email(allow_none=True)
    phone = line(LIMITS["phone"], allow_none=True)
    language = common.language(allow_none=True)
    role = line(80, allow_none=True)
    custom = given(load_default=dict)

    @post_load
    def described(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Bring the description together."""
        beside = {name: data.pop(name) for name in ("customer_id", "custom")}
        return {**beside, "person": Person(**data)}


class ContactChanges(Accepted):
    """Name the fields of a contact that change; null empties one."""

    name = common.name()
    email = common.email(allow_none=True)
    phone = line(LIMITS["phone"], allow_none=True)
    language = common.language(allow_none=True)
    role = line(80, allow_none=True)
    custom = given()


class UpdateContact(Change):
    """Change a contact."""

    contact_id = common.id_(required=True)
    version = common.version()
    changes = fields.Nested(ContactChanges, required=True)


class RecordInteraction(OneCustomer):
    """Tell what happened; the key of its source makes telling it twice harmless."""

    kind = common.choice(InteractionKind, required=True)
    direction = common.choice(Direction, load_default=Direction.INTERNAL)
    subject = line(MAX_SUBJECT, required=True)
    source = line(MAX_SOURCE, required=True)
    source_key = line(MAX_SOURCE_KEY, required=True)
    at = Moment(load_default=None, allow_none=True)
    result = line(MAX_SUBJECT, load_default=None, allow_none=True)
    level = common.choice(Level, load_default=None, allow_none=True)
    contact_id = common.id_(load_default=None, allow_none=True)

    @post_load
    def described(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Bring the description together."""
        return {"customer_id": data.pop("customer_id"), "touch": Touch(**data)}


class ContactShown(ShownOwned):
    """Show a contact."""

    customer_id = fields.String()
    name = fields.String()
    email = fields.String(metadata=REACH)
    phone = fields.String(metadata=REACH)
    phone_e164 = fields.String(metadata=REACH)
    language = fields.String()
    role = fields.String()
    department_id = fields.String()
    reports_to_id = fields.String()
    buying_role = fields.Enum(BuyingRole, by_value=True)
    level = fields.Enum(Level, by_value=True)
    preferred_channel = fields.Enum(PreferredChannel, by_value=True)
    preferred_from = fields.String()
    preferred_until = fields.String()
    preferred_zone = fields.String()
    custom = fields.Dict()


class InteractionShown(ShownOwned):
    """Show a touch."""

    customer_id = fields.String()
    contact_id = fields.String()
    at = Moment()
    kind = fields.Enum(InteractionKind, by_value=True)
    direction = fields.Enum(Direction, by_value=True)
    level = fields.Enum(Level, by_value=True)
    subject = fields.String()
    result = fields.String()
    source = fields.String()
    source_key = fields.String()
    lag_ms = fields.Integer()  # from the commit at its source to ours (created_at)
