"""Imports, as accepted and as shown."""

from typing import Any

from marshmallow import fields, post_load
from marshmallow.validate import Length, Range, Regexp

from chassis.custom.kinds import MAX_FIELDS
from chassis.custom.schemas import COLUMN
from chassis.fields import MAX_CURSOR, Moment, line
from chassis.files.schemas import SHA256
from chassis.schemas import Accepted, Shown
from services.accounts.domain.customers import LIMITS
from services.accounts.domain.imports import COLUMNS, MatchBy, Mode, Plan, Status
from services.accounts.domain.matching import Policy
from services.accounts.schemas import common

MAX_REFUSALS = 500


class StartImport(Accepted):
    """Start a run over an uploaded file."""

    file_id = common.id_(required=True)
    sha256 = fields.String(required=True, validate=SHA256)
    mode = common.choice(Mode, load_default=Mode.UPSERT)
    match_by = common.choice(MatchBy, load_default=MatchBy.EXTERNAL_ID)
    system = line(LIMITS["system"], load_default="erp")
    on_match = common.choice(Policy, load_default=None, allow_none=True)
    dry_run = fields.Boolean(load_default=False)
    mapping = fields.Dict(
        keys=line(LIMITS["name"]),
        values=fields.String(validate=Regexp(rf"\A({'|'.join(COLUMNS)}|{COLUMN})\Z")),
        load_default=dict,
        validate=Length(max=len(COLUMNS) + MAX_FIELDS),
    )

    @post_load
    def planned(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Bring the plan together."""
        file_id, sha256 = data.pop("file_id"), data.pop("sha256")
        return {"file_id": file_id, "sha256": sha256, "plan": Plan(**data)}


class OneImport(Accepted):
    """Name an import."""

    import_id = common.id_(required=True)


class Refusals(OneImport):
    """Ask for a page of refused rows."""

    after = line(MAX_CURSOR, load_default=None, allow_none=True)
    limit = fields.Integer(load_default=MAX_REFUSALS, strict=True, validate=Range(1, MAX_REFUSALS))


class ImportShown(Shown):
    """Show how far an import is."""

    import_id = fields.String(attribute="id")
    version = fields.Integer()
    created_at = Moment()
    file_id = fields.String()
    system = fields.String()
    mode = fields.Enum(Mode, by_value=True)
    match_by = fields.Enum(MatchBy, by_value=True)
    on_match = fields.Enum(Policy, by_value=True)
    dry_run = fields.Boolean()
    status = fields.Enum(Status, by_value=True)
    total_bytes = fields.Integer()
    done_bytes = fields.Integer()
    done_rows = fields.Integer()
    created = fields.Integer()
    updated = fields.Integer()
    unchanged = fields.Integer()
    refused = fields.Integer()
    finished_at = Moment()
    stopped_by = fields.String()
    revertible_until = Moment()
    reverted = fields.Integer()


class RefusalsShown(Shown):
    """Show refused rows as CSV."""

    csv = fields.String()
    rows = fields.Integer()
    next = fields.String()
