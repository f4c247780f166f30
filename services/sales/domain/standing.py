"""Whom we sell to, and when an order needs a second look."""

from dataclasses import dataclass
from enum import StrEnum

from chassis.errors import Conflict


class Caution(StrEnum):
    """Why somebody should look at an order that stands in the books."""

    BLACKLISTED = "blacklisted"  # it came from outside; we would not have taken it
    CREDIT_LIMIT = "credit_limit"  # with it the customer's open orders are worth more than that
    CREDIT_CURRENCY = "credit_currency"  # it cannot be held against a limit in another currency


class CustomerBarred(Conflict):
    """Refuse to sell to a customer on the blacklist, or flagged for fraud."""

    code = "sales.customer.barred"


@dataclass(frozen=True, slots=True)
class Limit:
    """How much the open orders of a customer may be worth."""

    amount_minor: int
    currency: str


def caution(*, barred: bool, limit: Limit | None, open_minor: int, currency: str) -> Caution | None:
    """Say why somebody should look at an order; ``open_minor`` is what is open with it."""
    if barred:
        return Caution.BLACKLISTED
    if limit is None:
        return None
    if limit.currency != currency:
        return Caution.CREDIT_CURRENCY
    return Caution.CREDIT_LIMIT if open_minor > limit.amount_minor else None


def demand_welcome(*, barred: bool) -> None:
    """Demand that we sell to a customer.

    :raises CustomerBarred: if we do not.
    """
    if barred:
        raise CustomerBarred("We do not sell to this customer; accounts says why.")
