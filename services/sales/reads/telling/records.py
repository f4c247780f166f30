"""Events made of plain records."""

from collections.abc import Callable, Sequence

from chassis.envelope import encode
from chassis.tables import Record
from contracts import sales
from services.sales.tables import LeadStatus, Product, Stage


def words_changed(record: LeadStatus | Stage) -> sales.RecordChanged:
    """Tell that a status or a stage is called what it is called now."""
    kind = "lead_status" if isinstance(record, LeadStatus) else "stage"
    names = ("key", "label", "type", "place", "active", "entity_id")
    return _changed(record, kind, "updated", names)


def product_changed(verb: str) -> Callable[[Product], sales.RecordChanged]:
    """Tell that a product of the catalogue is as it is now."""

    def make(product: Product) -> sales.RecordChanged:
        names = ("sku", "name", "category", "sub_category", "active", "revision", "entity_id")
        return _changed(product, "product", verb, names)

    return make


def _changed(record: Record, kind: str, verb: str, names: Sequence[str]) -> sales.RecordChanged:
    image = {name: encode(getattr(record, name)).decode() for name in names}
    return sales.RecordChanged(
        id=record.id, kind=kind, version=record.version, verb=verb, fields=image
    )
