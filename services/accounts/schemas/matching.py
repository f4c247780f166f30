"""What each entry point does with a customer that is known already, as accepted and as shown."""

from typing import Any

from marshmallow import fields, post_load
from marshmallow.validate import Length, Range

from chassis.schemas import Accepted, Shown
from services.accounts.domain.matching import EntryPoint, Policy, Rule
from services.accounts.schemas import common


class NoArguments(Accepted):
    """Ask for all."""


class SetMatchPolicy(Accepted):
    """Decide the policy of an entry point, and what else its callers may ask for."""

    entry_point = common.choice(EntryPoint, required=True)
    policy = common.choice(Policy, required=True)
    overrides = fields.List(
        common.choice(Policy), load_default=lambda: list(Policy), validate=Length(max=len(Policy))
    )
    version = fields.Integer(required=True, strict=True, validate=Range(0))

    @post_load
    def ruled(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Bring the rule together."""
        left_open = set(data.pop("overrides"))
        overrides = tuple(one for one in Policy if one in left_open)
        return {"rule": Rule(**data, overrides=overrides)}


class RuleShown(Shown):
    """Show the policy of an entry point."""

    entry_point = fields.Enum(EntryPoint, by_value=True)
    policy = fields.Enum(Policy, by_value=True)
    overrides = fields.List(fields.Enum(Policy, by_value=True))
    version = fields.Integer()


class RulesShown(Shown):
    """Show the policies of all entry points."""

    items = fields.List(fields.Nested(RuleShown))
