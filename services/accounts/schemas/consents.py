"""What customers allow us, as accepted and as shown."""

import re
from typing import Any

from marshmallow import fields, post_load
from marshmallow.validate import Length

from chassis.fields import Moment, ShownRecord, line
from chassis.schemas import Accepted, Shown
from services.accounts.domain.consents import (
    MAX_AT_ONCE,
    MAX_EVIDENCE,
    Basis,
    Channel,
    Purpose,
    Statement,
)
from services.accounts.schemas import common
from services.accounts.schemas.customers import OneCustomer

_EVIDENCE = re.compile(r"[a-z_]{1,20}:[A-Za-z0-9._-]{1,90}")


def _is_evidence(text: str) -> bool:
    # It is told in the log: the key of something that is kept elsewhere, never what was said.
    return len(text) <= MAX_EVIDENCE and _EVIDENCE.fullmatch(text) is not None


class StatementFields(OneCustomer):
    """Tell what a customer said of one purpose on one channel."""

    purpose = common.choice(Purpose, load_default=Purpose.MARKETING)
    channel = common.choice(Channel, required=True)
    granted = fields.Boolean(required=True)
    basis = common.choice(Basis, required=True)
    evidence = common.shaped(
        "evidence", _is_evidence, "Evidence is written kind:key.", load_default=None,
        allow_none=True,
    )  # fmt: skip
    at = Moment(load_default=None, allow_none=True)
    valid_until = Moment(load_default=None, allow_none=True)


class OneStatement(StatementFields):
    """Tell what one of many customers said."""

    @post_load
    def said(self, data: dict[str, Any], **_: Any) -> Statement:
        """Bring the statement together."""
        return Statement(**data)


class SetConsent(StatementFields):
    """Record what a customer allows or does not allow."""

    @post_load
    def described(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Hand the use case one value."""
        return {"statement": Statement(**data)}


class SetConsents(Accepted):
    """Record what many customers allow or do not allow."""

    statements = fields.List(
        fields.Nested(OneStatement), required=True, validate=Length(1, MAX_AT_ONCE)
    )


class AskConsent(OneCustomer):
    """Ask a customer to confirm a consent by a link."""

    purpose = common.choice(Purpose, load_default=Purpose.MARKETING)
    channel = common.choice(Channel, required=True)
    evidence = common.shaped(
        "evidence", _is_evidence, "Evidence is written kind:key.", load_default=None,
        allow_none=True,
    )  # fmt: skip
    valid_until = Moment(load_default=None, allow_none=True)

    @post_load
    def described(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Hand the use case what the customer would have said."""
        return {"statement": Statement(**data, granted=True, basis=Basis.CONSENT)}


class ConsentLink(Accepted):
    """Follow a link."""

    token = line(200, required=True)


class ConsentRequestShown(ShownRecord):
    """Show what a customer was asked to confirm; never the link."""

    customer_id = fields.String()
    purpose = fields.Enum(Purpose, by_value=True)
    channel = fields.Enum(Channel, by_value=True)
    evidence = fields.String()
    valid_until = Moment()
    asked_at = Moment()
    confirm_by = Moment()
    confirmed_at = Moment()


class ConsentFormShown(Shown):
    """Show what a link would confirm, or has confirmed."""

    purpose = fields.String()
    channel = fields.String()
    state = fields.String()


class ConsentShown(ShownRecord):
    """Show what a customer allows or does not allow."""

    customer_id = fields.String()
    purpose = fields.Enum(Purpose, by_value=True)
    channel = fields.Enum(Channel, by_value=True)
    granted = fields.Boolean()
    basis = fields.Enum(Basis, by_value=True)
    evidence = fields.String()
    at = Moment()
    valid_until = Moment()
    confirmed_at = Moment()


class VerdictShown(Shown):
    """Show what became of one statement."""

    customer_id = fields.String()
    purpose = fields.Enum(Purpose, by_value=True)
    channel = fields.Enum(Channel, by_value=True)
    verdict = fields.String()
    code = fields.String()


class VerdictsShown(Shown):
    """Show what became of each statement, in the order they came."""

    recorded = fields.Integer()
    refused = fields.Integer()
    verdicts = fields.List(fields.Nested(VerdictShown))
