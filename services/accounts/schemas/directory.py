"""The directory, as accepted and as shown."""

from typing import Any

from marshmallow import fields, post_load
from marshmallow.validate import Length

from chassis.fields import Change, Moment, Paged, ShownRecord, line
from chassis.schemas import Accepted, Shown
from services.accounts.domain.customers import LIMITS
from services.accounts.domain.staff import (
    MAX_ROLES,
    MAX_TERRITORIES,
    AbsenceReason,
    Leave,
    Period,
    StaffDetails,
)
from services.accounts.domain.territories import Region
from services.accounts.schemas import common

MAX_STATES = 200
NAME = 120


class RegisterStaff(Accepted):
    """Describe a new member of the staff."""

    name = common.name(required=True)
    email = common.email(load_default=None, allow_none=True)
    roles = fields.List(line(40), load_default=list, validate=Length(max=MAX_ROLES))
    team_id = common.id_(load_default=None, allow_none=True)
    territory_ids = fields.List(
        common.id_(), load_default=list, validate=Length(max=MAX_TERRITORIES)
    )

    entity_id = common.id_(load_default=None, allow_none=True)

    @post_load
    def described(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Bring the description together."""
        data["roles"], data["territory_ids"] = tuple(data["roles"]), tuple(data["territory_ids"])
        return {"details": StaffDetails(**data)}


class StaffChanges(Accepted):
    """Name the fields that change; null empties one."""

    name = common.name()
    email = common.email(allow_none=True)
    active = fields.Boolean()
    team_id = common.id_(allow_none=True)
    territory_ids = fields.List(common.id_(), validate=Length(max=MAX_TERRITORIES))


class OneStaff(Accepted):
    """Name a member of the staff."""

    staff_id = common.id_(required=True)


class PagedStaff(Paged):
    """Ask for a page of what belongs to a member of the staff."""

    staff_id = common.id_(required=True)


class UpdateStaff(Change, OneStaff):
    """Change a member of the staff."""

    version = common.version()
    changes = fields.Nested(StaffChanges, required=True)


class ChangeRole(OneStaff):
    """Name a role to give or take."""

    version = common.version()
    role = line(40, required=True)


class SetAbsence(OneStaff):
    """Tell when somebody is away."""

    starts_at = Moment(required=True)
    ends_at = Moment(required=True)
    reason = common.choice(AbsenceReason, load_default=AbsenceReason.OTHER)
    substitute_id = common.id_(load_default=None, allow_none=True)

    @post_load
    def described(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Bring the description together."""
        period = Period(data["starts_at"], data["ends_at"])
        leave = Leave(period, data["reason"], data["substitute_id"])
        return {"staff_id": data["staff_id"], "leave": leave}


class CancelAbsence(Accepted):
    """Take an absence back."""

    absence_id = common.id_(required=True)
    version = common.version()


class RegisterTerritory(Accepted):
    """Describe a territory."""

    name = line(NAME, required=True)
    parent_id = common.id_(load_default=None, allow_none=True)
    states = fields.List(line(LIMITS["state"]), load_default=list, validate=Length(max=MAX_STATES))

    @post_load
    def described(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Bring the description together."""
        region = Region(
            name=data.pop("name"),
            parent_id=data.pop("parent_id"),
            states=tuple(dict.fromkeys(data.pop("states"))),
        )
        return {**data, "region": region}


class UpdateTerritory(RegisterTerritory):
    """Describe a territory anew."""

    territory_id = common.id_(required=True)
    version = common.version()


class TeamFields(Accepted):
    """A team, both ways."""

    id = fields.String(dump_only=True)
    entity_id = fields.String(dump_only=True)
    version = fields.Integer(dump_only=True)
    name = line(NAME, required=True)


class StaffShown(ShownRecord):
    """Show a member of the staff."""

    name = fields.String()
    email = fields.String()
    active = fields.Boolean()
    roles = fields.List(fields.String())
    team_id = fields.String()
    territory_ids = fields.List(fields.String())


class AbsenceShown(ShownRecord):
    """Show when somebody is away; why stays with who noted it."""

    staff_id = fields.String()
    starts_at = Moment()
    ends_at = Moment()
    substitute_id = fields.String()


class TerritoryShown(ShownRecord):
    """Show a territory."""

    name = fields.String()
    parent_id = fields.String()
    states = fields.List(fields.String())


class ClaimsShown(Shown):
    """Show what a person's token says."""

    subject = fields.String()
    roles = fields.List(fields.String())
    entity = fields.String()
    teams = fields.List(fields.String())
    territories = fields.List(fields.String())
