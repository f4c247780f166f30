"""Call-backs as they are asked for and shown."""

from typing import Any

from marshmallow import fields, post_load
from marshmallow.validate import OneOf

from chassis.fields import ID, Moment, One, Paged, ShownOwned, line
from chassis.schemas import Accepted
from services.telephony.domain.callbacks import (
    BY_HAND,
    CallbackOutcome,
    CallbackReason,
    CallbackState,
    Closing,
    NewCallback,
)
from services.telephony.schemas.common import E164, NOTE


class RequestCallback(Accepted):
    """Promise somebody to call back."""

    number = fields.Str(allow_none=True, validate=E164)
    customer_id = fields.Str(allow_none=True, validate=ID)
    call_id = fields.Str(allow_none=True, validate=ID)
    due = Moment(allow_none=True)
    agreed = fields.Bool(load_default=False)
    queue = line(80, allow_none=True)
    note = fields.Str(allow_none=True, validate=NOTE)

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Hand the use case one value."""
        return {"new": NewCallback(**data)}


class OneCallback(One):
    """Name a call-back."""

    callback_id = fields.Str(required=True, validate=ID)


class RescheduleCallback(OneCallback):
    """Put a call-back off."""

    due = Moment(required=True)
    agreed = fields.Bool(load_default=False)


class CloseCallback(OneCallback):
    """Say that somebody was called back."""

    outcome = fields.Enum(CallbackOutcome, by_value=True, validate=OneOf(BY_HAND))
    note = fields.Str(allow_none=True, validate=NOTE)
    call_id = fields.Str(allow_none=True, validate=ID)

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Hand the use case one value, apart from the name of the record."""
        named = {name: data.pop(name) for name in ("callback_id", "version")}
        return named | {"closing": Closing(**data)}


class CallbacksDue(Paged):
    """Ask who is to be called back now."""

    queue = line(80, load_default=None, allow_none=True)


class CallbackShown(ShownOwned):
    """A call-back as it stands."""

    state = fields.Enum(CallbackState, by_value=True)
    reason = fields.Enum(CallbackReason, by_value=True)
    number = fields.Str()
    customer_id = fields.Str()
    call_id = fields.Str()
    queue = fields.Str()
    note = fields.Str()
    requested_at = Moment()
    due = Moment()
    moved_from = Moment()
    agreed = fields.Bool()
    reminders = fields.Int()
    attempts = fields.Int()
    outcome = fields.Enum(CallbackOutcome, by_value=True)
    closed_at = Moment()
    settled_by = fields.Str()
