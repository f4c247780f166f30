"""Keep what customers have of our products: by hand, and as orders say."""

from collections.abc import Mapping
from dataclasses import asdict

from chassis import records
from chassis.work import Work
from contracts.sales import OrderLine, OrderPlaced, OrderRevised
from services.accounts.domain import assets as rules
from services.accounts.domain.assets import AssetSource, Owned
from services.accounts.reads import assets as reads
from services.accounts.tables import Asset, Customer

KIND = "asset"
CANCELLED = "cancelled"
BY_ORDERS = frozenset({"sku", "quantity", "since"})


def record_asset(work: Work, *, customer_id: str, owned: Owned) -> Asset:
    """Note by hand what a customer has of our products.

    :raises OwnedBackwards: if it was gone before it came.
    """
    customer = work.get(Customer, customer_id)
    rules.check(owned.since, owned.until)
    asset = work.add(
        Asset(
            **asdict(owned),
            entity_id=customer.entity_id,
            customer_id=customer_id,
            source=AssetSource.MANUAL,
        )
    )
    records.tell_changed(work, KIND, asset, "created")
    work.flush()
    return asset


def update_asset(
    work: Work, *, asset_id: str, version: int, changes: Mapping[str, object]
) -> Asset:
    """Change what is told of a product that a customer has.

    :raises StaleVersion: if it changed since.
    :raises KeptByOrders: if an order says otherwise; a serial and an end may be told of it.
    """
    asset = _seen(work, asset_id, version)
    if asset.source is AssetSource.ORDER and changes.keys() & BY_ORDERS:
        raise rules.KeptByOrders("The order says what and how much it is.")
    for name, value in changes.items():
        setattr(asset, name, value)
    rules.check(asset.since, asset.until)
    if work.session.is_modified(asset):
        records.tell_changed(work, KIND, asset, "updated")
        work.flush()
    return asset


def remove_asset(work: Work, *, asset_id: str, version: int) -> None:
    """Take back what was noted by mistake.

    :raises StaleVersion: if it changed since.
    :raises KeptByOrders: if an order says it.
    """
    asset = _seen(work, asset_id, version)
    if asset.source is AssetSource.ORDER:
        raise rules.KeptByOrders("What an order brought goes when the order is corrected.")
    records.tell_changed(work, KIND, asset, "deleted")
    work.remove(asset)


def follow_order(work: Work, customer: Customer, told: OrderPlaced | OrderRevised) -> None:
    """Let a customer have what the newest version of an order says, each line once.

    Sales has told it already, so nothing is told again.
    """
    newest = reads.order(work, told.order_id)
    if told.version <= newest.version:
        return
    newest.version = told.version
    lines = () if told.status == CANCELLED else told.lines
    ordered = {line.line_key: line for line in lines if line.quantity > 0}
    known = reads.of_order(work, told.order_id)
    for gone in known.keys() - ordered.keys():
        work.remove(known[gone])
    for key, line in ordered.items():
        asset = known.get(key) or _from_order(work, told.order_id, key)
        _say(asset, customer, line, told.ordered_on)


def _from_order(work: Work, order_id: str, line_key: str) -> Asset:
    asset = Asset(source=AssetSource.ORDER, order_id=order_id, line_key=line_key)
    return work.add(asset)


def _say(asset: Asset, customer: Customer, line: OrderLine, since: str) -> None:
    asset.customer_id, asset.entity_id = customer.id, customer.entity_id
    asset.sku = line.sku or line.product_id
    asset.quantity, asset.since = line.quantity, since


def _seen(work: Work, asset_id: str, version: int) -> Asset:
    asset = work.get(Asset, asset_id, version=version)
    work.get(Customer, asset.customer_id)
    return asset
