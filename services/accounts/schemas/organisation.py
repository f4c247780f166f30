"""Departments, positions and regular meetings, as accepted and as shown."""

from typing import Any

from marshmallow import fields, post_load

from chassis.fields import Moment, ShownRecord, line
from chassis.schemas import Accepted
from services.accounts.domain.interactions import MAX_SUBJECT
from services.accounts.domain.organisation import (
    MAX_NAME,
    BuyingRole,
    Cadence,
    Level,
    Position,
    Rhythm,
)
from services.accounts.schemas import common
from services.accounts.schemas.customers import OneCustomer


class AddDepartment(OneCustomer):
    """Describe a department of a customer."""

    name = line(MAX_NAME, required=True)
    parent_id = common.id_(load_default=None, allow_none=True)


class OneDepartment(Accepted):
    """Name a department."""

    department_id = common.id_(required=True)
    version = common.version()


class UpdateDepartment(OneDepartment):
    """Describe a department anew."""

    name = line(MAX_NAME, required=True)
    parent_id = common.id_(load_default=None, allow_none=True)


class PlaceContact(Accepted):
    """Tell where somebody stands in his house; what is not told is empty."""

    contact_id = common.id_(required=True)
    version = common.version()
    department_id = common.id_(load_default=None, allow_none=True)
    reports_to_id = common.id_(load_default=None, allow_none=True)
    buying_role = common.choice(BuyingRole, load_default=None, allow_none=True)
    level = common.choice(Level, load_default=None, allow_none=True)

    @post_load
    def described(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Bring the position together."""
        which = {name: data.pop(name) for name in ("contact_id", "version")}
        return {**which, "position": Position(**data)}


class ScheduleMeetings(OneCustomer):
    """Describe meetings that come again."""

    subject = line(MAX_SUBJECT, required=True)
    cadence = common.choice(Cadence, required=True)
    starts_at = Moment(required=True)
    level = common.choice(Level, load_default=Level.MANAGEMENT)
    contact_id = common.id_(load_default=None, allow_none=True)
    host_id = common.id_(load_default=None, allow_none=True)

    @post_load
    def described(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Bring the rhythm together."""
        return {"customer_id": data.pop("customer_id"), "rhythm": Rhythm(**data)}


class OneSeries(Accepted):
    """Name meetings that come again."""

    series_id = common.id_(required=True)
    version = common.version()


class DepartmentShown(ShownRecord):
    """Show a department."""

    customer_id = fields.String()
    parent_id = fields.String()
    name = fields.String()


class SeriesShown(ShownRecord):
    """Show meetings that come again."""

    customer_id = fields.String()
    contact_id = fields.String()
    host_id = fields.String()
    subject = fields.String()
    level = fields.Enum(Level, by_value=True)
    cadence = fields.Enum(Cadence, by_value=True)
    starts_at = Moment()
    next_at = Moment()
    met = fields.Integer()
    active = fields.Boolean()
