"""Agreements on confidentiality, as accepted and as shown."""

from typing import Any

from marshmallow import fields, post_load
from marshmallow.validate import Length

from chassis.fields import Moment, ShownRecord, line
from chassis.schemas import Accepted, Shown
from services.accounts.domain.ndas import MAX_NOTE, MAX_PARTY, MAX_PERMITTED, Terms, Withheld
from services.accounts.schemas import common
from services.accounts.schemas.customers import OneCustomer


def _names(**options: Any) -> Any:
    return fields.List(line(MAX_PARTY), validate=Length(max=MAX_PERMITTED), **options)


class RecordNda(OneCustomer):
    """Tell what was agreed on confidentiality."""

    party = line(MAX_PARTY, required=True)
    valid_from = Moment(load_default=None, allow_none=True)
    valid_until = Moment(load_default=None, allow_none=True)
    permitted = _names(load_default=list)
    note = line(MAX_NOTE, load_default=None, allow_none=True)

    @post_load
    def described(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Bring the terms together."""
        id_, permitted = data.pop("customer_id"), tuple(data.pop("permitted"))
        return {"customer_id": id_, "terms": Terms(**data, permitted=permitted)}


class NdaChanges(Accepted):
    """Name what changes; null empties it."""

    party = line(MAX_PARTY)
    valid_from = Moment()
    valid_until = Moment(allow_none=True)
    permitted = _names()
    note = line(MAX_NOTE, allow_none=True)


class UpdateNda(Accepted):
    """Change an agreement, or end it."""

    nda_id = common.id_(required=True)
    version = common.version()
    changes = fields.Nested(NdaChanges, required=True)


class NdaShown(ShownRecord):
    """Show an agreement."""

    customer_id = fields.String()
    party = fields.String()
    valid_from = Moment()
    valid_until = Moment()
    permitted = fields.List(fields.String())
    note = fields.String()


class MayDisclose(OneCustomer):
    """Ask whether a third party may learn of a customer."""

    recipient = line(MAX_PARTY, required=True)


class MayDiscloseShown(Shown):
    """Show whether a third party may learn of a customer, and why not."""

    customer_id = fields.String()
    recipient = fields.String()
    allowed = fields.Boolean()
    reason = fields.Enum(Withheld, by_value=True)
    as_of = Moment()
