"""Messages as they are asked for, settled and shown."""

from marshmallow import fields
from marshmallow.validate import Length

from chassis.fields import ID, Moment, OfCustomer, One, Paged, ShownRecord, line
from chassis.schemas import Accepted, Shown
from services.marketing.domain.sends import Reason, SendStatus
from services.marketing.domain.templates import Purpose

MAX_MESSAGE_IDS = 500
TOKEN = Length(1, 128)


class UnknownSends(Paged):
    """Ask of which messages nobody knows whether they went out."""


class SettleSend(One):
    """Say what became of a message."""

    send_id = fields.Str(required=True, validate=ID)
    delivered = fields.Bool(required=True)


class ReconcileSends(Accepted):
    """Name messages that the mail server has."""

    message_ids = fields.List(line(998), required=True, validate=Length(1, MAX_MESSAGE_IDS))


class Link(Accepted):
    """Name a link by its token."""

    token = fields.Str(required=True, validate=TOKEN)


class SetDoNotContact(OfCustomer):
    """Keep all messages from a customer, or lift that."""

    stopped = fields.Bool(required=True)


class SendShown(ShownRecord):
    """A message as it stands; whom it went to is said by the customer's id."""

    campaign_id = fields.Str()
    step = fields.Str()
    customer_id = fields.Str()
    channel = fields.Str()
    purpose = fields.Enum(Purpose, by_value=True)
    template_id = fields.Str()
    message_id = fields.Str()
    status = fields.Enum(SendStatus, by_value=True)
    reason = fields.Enum(Reason, by_value=True)
    attempts = fields.Int()
    language = fields.Str()
    first_tried_at = Moment()
    tried_at = Moment()
    waits_until = Moment()
    settled_at = Moment()


class SuppressionShown(Shown):
    """Why a customer gets no mail, or none of some kind."""

    customer_id = fields.Str(attribute="id")
    version = fields.Int()
    unsubscribed_at = Moment()
    stopped_at = Moment()
    refused_at = Moment()
