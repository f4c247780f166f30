"""Quotes: what a line costs, and which way a quote may go."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from chassis.errors import Conflict
from chassis.money import to_minor


class QuoteStatus(StrEnum):
    """How far a quote is."""

    DRAFT = "draft"
    SENT = "sent"
    ACCEPTED = "accepted"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteLineDraft:
    """One line as it is asked for."""

    product_id: str
    quantity: int
    unit_price: Decimal  # in the quote's currency, any scale
    discount: Decimal = Decimal(0)  # 0 to 1

    def amount_minor(self, currency: str) -> int:
        """Return what the line costs; rounded once, at its end, half to even."""
        return to_minor(self.quantity * self.unit_price * (1 - self.discount), currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteDraft:
    """What a quote offers, and until when."""

    currency: str
    valid_until: datetime
    lines: tuple[QuoteLineDraft, ...]

    @property
    def total_minor(self) -> int:
        """Sum the rounded lines, so that the page adds up."""
        return sum(line.amount_minor(self.currency) for line in self.lines)


class QuoteNotDraft(Conflict):
    """Refuse to change a quote that has left the house."""

    code = "sales.quote.not_draft"


class QuoteNotSent(Conflict):
    """Refuse to accept what was not offered, or was settled already."""

    code = "sales.quote.not_sent"


class QuoteExpired(Conflict):
    """Refuse a quote whose time is over."""

    code = "sales.quote.expired"


class QuoteNotAccepted(Conflict):
    """Refuse to order from a quote that the customer did not accept."""

    code = "sales.quote.not_accepted"


def demand_draft(status: QuoteStatus) -> None:
    """Demand that a quote is still ours.

    :raises QuoteNotDraft: if it was sent.
    """
    if status is not QuoteStatus.DRAFT:
        raise QuoteNotDraft(f"The quote is {status.value}; only a draft can be changed or sent.")


def demand_valid(valid_until: datetime, now: datetime) -> None:
    """Demand that a quote still holds.

    :raises QuoteExpired: if it does not.
    """
    if now >= valid_until:
        raise QuoteExpired("The time of this quote is over.")


def demand_acceptable(status: QuoteStatus, valid_until: datetime, now: datetime) -> None:
    """Demand that the customer can accept a quote now.

    :raises QuoteNotSent: if it is a draft or accepted already.
    :raises QuoteExpired: if its time is over.
    """
    if status is QuoteStatus.EXPIRED:
        raise QuoteExpired("The time of this quote is over.")
    if status is not QuoteStatus.SENT:
        raise QuoteNotSent(f"The quote is {status.value}; only a sent one can be accepted.")
    demand_valid(valid_until, now)
