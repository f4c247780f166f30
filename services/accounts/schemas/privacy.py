"""Requests of data subjects, as accepted and as shown."""

from typing import Any

from marshmallow import fields, post_load
from marshmallow.validate import Length, Range, Regexp

from chassis.fields import Moment, Paged, ShownRecord, line
from chassis.schemas import Accepted, Shown
from contracts import SERVICES
from services.accounts.domain.privacy import (
    AccessFile,
    Asked,
    RefusalReason,
    RequestKind,
    RequestStatus,
    Whom,
)
from services.accounts.schemas import common
from services.accounts.schemas.customers import OneCustomer

MAX_OLD_IDS = 1000  # of records that were merged into one
MAX_TABLES, MAX_TABLE_NAME = 200, 80  # of one service


class ReceiveRequest(OneCustomer):
    """Enter what a data subject asks for: a customer, or one contact of it alone."""

    contact_id = common.id_(load_default=None, allow_none=True)
    kind = common.choice(RequestKind, required=True)
    received_at = Moment(load_default=None, allow_none=True)
    handler_id = common.id_(load_default=None, allow_none=True)

    @post_load
    def described(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Bring together what is asked for."""
        return {"customer_id": data.pop("customer_id"), "asked": Asked(**data)}


class OneRequest(Accepted):
    """Name a request."""

    request_id = common.id_(required=True)


class ChangeRequest(OneRequest):
    """Name a request, in the version that was seen."""

    version = common.version()


class PagedIdentities(Paged):
    """Ask how somebody is known who asks what is kept, or was who is being erased."""

    request_id = common.id_(required=True)


class VerifyRequest(ChangeRequest):
    """Say that it is the person who asks, and who handles it."""

    handler_id = common.id_(load_default=None, allow_none=True)


class NoteAccessFile(ChangeRequest):
    """Say which complete file was made: about whom, its checksum, how many rows of which table."""

    customer_id = common.id_(required=True)
    contact_id = common.id_(load_default=None, allow_none=True)
    old_ids = fields.List(common.id_(), load_default=list, validate=Length(max=MAX_OLD_IDS))
    sha256 = fields.String(required=True, validate=Regexp(r"\A[0-9a-f]{64}\Z"))
    size = fields.Integer(required=True, strict=True, validate=Range(0))
    services = fields.Dict(
        keys=common.choice(SERVICES),
        values=fields.Dict(
            keys=line(MAX_TABLE_NAME),
            values=fields.Integer(strict=True, validate=Range(0)),
            validate=Length(max=MAX_TABLES),
        ),
        required=True,
    )

    @post_load
    def file(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Bring together what is said of the file."""
        whom = Whom([data.pop("customer_id"), *data.pop("old_ids")], data.pop("contact_id"))
        said = {name: data.pop(name) for name in ("sha256", "size", "services")}
        return {**data, "file": AccessFile(whom, **said)}


class RefuseRequest(ChangeRequest):
    """Refuse a request."""

    reason = common.choice(RefusalReason, required=True)


class PagedRequests(Paged):
    """Ask for requests, the next deadline first."""

    status = common.choice(RequestStatus, load_default=None, allow_none=True)
    kind = common.choice(RequestKind, load_default=None, allow_none=True)


class RequestShown(ShownRecord):
    """Show a request, without who it is about."""

    customer_id = fields.String()
    contact_id = fields.String()
    kind = fields.Enum(RequestKind, by_value=True)
    status = fields.Enum(RequestStatus, by_value=True)
    received_at = Moment()
    deadline = Moment()
    handler_id = fields.String()
    verified_at = Moment()
    reason = fields.Enum(RefusalReason, by_value=True)
    started_by = fields.String()
    finished_at = Moment()


class SubjectShown(Shown):
    """Show about whom a file is to be made."""

    request_id = fields.String()
    version = fields.Integer()
    kind = fields.Enum(RequestKind, by_value=True)
    customer_id = fields.String()
    contact_id = fields.String()
    old_ids = fields.List(fields.String())


class CertificateShown(Shown):
    """Show what was erased, or handed over, where, when and by whom.

    What is missing has not answered yet; a file has its size in bytes and a checksum.
    """

    request_id = fields.String()
    customer_id = fields.String()
    contact_id = fields.String()
    status = fields.Enum(RequestStatus, by_value=True)
    by = fields.String()
    at = fields.String()
    services = fields.Dict()
    parked = fields.Dict()  # service -> messages dropped by now, and when last
    missing = fields.List(fields.String())
    sha256 = fields.String()
    size = fields.Integer()  # bytes


class IdentityShown(Shown):
    """Show one way in which somebody is known, or was who is being erased."""

    kind = fields.String()
    system = fields.String()
    value = fields.String()
