"""Events made of orders."""

from collections.abc import Callable, Sequence
from typing import Any

from contracts import sales
from services.sales.tables import Order, OrderLine


def order_placed(lines: Sequence[OrderLine]) -> Callable[[Order], sales.OrderPlaced]:
    """Tell that an order entered the books."""

    def make(order: Order) -> sales.OrderPlaced:
        return sales.OrderPlaced(
            **_facts(order, lines),
            owner_id=order.owner_id,
            team_id=order.team_id,
            territory_id=order.territory_id,
        )

    return make


def order_revised(lines: Sequence[OrderLine]) -> Callable[[Order], sales.OrderRevised]:
    """Tell that a newer revision of an order stands."""
    return lambda order: sales.OrderRevised(**_facts(order, lines))


def _facts(order: Order, lines: Sequence[OrderLine]) -> dict[str, Any]:
    return {
        "order_id": order.id,
        "version": order.version,
        "external_system": order.external_system,
        "external_id": order.external_id,
        "revision": order.revision,
        "customer_id": order.customer_id,
        "ordered_on": order.ordered_on.isoformat(),
        "currency": order.currency,
        "total_minor": order.total_minor,
        "line_count": order.line_count,
        "lines": _order_lines(lines),
        "status": order.status.value,
        "entity_id": order.entity_id,
        "ship_country": order.ship_country,
        "ship_region": order.ship_region,
        "ship_state": order.ship_state,
        "caution": order.caution,
    }


def _order_lines(lines: Sequence[OrderLine]) -> tuple[sales.OrderLine, ...]:
    return tuple(
        sales.OrderLine(
            line_key=line.line_key,
            product_id=line.product_id,
            quantity=line.quantity,
            discount=line.discount,
            amount_minor=line.amount_minor,
            sku=line.sku,
        )
        for line in lines
    )
