"""Requests of data subjects, as accepted and as shown."""

from typing import Any

from marshmallow import fields, post_load

from chassis.fields import Moment, Paged, ShownRecord
from chassis.schemas import Accepted, Shown
from services.accounts.domain.privacy import Asked, RefusalReason, RequestKind, RequestStatus
from services.accounts.schemas import common
from services.accounts.schemas.customers import OneCustomer


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
    """Ask how somebody was known who is being erased."""

    request_id = common.id_(required=True)


class VerifyRequest(ChangeRequest):
    """Say that it is the person who asks, and who handles it."""

    handler_id = common.id_(load_default=None, allow_none=True)


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
    file_id = fields.String()


class CertificateShown(Shown):
    """Show what was erased where, when and by whom; what is missing has not answered yet."""

    request_id = fields.String()
    customer_id = fields.String()
    contact_id = fields.String()
    status = fields.Enum(RequestStatus, by_value=True)
    by = fields.String()
    at = fields.String()
    services = fields.Dict()
    parked = fields.Dict()  # service -> messages dropped by now, and when last
    missing = fields.List(fields.String())


class IdentityShown(Shown):
    """Show one way in which somebody was known who is being erased."""

    kind = fields.String()
    system = fields.String()
    value = fields.String()
