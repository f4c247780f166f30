"""Members, and the four views of customers, as accepted and as shown."""

from typing import Any

from marshmallow import fields, post_load

from chassis.fields import KEY, Paged, ShownRecord, line
from chassis.schemas import Accepted, Shown
from services.accounts.domain.assets import MAX_SKU
from services.accounts.domain.members import MAX_NUMBER, Joining
from services.accounts.domain.views import View
from services.accounts.schemas import common
from services.accounts.schemas.customers import OneCustomer


class RegisterMember(OneCustomer):
    """Tell that a customer joins the club."""

    number = line(MAX_NUMBER, load_default=None, allow_none=True)
    level = fields.String(required=True, validate=KEY)
    joined_on = common.day(required=True)

    @post_load
    def described(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Bring the description together."""
        return {"customer_id": data.pop("customer_id"), "joining": Joining(**data)}


class MembershipChanges(Accepted):
    """Name what changes."""

    level = fields.String(validate=KEY)
    left_on = common.day(allow_none=True)


class UpdateMembership(Accepted):
    """Change a membership, or end it."""

    membership_id = common.id_(required=True)
    version = common.version()
    changes = fields.Nested(MembershipChanges, required=True)


class FindMember(Accepted):
    """Name a member by the number."""

    number = line(MAX_NUMBER, required=True)


class MembershipShown(ShownRecord):
    """Show a membership."""

    customer_id = fields.String()
    number = fields.String()
    level = fields.String()
    joined_on = fields.String()
    left_on = fields.String()


class PagedGroups(Paged):
    """Ask which groups a view has."""

    view = common.choice(View, required=True)


class PagedGroup(PagedGroups):
    """Ask for the customers of a group."""

    group = line(MAX_SKU, required=True)


class GroupShown(Shown):
    """Show a group of a view, and how many customers it has."""

    group = fields.String()
    customers = fields.Integer()
