"""Customers and their owners, as accepted and as shown."""

from typing import Any

from marshmallow import fields, post_load

from chassis.custom.schemas import given
from chassis.fields import Change, Moment, Paged, ShownOwned, line
from chassis.schemas import Accepted, Shown, guarded
from services.accounts.domain.customers import (
    DERIVABLE,
    FIELDS,
    LIMITS,
    CustomerKind,
    Details,
    Lifecycle,
    Terms,
)
from services.accounts.domain.flags import Rating
from services.accounts.domain.matching import Policy
from services.accounts.domain.policies import Importance, Scale
from services.accounts.domain.pools import OverCap
from services.accounts.domain.preferences import PreferredChannel
from services.accounts.domain.stages import Stage, StageReason
from services.accounts.domain.tiers import Tier
from services.accounts.schemas import common

# How somebody is reached is not everybody's business who may see that there is a customer.
REACH = guarded("customer.reach")
SOURCES = ("manual", "lead", "web", "api", "import")


class Described(Accepted):
    """Describe a customer."""

    kind = common.choice(CustomerKind, load_default=CustomerKind.PERSON)
    name = common.name(required=True)
    email = common.email(allow_none=True)
    phone = line(LIMITS["phone"], allow_none=True)
    language = common.language(allow_none=True)
    segment = line(LIMITS["segment"], allow_none=True)
    country = common.country(allow_none=True)
    state = line(LIMITS["state"], allow_none=True)
    city = line(LIMITS["city"], allow_none=True)
    postal_code = line(LIMITS["postal_code"], allow_none=True)
    region = line(LIMITS["region"], allow_none=True)
    customer_since = common.day(allow_none=True)
    external_ids = common.external_ids(load_default=dict)
    derived = fields.List(common.choice(DERIVABLE), load_default=list)

    @post_load
    def described(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Bring the description together."""
        told = {name: data.pop(name) for name in FIELDS if name in data}
        keys, derived = data.pop("external_ids", {}), tuple(data.pop("derived", ()))
        return {**data, "details": Details(**told, external_ids=keys, derived=derived)}


class FindMatches(Described):
    """Describe whom to look for; the name may be missing here."""

    name = line(LIMITS["name"], load_default="")


class RegisterCustomer(Described):
    """Describe a new customer and say what to do if it is known."""

    custom = given(load_default=dict)
    on_match = common.choice(Policy, load_default=None, allow_none=True)
    owner_id = common.id_(load_default=None, allow_none=True)
    source = common.choice(SOURCES, load_default="manual")

    @post_load
    def on_terms(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Bring the terms together."""
        terms = {name: data.pop(name) for name in ("on_match", "owner_id", "source")}
        return {**data, "terms": Terms(**terms)}


class Changes(Accepted):
    """Name the fields of a customer that change; null empties one."""

    kind = common.choice(CustomerKind)
    name = common.name()
    email = common.email(allow_none=True)
    phone = line(LIMITS["phone"], allow_none=True)
    language = common.language(allow_none=True)
    segment = line(LIMITS["segment"], allow_none=True)
    country = common.country(allow_none=True)
    state = line(LIMITS["state"], allow_none=True)
    city = line(LIMITS["city"], allow_none=True)
    postal_code = line(LIMITS["postal_code"], allow_none=True)
    region = line(LIMITS["region"], allow_none=True)
    customer_since = common.day(allow_none=True)
    custom = given()


class UpdateCustomer(Change):
    """Change a customer."""

    customer_id = common.id_(required=True)
    version = common.version()
    changes = fields.Nested(Changes, required=True)
    on_match = common.choice(Policy, load_default=None, allow_none=True)


class OneCustomer(Accepted):
    """Name a customer."""

    customer_id = common.id_(required=True)


class PagedCustomer(Paged):
    """Ask for a page of what belongs to a customer."""

    customer_id = common.id_(required=True)


class AssignOwner(OneCustomer):
    """Give a customer another owner; null releases it."""

    version = common.version()
    owner_id = common.id_(required=True, allow_none=True)
    over_cap = common.choice(OverCap, load_default=None, allow_none=True)


class MatchShown(Shown):
    """Show who it may be."""

    customer_id = fields.String()
    version = fields.Integer()
    owner_id = fields.String()
    score = fields.Integer()
    reasons = fields.List(fields.String())
    certain = fields.Boolean()


class SharedMatchShown(Shown):
    """Show that it may be a customer that another entity shares."""

    customer_id = fields.String()
    entity_id = fields.String()
    score = fields.Integer()
    reasons = fields.List(fields.String())
    certain = fields.Boolean()


class MatchesShown(Shown):
    """Show all who it may be, and whom of other entities' shared customers."""

    matches = fields.List(fields.Nested(MatchShown))
    shared = fields.List(fields.Nested(SharedMatchShown))


class RegisteredShown(MatchesShown):
    """Show which customer it is now."""

    customer_id = fields.String()
    number = fields.String()
    version = fields.Integer()
    created = fields.Boolean()
    matched_on = fields.List(fields.String())


class CustomerShown(ShownOwned):
    """Show a customer."""

    number = fields.String()
    kind = fields.Enum(CustomerKind, by_value=True)
    name = fields.String()
    email = fields.String(metadata=REACH)
    phone = fields.String(metadata=REACH)
    phone_e164 = fields.String(metadata=REACH)
    language = fields.String()
    segment = fields.String()
    country = fields.String()
    state = fields.String()
    city = fields.String(metadata=REACH)
    postal_code = fields.String(metadata=REACH)
    region = fields.String()
    lifecycle = fields.Enum(Lifecycle, by_value=True)
    tier = fields.Enum(Tier, by_value=True)
    tier_rank = fields.Integer()
    tier_of = fields.Integer()
    tier_period_start = fields.String()
    tier_period_end = fields.String()
    tier_as_of = Moment()
    tier_score_id = fields.String()
    stage = fields.Enum(Stage, by_value=True)
    stage_at = Moment()
    stage_reason = fields.Enum(StageReason, by_value=True)
    importance = fields.Enum(Importance, by_value=True)
    scale = fields.Enum(Scale, by_value=True)
    flags = fields.List(fields.String())
    credit_rating = fields.Enum(Rating, by_value=True)
    credit_limit_minor = fields.Integer()
    credit_currency = fields.String()
    customer_since = fields.String()
    external_ids = fields.Dict()
    further_ids = fields.Dict()
    tags = fields.List(fields.String())
    preferred_channel = fields.Enum(PreferredChannel, by_value=True)
    preferred_from = fields.String()
    preferred_until = fields.String()
    preferred_zone = fields.String()
    derived = fields.List(fields.String())
    pool_id = fields.String()
    locked_at = Moment()
    custom = fields.Dict()


class OwnershipShown(Shown):
    """Show one change of owner."""

    at = Moment()
    previous_owner_id = fields.String()
    owner_id = fields.String()
    team_id = fields.String()
    territory_id = fields.String()
    reason = fields.String()
    rule = fields.String()
    cause = fields.String()
    pool_id = fields.String()
    batch_id = fields.String()
    actor = fields.String()
