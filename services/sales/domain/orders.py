"""Orders as a whole: what makes one consistent, and which of two revisions stands."""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from chassis.errors import Conflict, Invalid
from chassis.money import exponent


class OrderStatus(StrEnum):
    """How far the goods are."""

    PLACED = "placed"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


class Outcome(StrEnum):
    """What became of a revision that came in."""

    CREATED = "created"
    REVISED = "revised"
    UNCHANGED = "unchanged"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where the goods go."""

    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: str | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineDocument:
    """One line as the outside system writes it; ``key`` is its identity there."""

    key: str
    sku: str
    quantity: int
    discount: Decimal  # 0 to 1, already taken off the amount
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDocument:
    """One revision of an order, with all its lines."""

    external_id: str
    revision: int
    ordered_on: date
    currency: str
    lines: tuple[LineDocument, ...]
    total_minor: int
    status: OrderStatus = OrderStatus.PLACED
    ship_mode: str | None = None
    ship_to: Address = Address()
    customer_external_id: str = ""

    def fingerprint(self) -> str:
        """Return a digest of all that the revision says, whatever the order of its lines."""
        image = asdict(self) | {
            "lines": sorted((asdict(line) for line in self.lines), key=lambda line: line["key"])
        }
        # It follows from the state; and orders of old were taken without it.
        image["ship_to"].pop("region")
        # 0.2 and 0.20 are the same discount.
        for line in image["lines"]:
            line["discount"] = str(line["discount"].normalize())
        return hashlib.sha256(json.dumps(image, default=str, sort_keys=True).encode()).hexdigest()


class TotalMismatch(Invalid):
    """Refuse an order whose total is not the sum of its lines."""

    code = "sales.order.total_mismatch"


class LineRepeated(Invalid):
    """Refuse an order in which two lines have one key."""

    code = "sales.order.line_repeated"


class UnknownProduct(Invalid):
    """Refuse an order of something that the catalogue does not know."""

    code = "sales.order.unknown_product"


class RevisionConflict(Conflict):
    """Refuse a revision that was told before with another content."""

    code = "sales.order.revision_conflict"


class CurrencyChanged(Conflict):
    """Refuse a revision that changes the currency of an order."""

    code = "sales.order.currency_changed"


def check(order: OrderDocument) -> None:
    """Check what an order says about itself.

    :raises LineRepeated: if two lines have one key.
    :raises TotalMismatch: if the total is not the sum of the lines.
    :raises Invalid: if the currency is none.
    """
    exponent(order.currency)
    if len({line.key for line in order.lines}) < len(order.lines):
        raise LineRepeated("Two lines of the order have the same key.")
    total = sum(line.amount_minor for line in order.lines)
    if total != order.total_minor:
        raise TotalMismatch(
            "The total is not the sum of the lines.",
            detail={"total_minor": order.total_minor, "lines_minor": total},
        )


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of the revision in the books."""

    revision: int
    fingerprint: str
    currency: str


def compare(standing: Standing | None, order: OrderDocument) -> Outcome:
    """Decide what a revision is to the one in the books.

    :raises RevisionConflict: if the same revision says something else than before.
    :raises CurrencyChanged: if a newer revision has another currency.
    """
    if standing is None:
        return Outcome.CREATED
    if order.revision < standing.revision:
        return Outcome.SUPERSEDED
    if order.revision == standing.revision:
        if order.fingerprint() == standing.fingerprint:
            return Outcome.UNCHANGED
        raise RevisionConflict(
            "This revision was told before with another content.",
            detail={"revision": order.revision},
        )
    if order.currency != standing.currency:
        raise CurrencyChanged("A revision cannot change the currency of an order.")
    return Outcome.REVISED


def unknown_products(skus: set[str], known: set[str]) -> None:
    """Demand that the catalogue knows every product.

    :raises UnknownProduct: if it does not.
    """
    missing = sorted(skus - known)
    if missing:
        raise UnknownProduct(
            f"The catalogue does not know {', '.join(missing[:5])}.",
            detail={"products": missing[:50]},
        )
