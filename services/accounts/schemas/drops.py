"""Rules of dropping, as accepted and as shown."""

from typing import Any

from marshmallow import fields, post_load
from marshmallow.validate import Length, Range

from chassis.fields import ShownRecord, line
from chassis.schemas import Accepted
from services.accounts.domain import pools
from services.accounts.domain.customers import LIMITS, Lifecycle
from services.accounts.domain.drops import Demand, DropTerms
from services.accounts.schemas import common


class RegisterDropRule(Accepted):
    """Describe a rule of dropping."""

    name = line(pools.MAX_NAME, required=True)
    active = fields.Boolean(load_default=True)
    demand = common.choice(Demand, required=True)
    days = fields.Integer(strict=True, required=True, validate=Range(1, pools.MAX_DAYS))
    warning_days = fields.Integer(strict=True, load_default=0, validate=Range(0, pools.MAX_DAYS))
    segments = fields.List(
        line(LIMITS["segment"]), load_default=list, validate=Length(max=pools.MAX_CONDITIONS)
    )
    lifecycles = fields.List(common.choice(Lifecycle), load_default=list, validate=Length(max=9))
    spares_won = fields.Boolean(load_default=True)
    spares_open = fields.Boolean(load_default=True)
    pool_id = common.id_(load_default=None, allow_none=True)

    @post_load
    def described(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Bring the description together."""
        rest: dict[str, Any] = {n: data.pop(n) for n in ("rule_id", "version") if n in data}
        told = data | {name: tuple(data[name]) for name in ("segments", "lifecycles")}
        return {**rest, "terms": DropTerms(**told)}


class UpdateDropRule(RegisterDropRule):
    """Describe a rule of dropping anew."""

    rule_id = common.id_(required=True)
    version = common.version()


class DropRuleShown(ShownRecord):
    """Show a rule of dropping."""

    name = fields.String()
    active = fields.Boolean()
    demand = fields.Enum(Demand, by_value=True)
    days = fields.Integer()
    warning_days = fields.Integer()
    segments = fields.List(fields.String())
    lifecycles = fields.List(fields.String())
    spares_won = fields.Boolean()
    spares_open = fields.Boolean()
    pool_id = fields.String()
