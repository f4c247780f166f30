"""What is asked and shown of all that a service keeps of one person (ADR 0028)."""

from dataclasses import dataclass
from typing import Any

from marshmallow import fields, post_load
from marshmallow.validate import Length, OneOf

from chassis.fields import ID, Paged, line
from chassis.identities import KEY, MAIL, NAME, PHONE, RECORD
from chassis.schemas import Accepted, Shown

MAX_IDENTITIES = 50  # each is looked for in every record of nobody
_MAX_VALUE = 254


class IdentityGiven(Accepted):
    """Say one way in which somebody is known, or a record elsewhere that was found to be hers."""

    kind = fields.Str(required=True, validate=OneOf((MAIL, PHONE, KEY, NAME, RECORD)))
    value = line(_MAX_VALUE, required=True)
    system = line(_MAX_VALUE, load_default=None, allow_none=True)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for: of one contact alone, or what is nobody's and says one of these."""

    contact_id: str | None
    identities: list[dict[str, str]]


class RowsAsked(Paged):
    """Ask for all that is kept of a customer, or of one contact of it alone.

    With identities, for what is nobody's and says one.
    """

    customer_id = fields.Str(required=True, validate=ID)
    contact_id = fields.Str(load_default=None, allow_none=True, validate=ID)
    identities = fields.List(
        fields.Nested(IdentityGiven), load_default=list, validate=Length(max=MAX_IDENTITIES)
    )

    @post_load
    def described(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Bring together what is asked for."""
        return {"asked": Asked(data.pop("contact_id"), data.pop("identities"))} | data


class RowShown(Shown):
    """Show one row of a table, with the fields of its records."""

    table = fields.String()
    row = fields.Dict()
