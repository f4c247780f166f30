"""Quotes as they come in and as they are shown."""

from decimal import Decimal
from typing import Any

from marshmallow import fields, post_load
from marshmallow.validate import Length, Range

from chassis.fields import ID, Moment, One, ShownOwned
from chassis.schemas import Accepted, Shown
from services.sales.domain.quotes import QuoteDraft, QuoteLineDraft, QuoteStatus
from services.sales.schemas.common import (
    CURRENCY,
    MAX_LINES,
    MAX_QUANTITY,
    MAX_UNIT_PRICE,
    DecimalText,
)


class QuoteLineFields(Accepted):
    """One line of a quote."""

    product_id = fields.Str(required=True, validate=ID)
    quantity = fields.Int(required=True, strict=True, validate=Range(1, MAX_QUANTITY))
    unit_price = DecimalText(required=True, most=MAX_UNIT_PRICE)
    discount = DecimalText(most=Decimal(1))

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> QuoteLineDraft:
        """Return the line."""
        return QuoteLineDraft(**data)


class _Draft(Accepted):
    """What a quote offers."""

    currency = fields.Str(required=True, validate=CURRENCY)
    valid_until = Moment(required=True)
    lines = fields.List(
        fields.Nested(QuoteLineFields), required=True, validate=Length(1, MAX_LINES)
    )


def _drafted(data: dict[str, Any]) -> dict[str, Any]:
    draft = QuoteDraft(
        currency=data.pop("currency"),
        valid_until=data.pop("valid_until"),
        lines=tuple(data.pop("lines")),
    )
    return data | {"draft": draft}


class DraftQuote(_Draft):
    """Draft a quote for an opportunity."""

    opportunity_id = fields.Str(required=True, validate=ID)

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Hand the use case one value."""
        return _drafted(data)


class OneQuote(One):
    """Name a quote."""

    quote_id = fields.Str(required=True, validate=ID)


class RedraftQuote(OneQuote, _Draft):
    """Draft a quote anew; only before it is sent."""

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Hand the use case one value."""
        return _drafted(data)


class QuoteLines(Accepted):
    """Ask for a quote with its lines."""

    quote_id = fields.Str(required=True, validate=ID)


class QuoteShown(ShownOwned):
    """A quote as it stands."""

    opportunity_id = fields.Str()
    customer_id = fields.Str()
    status = fields.Enum(QuoteStatus, by_value=True)
    currency = fields.Str()
    total_minor = fields.Int()
    line_count = fields.Int()
    valid_until = Moment()
    sent_at = Moment()
    accepted_at = Moment()
    order_id = fields.Str()


class QuoteLineShown(Shown):
    """A line of a quote as it stands."""

    place = fields.Int()
    product_id = fields.Str()
    quantity = fields.Int()
    unit_price = fields.Str()
    discount = fields.Str()
    amount_minor = fields.Int()


class QuoteWithLines(Shown):
    """A quote and its lines."""

    quote = fields.Nested(QuoteShown)
    lines = fields.List(fields.Nested(QuoteLineShown))
