"""The catalogue and the quotes."""

from collections.abc import Iterable

from sqlalchemy import select

from chassis.caller import GROUP_ENTITY
from chassis.work import Work
from services.sales.tables import Product, Quote, QuoteLine


def products_by_id(work: Work, ids: Iterable[str], entity_id: str) -> dict[str, Product]:
    """Return the products with these ids that an entity may sell."""
    ours = Product.entity_id.in_([entity_id, GROUP_ENTITY])
    query = select(Product).where(Product.id.in_(set(ids)), ours)
    return {product.id: product for product in work.session.scalars(query)}


def products_by_sku(work: Work, skus: Iterable[str], entity_id: str) -> dict[str, Product]:
    """Return the products with these keys; an entity's own go before the group's."""
    ours = Product.entity_id.in_([entity_id, GROUP_ENTITY])
    query = select(Product).where(Product.sku.in_(set(skus)), ours)
    found = work.session.scalars(query.order_by(Product.entity_id != GROUP_ENTITY))
    return {product.sku: product for product in found}


def product_for_update(work: Work, sku: str) -> Product | None:
    """Return a product of the group by its key, locked until this work is done."""
    query = select(Product).where(Product.sku == sku, Product.entity_id == GROUP_ENTITY)
    return work.session.scalar(query.with_for_update())


def lines(work: Work, quote_id: str) -> list[QuoteLine]:
    """Return the lines of a quote, in order."""
    query = select(QuoteLine).where(QuoteLine.quote_id == quote_id)
    return list(work.session.scalars(query.order_by(QuoteLine.place)))


def with_lines(work: Work, *, quote_id: str) -> dict[str, object]:
    """Return a quote and its lines."""
    return {"quote": work.get(Quote, quote_id), "lines": lines(work, quote_id)}
