"""Products as an outside system writes them."""

from dataclasses import dataclass

from chassis.errors import Conflict


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductDocument:
    """One revision of a product."""

    sku: str
    revision: int
    name: str
    category: str | None = None
    sub_category: str | None = None


class RevisionConflict(Conflict):
    """Refuse a revision that was told before with another content."""

    code = "sales.product.revision_conflict"
