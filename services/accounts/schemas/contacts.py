"""Contacts and interactions, as accepted and as shown."""

from typing import Any

from marshmallow import fields, post_load

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
from services.accounts.schemas import common
from services.accounts.schemas.customers import OneCustomer, OwnedShown


class RegisterContact(OneCustomer):
    """Describe somebody to talk to."""

    name = common.text(LIMITS["name"], required=True)
    email = common.email(allow_none=True)
    phone = common.text(LIMITS["phone"], allow_none=True)
    language = common.language(allow_none=True)
    role = common.text(80, allow_none=True)

    @post_load
    def described(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Bring the description together."""
        return {"customer_id": data.pop("customer_id"), "person": Person(**data)}


class ContactChanges(Accepted):
    """Name the fields of a contact that change; null empties one."""

    name = common.text(LIMITS["name"])
    email = common.email(allow_none=True)
    phone = common.text(LIMITS["phone"], allow_none=True)
    language = common.language(allow_none=True)
    role = common.text(80, allow_none=True)


class UpdateContact(Accepted):
    """Change a contact."""

    contact_id = common.id_(required=True)
    version = common.version()
    changes = fields.Nested(ContactChanges, required=True)


class RecordInteraction(OneCustomer):
    """Tell what happened; the key of its source makes telling it twice harmless."""

    kind = common.choice(InteractionKind, required=True)
    direction = common.choice(Direction, load_default=Direction.INTERNAL)
    subject = common.text(MAX_SUBJECT, required=True)
    source = common.text(MAX_SOURCE, required=True)
    source_key = common.text(MAX_SOURCE_KEY, required=True)
    at = common.Moment(load_default=None, allow_none=True)
    result = common.text(MAX_SUBJECT, load_default=None, allow_none=True)
    contact_id = common.id_(load_default=None, allow_none=True)

    @post_load
    def described(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Bring the description together."""
        return {"customer_id": data.pop("customer_id"), "touch": Touch(**data)}


class ContactShown(OwnedShown):
    """Show a contact."""

    customer_id = fields.String()
    name = fields.String()
    email = fields.String()
    phone = fields.String()
    phone_e164 = fields.String()
    language = fields.String()
    role = fields.String()


class InteractionShown(OwnedShown):
    """Show a touch."""

    customer_id = fields.String()
    contact_id = fields.String()
    at = common.Moment()
    kind = fields.Enum(InteractionKind, by_value=True)
    direction = fields.Enum(Direction, by_value=True)
    subject = fields.String()
    result = fields.String()
    source = fields.String()
    source_key = fields.String()
