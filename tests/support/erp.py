"""What the ERP posts, valid by default, one line to vary."""

from typing import Any

from contracts.erp import ORDER_UPSERT, PRODUCT_UPSERT
from tests.support.sales import Room


def a_line(row_id: int | str = 1, **fields: Any) -> dict[str, Any]:
    """Write a line of an order."""
    line = {
        "row_id": row_id, "product_id": "OFF-1", "product_name": "Stapler",
        "category": "Office Supplies", "sub_category": "Fasteners", "quantity": 2,
        "discount": "0.20", "amount_minor": 1000,
    }  # fmt: skip
    return line | fields


def an_order(
    revision: int = 1, lines: list[dict[str, Any]] | None = None, **fields: Any
) -> dict[str, Any]:
    """Write a revision of an order."""
    lines = lines or [a_line()]
    order = {
        "order_id": "CA-1", "revision": revision, "ordered_on": "2017-03-01", "currency": "USD",
        "customer_external_id": "ERP-c1", "ship_mode": "First Class",
        "ship_to": {
            "city": "Los Angeles", "state": "California", "postal_code": "90001", "country": "US",
            "region": "West",
        },
        "lines": lines, "total_minor": sum(line["amount_minor"] for line in lines),
        "status": "placed",
    }  # fmt: skip
    return order | fields


def post(sales: Room, order: dict[str, Any], message_id: str | None = None) -> None:
    """Post an order; a revision has its own message id unless one is given."""
    id_ = message_id or f"{order['order_id']}-{order['revision']}"
    sales.post("erp_orders", order, id_, ORDER_UPSERT)


def post_product(
    sales: Room, sku: str = "OFF-1", revision: int = 1, name: str = "Stapler",
    message_id: str | None = None,
) -> None:  # fmt: skip
    """Post a product."""
    body = {
        "product_id": sku, "revision": revision, "name": name,
        "category": "Office Supplies", "sub_category": "Fasteners",
    }  # fmt: skip
    sales.post("erp_products", body, message_id or f"p-{sku}-{revision}-{name}", PRODUCT_UPSERT)
