"""What customers have of our products."""

from dataclasses import dataclass
from enum import StrEnum

from chassis.errors import Conflict, Invalid

MAX_SKU, MAX_SERIAL, MAX_LINE_KEY = 80, 80, 120
MAX_QUANTITY = 1_000_000_000


class AssetSource(StrEnum):
    """How we know."""

    MANUAL = "manual"
    ORDER = "order"


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """What is told of a product that a customer has."""

    sku: str
    quantity: int = 1
    serial: str | None = None
    since: str | None = None  # ISO date
    until: str | None = None  # ISO date, half-open


class OwnedBackwards(Invalid):
    """Refuse what was gone before it came."""

    code = "accounts.asset.period"


class KeptByOrders(Conflict):
    """Refuse to change by hand what an order says."""

    code = "accounts.asset.kept_by_orders"


def check(since: str | None, until: str | None) -> None:
    """Demand that a product came before it went.

    :raises OwnedBackwards: if not.
    """
    if since is not None and until is not None and since >= until:
        raise OwnedBackwards("What a customer has goes after it came.")
