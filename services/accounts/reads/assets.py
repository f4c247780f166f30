"""Questions about what customers have of our products."""

from sqlalchemy import ColumnElement, or_, select

from chassis.cursors import DEFAULT_PAGE
from chassis.pages import Page, page
from chassis.work import Work
from services.accounts.tables import Asset, AssetOrder, Customer

ON_CARD = 50


def still_there(work: Work) -> ColumnElement[bool]:
    """Return the condition that a product is not gone."""
    return or_(Asset.until.is_(None), Asset.until > work.now.date().isoformat())


def assets(
    work: Work,
    *,
    customer_id: str,
    former: bool = False,
    after: str | None = None,
    limit: int = DEFAULT_PAGE,
) -> Page[Asset]:
    """Page through what a customer has of our products, with ``former`` also what it had."""
    work.get(Customer, customer_id)
    query = select(Asset).where(Asset.customer_id == customer_id)
    if not former:
        query = query.where(still_there(work))
    return page(work, query, [Asset.id], limit=limit, after=after)


def on_card(work: Work, customer_id: str) -> list[Asset]:
    """Return what a customer has, the latest first, for the card."""
    query = select(Asset).where(Asset.customer_id == customer_id, still_there(work))
    return list(work.session.scalars(query.order_by(Asset.id.desc()).limit(ON_CARD)))


def order(work: Work, order_id: str) -> AssetOrder:
    """Return how new an order is that is followed; nobody else follows it until this is done."""
    work.insert_once(AssetOrder.__table__, {"order_id": order_id, "version": 0})
    query = select(AssetOrder).where(AssetOrder.order_id == order_id).with_for_update()
    return work.session.execute(query).scalar_one()


def of_order(work: Work, order_id: str) -> dict[str, Asset]:
    """Return what an order brought, by line."""
    query = select(Asset).where(Asset.order_id == order_id)
    return {one.line_key or "": one for one in work.session.scalars(query)}
