"""Exports, as accepted and as shown."""

from typing import Any

from marshmallow import fields, post_load
from marshmallow.validate import Length

from chassis.custom.kinds import MAX_FIELDS
from chassis.fields import Moment, ShownRecord, line
from chassis.schemas import Accepted
from services.accounts.domain.customers import LIMITS
from services.accounts.domain.exports import (
    MAX_COLUMNS,
    MAX_NOTE,
    ExportKind,
    ExportStatus,
    Format,
    Wanted,
)
from services.accounts.domain.ndas import MAX_PARTY
from services.accounts.schemas import common

MAX_FILTERS = 20


class StartExport(Accepted):
    """Name a list as find_records takes it, and how it is written."""

    kind = common.choice(ExportKind, load_default=ExportKind.CUSTOMER)
    filters = fields.Dict(keys=line(80), load_default=dict, validate=Length(max=MAX_FILTERS))
    sort = line(40, load_default=None, allow_none=True)
    descending = fields.Boolean(load_default=False)
    format = common.choice(Format, load_default=Format.DATA)
    columns = fields.List(
        line(80), load_default=list, validate=Length(max=MAX_COLUMNS + MAX_FIELDS)
    )
    system = line(LIMITS["system"], load_default="erp")
    note = line(MAX_NOTE, load_default=None, allow_none=True)
    recipient = line(MAX_PARTY, load_default=None, allow_none=True)

    @post_load
    def together(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Bring the wish together."""
        return {"wanted": Wanted(**data | {"columns": tuple(data["columns"])})}


class OneExport(Accepted):
    """Name an export."""

    export_id = common.id_(required=True)


class ExportShown(ShownRecord):
    """Show an export: what was asked, by whom, and what came of it."""

    asked_by = fields.String()
    kind = fields.Enum(ExportKind, by_value=True)
    filters = fields.Dict()
    sort = fields.String()
    descending = fields.Boolean()
    format = fields.Enum(Format, by_value=True)
    columns = fields.List(fields.String())
    left_out = fields.List(fields.String())
    system = fields.String()
    note = fields.String()
    recipient = fields.String()
    withheld = fields.Dict(keys=fields.String(), values=fields.Integer())
    status = fields.Enum(ExportStatus, by_value=True)
    rows = fields.Integer()
    file_id = fields.String()
    size = fields.Integer()
    sha256 = fields.String()
    finished_at = Moment()
    expires_at = Moment()
