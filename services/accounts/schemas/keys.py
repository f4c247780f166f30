"""Tags, keys in other systems and preferences, as accepted and as shown."""

from typing import Any

from marshmallow import fields, post_load
from marshmallow.validate import Length

from chassis.fields import KEY, Paged, foreign_key, line
from chassis.schemas import Shown
from services.accounts.domain.customers import LIMITS
from services.accounts.domain.keys import MAX_TAGS
from services.accounts.domain.preferences import (
    MAX_ZONE,
    Preferences,
    PreferredChannel,
    is_clock,
)
from services.accounts.schemas import common
from services.accounts.schemas.customers import OneCustomer


def _tags() -> Any:
    return fields.List(
        fields.String(validate=KEY), load_default=list, validate=Length(max=MAX_TAGS)
    )


def _clock() -> fields.String:
    return common.shaped("clock", is_clock, "Not a time of day (HH:MM).", load_default=None,
                         allow_none=True)  # fmt: skip


class TagCustomer(OneCustomer):
    """Name the words to put on a customer and to take off."""

    version = common.version()
    add = _tags()
    remove = _tags()


class SetPreferences(OneCustomer):
    """Tell how and when a customer, or somebody to talk to there, likes to be turned to."""

    contact_id = common.id_(load_default=None, allow_none=True)
    version = common.version()
    channel = common.choice(PreferredChannel, load_default=None, allow_none=True)
    window_from = _clock()
    window_until = _clock()
    zone = line(MAX_ZONE, load_default=None, allow_none=True)

    @post_load
    def described(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Bring the preferences together."""
        told = Preferences(
            preferred_channel=data.pop("channel"),
            preferred_from=data.pop("window_from"),
            preferred_until=data.pop("window_until"),
            preferred_zone=data.pop("zone"),
        )
        return {**data, "told": told}


class PreferencesShown(Shown):
    """Show how and when somebody likes to be turned to."""

    id = fields.String()
    version = fields.Integer()
    language = fields.String()
    preferred_channel = fields.Enum(PreferredChannel, by_value=True)
    preferred_from = fields.String()
    preferred_until = fields.String()
    preferred_zone = fields.String()


class KeyOfCustomer(OneCustomer):
    """Name a key that another system knows a customer by."""

    version = common.version()
    system = line(LIMITS["system"], required=True)
    external_id = foreign_key(LIMITS["external_id"], required=True)


class PagedKeys(Paged):
    """Ask for the keys of a customer."""

    customer_id = common.id_(required=True)


class KeyShown(Shown):
    """Show a key of a customer in another system."""

    system = fields.String()
    external_id = fields.String(attribute="key")
