"""Public pools, claims and caps, as accepted and as shown."""

from typing import Any
from zoneinfo import available_timezones

from marshmallow import fields, post_load
from marshmallow.validate import Length, Range

from chassis.fields import Paged, PlainFields, ShownRecord, line
from chassis.schemas import Accepted, Shown
from services.accounts.domain import pools as rules
from services.accounts.domain.customers import LIMITS, CustomerKind, Lifecycle
from services.accounts.domain.pools import CapKind, Holder, PoolTerms, ReleaseReason, Right
from services.accounts.domain.tiers import Tier
from services.accounts.schemas import common
from services.accounts.schemas.customers import REACH, OneCustomer

_RIGHTS = {
    Right.LIST: Holder.MEMBERS, Right.CLAIM: Holder.MEMBERS, Right.DISTRIBUTE: Holder.ADMINS,
}  # fmt: skip


def ids(most: int = rules.MAX_PEOPLE, **options: Any) -> fields.List[Any]:
    """Take ids, each once."""
    return fields.List(common.id_(), load_default=list, validate=Length(max=most), **options)


def days(**options: Any) -> fields.Integer:
    """Take a number of days."""
    return fields.Integer(strict=True, validate=Range(0, rules.MAX_DAYS), **options)


class RightsFields(Accepted):
    """Say who holds which right in a pool."""

    list = common.choice(Holder, load_default=Holder.MEMBERS)
    claim = common.choice(Holder, load_default=Holder.MEMBERS)
    distribute = common.choice(Holder, load_default=Holder.ADMINS)


class RegisterPool(Accepted):
    """Describe a public pool."""

    name = line(rules.MAX_NAME, required=True)
    active = fields.Boolean(load_default=True)
    zone = common.shaped(
        "zone", lambda name: name in available_timezones(), "There is no time zone of this name.",
        load_default="UTC",
    )  # fmt: skip
    member_ids = ids()
    team_ids = ids()
    admin_ids = ids()
    rights = fields.Nested(RightsFields, load_default=lambda: dict(_RIGHTS))
    shown_fields = fields.List(common.choice(rules.SHOWABLE), load_default=list)
    daily_claims = fields.Integer(
        strict=True, load_default=None, allow_none=True,
        validate=Range(0, rules.MAX_DAILY_CLAIMS),
    )  # fmt: skip
    cooling_days = days(load_default=0)
    is_explicit = fields.Boolean(load_default=False)
    territory_ids = ids(rules.MAX_CONDITIONS)
    segments = fields.List(
        line(LIMITS["segment"]), load_default=list, validate=Length(max=rules.MAX_CONDITIONS)
    )
    lifecycles = fields.List(common.choice(Lifecycle), load_default=list, validate=Length(max=9))

    @post_load
    def described(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Bring the description together."""
        rest: dict[str, Any] = {
            name: data.pop(name) for name in ("pool_id", "version") if name in data
        }
        told: dict[str, Any] = {
            name: tuple(dict.fromkeys(value)) if isinstance(value, list) else value
            for name, value in data.items()
        }
        told["rights"] = {str(right): str(holder) for right, holder in data["rights"].items()}
        return {**rest, "terms": PoolTerms(**told)}


class UpdatePool(RegisterPool):
    """Describe a pool anew."""

    pool_id = common.id_(required=True)
    version = common.version()


class PoolShown(ShownRecord):
    """Show a pool."""

    name = fields.String()
    active = fields.Boolean()
    zone = fields.String()
    member_ids = fields.List(fields.String())
    team_ids = fields.List(fields.String())
    admin_ids = fields.List(fields.String())
    rights = fields.Dict()
    shown_fields = fields.List(fields.String())
    daily_claims = fields.Integer()
    cooling_days = fields.Integer()
    is_explicit = fields.Boolean()
    territory_ids = fields.List(fields.String())
    segments = fields.List(fields.String())
    lifecycles = fields.List(fields.String())


class PagedPool(Paged):
    """Ask for a page of what is in a pool."""

    pool_id = common.id_(required=True)


class PooledShown(Shown):
    """Show of a customer what its pool shows, and nothing else."""

    customer_id = fields.String()
    pool_id = fields.String()
    number = fields.String()
    kind = fields.Enum(CustomerKind, by_value=True)
    name = fields.String()
    segment = fields.String()
    country = fields.String()
    state = fields.String()
    city = fields.String(metadata=REACH)
    region = fields.String()
    language = fields.String()
    lifecycle = fields.Enum(Lifecycle, by_value=True)
    tier = fields.Enum(Tier, by_value=True)
    customer_since = fields.String()
    email = fields.String(metadata=REACH)
    phone = fields.String(metadata=REACH)


class ClaimCustomer(OneCustomer):
    """Name a customer to claim from a pool."""

    pool_id = common.id_(required=True)


class ClaimCustomers(Accepted):
    """Name customers to claim from a pool."""

    pool_id = common.id_(required=True)
    customer_ids = fields.List(
        common.id_(), required=True, validate=Length(1, rules.MAX_CLAIMS_AT_ONCE)
    )


class ClaimShown(Shown):
    """Show what became of one claim."""

    customer_id = fields.String()
    verdict = fields.String()
    code = fields.String()


class ClaimsShown(Shown):
    """Show what became of each claim, in the order they came."""

    claimed = fields.Integer()
    refused = fields.Integer()
    verdicts = fields.List(fields.Nested(ClaimShown))


class ReleaseCustomer(ClaimCustomer):
    """Give a customer up into a pool, with the reason."""

    version = common.version()
    reason = common.choice(ReleaseReason, required=True)


class LockCustomer(OneCustomer):
    """Name a customer to lock or unlock."""

    version = common.version()


class CapFields(PlainFields):
    """How many customers somebody may own or lock, both ways; nobody named is everybody."""

    name = line(rules.MAX_NAME, required=True)
    kind = common.choice(CapKind, required=True)
    most = fields.Integer(strict=True, required=True, validate=Range(0, rules.MAX_CAP))
    staff_ids = ids()
    team_ids = ids()
