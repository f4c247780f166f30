"""Ways to reach somebody, as accepted and as shown."""

from typing import Any

from marshmallow import fields, post_load

from chassis.fields import Moment, Paged, line
from chassis.schemas import Accepted, Shown
from services.accounts.domain.contact_points import (
    MAX_LABEL,
    MAX_STREET,
    Address,
    Medium,
    PointKind,
    Told,
)
from services.accounts.domain.customers import LIMITS
from services.accounts.domain.matching import Policy
from services.accounts.schemas import common
from services.accounts.schemas.customers import REACH, OneCustomer


class AddressFields(Accepted):
    """Describe a postal address."""

    street = line(MAX_STREET, load_default=None, allow_none=True)
    city = line(LIMITS["city"], load_default=None, allow_none=True)
    postal_code = line(LIMITS["postal_code"], load_default=None, allow_none=True)
    state = line(LIMITS["state"], load_default=None, allow_none=True)
    country = common.country(load_default=None, allow_none=True)

    @post_load
    def described(self, data: dict[str, Any], **_: Any) -> Address:
        """Bring the address together."""
        return Address(**data)


class AddContactPoint(OneCustomer):
    """Tell how a customer, or somebody to talk to there, is reached."""

    contact_id = common.id_(load_default=None, allow_none=True)
    medium = common.choice(Medium, required=True)
    kind = common.choice(PointKind, load_default=PointKind.OTHER)
    value = line(LIMITS["email"], load_default=None, allow_none=True)
    address = fields.Nested(AddressFields, load_default=None, allow_none=True)
    label = line(MAX_LABEL, load_default=None, allow_none=True)
    valid_from = Moment(load_default=None, allow_none=True)
    valid_until = Moment(load_default=None, allow_none=True)
    primary = fields.Boolean(load_default=False)
    on_match = common.choice(Policy, load_default=None, allow_none=True)

    @post_load
    def described(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Bring the description together."""
        rest = {n: data.pop(n) for n in ("customer_id", "contact_id", "primary", "on_match")}
        return {**rest, "told": Told(**data)}


class OnePoint(Accepted):
    """Name a way to reach somebody."""

    point_id = common.id_(required=True)
    version = common.version()


class MakePrimary(OnePoint):
    """Name the way that comes first from now on."""

    on_match = common.choice(Policy, load_default=None, allow_none=True)


class PointChanges(Accepted):
    """Name what changes; another number or address is another way to reach somebody."""

    kind = common.choice(PointKind)
    label = line(MAX_LABEL, allow_none=True)
    valid_from = Moment(allow_none=True)
    valid_until = Moment(allow_none=True)


class UpdateContactPoint(OnePoint):
    """Change what is told of a way to reach somebody."""

    changes = fields.Nested(PointChanges, required=True)


class PagedPoints(Paged):
    """Ask how a customer, or somebody to talk to there, is reached."""

    customer_id = common.id_(required=True)
    contact_id = common.id_(load_default=None, allow_none=True)


class AddressShown(Shown):
    """Show a postal address."""

    street = fields.String()
    city = fields.String()
    postal_code = fields.String()
    state = fields.String()
    country = fields.String()


class PointShown(Shown):
    """Show a way to reach somebody; what only the record itself says has no id."""

    id = fields.String()
    version = fields.Integer()
    customer_id = fields.String()
    contact_id = fields.String()
    medium = fields.Enum(Medium, by_value=True)
    kind = fields.Enum(PointKind, by_value=True)
    value = fields.String(metadata=REACH)
    normal = fields.String(metadata=REACH)
    address = fields.Nested(AddressShown, metadata=REACH)
    label = fields.String()
    valid_from = Moment()
    valid_until = Moment()
    is_primary = fields.Boolean()
