"""The book of orders: single orders and sums."""

from datetime import date
from typing import Any

from sqlalchemy import extract, func, select

from chassis.caller import Scope
from chassis.clock import isoformat
from chassis.errors import Forbidden
from chassis.work import Work
from services.sales.domain.orders import OrderStatus
from services.sales.tables import Order, OrderLine

OPEN = frozenset({OrderStatus.PLACED, OrderStatus.SHIPPED})  # what a customer may still owe


def lines(work: Work, order_id: str) -> list[OrderLine]:
    """Return the lines of an order, by their keys."""
    query = select(OrderLine).where(OrderLine.order_id == order_id)
    return list(work.session.scalars(query.order_by(OrderLine.line_key)))


def open_minor(work: Work, customer_id: str, currency: str, *, besides: str) -> int:
    """Return what a customer's open orders in a currency are worth, without one of them."""
    query = select(func.sum(Order.total_minor)).where(
        Order.customer_id == customer_id,
        Order.currency == currency,
        Order.status.in_(OPEN),
        Order.id != besides,
    )
    return int(work.session.scalar(query) or 0)


def with_lines(work: Work, *, order_id: str) -> dict[str, object]:
    """Return an order and its lines."""
    return {"order": work.get(Order, order_id), "lines": lines(work, order_id)}


def totals(work: Work, *, external_system: str | None) -> dict[str, object]:
    """Sum up the whole book: every order in its newest revision, whatever its status.

    ``amounts`` sums the orders, ``line_amounts`` their lines: in a sound book both are equal.

    :raises Forbidden: if the caller does not see all orders, for a part would look like the whole.
    """
    if work.scope is not Scope.ALL:
        raise Forbidden("The sums of the whole book need sight of all orders.", code="auth.scope")
    orders = _book(work, select(Order.currency, func.count(), func.sum(Order.total_minor)))
    lines_ = _book(
        work, select(Order.currency, func.count(), func.sum(OrderLine.amount_minor))
    ).join(OrderLine, OrderLine.order_id == Order.id)
    if external_system is not None:
        orders = orders.where(Order.external_system == external_system)
        lines_ = lines_.where(Order.external_system == external_system)
    by_order, by_line = _sums(work, orders), _sums(work, lines_)
    return {
        "orders": sum(count for count, _ in by_order.values()),
        "lines": sum(count for count, _ in by_line.values()),
        "amounts": {currency: amount for currency, (_, amount) in by_order.items()},
        "line_amounts": {currency: amount for currency, (_, amount) in by_line.items()},
        "as_of": isoformat(work.now),
    }


def orders_by_month(
    work: Work, *, external_system: str | None, since: date | None, until: date | None
) -> dict[str, object]:
    """Count and sum the visible orders that were not cancelled, by month and currency."""
    year, month = extract("year", Order.ordered_on), extract("month", Order.ordered_on)
    what = select(year, month, Order.currency, func.count(), func.sum(Order.total_minor))
    query = what.where(*work.visible(Order), Order.status != OrderStatus.CANCELLED)
    if external_system is not None:
        query = query.where(Order.external_system == external_system)
    if since is not None:
        query = query.where(Order.ordered_on >= since)
    if until is not None:
        query = query.where(Order.ordered_on < until)
    found = work.session.execute(
        query.group_by(year, month, Order.currency).order_by(year, month, Order.currency)
    )
    months = [
        {
            "month": f"{int(y):04d}-{int(m):02d}",
            "currency": currency,
            "orders": count,
            "amount_minor": int(amount),
        }
        for y, m, currency, count, amount in found
    ]
    return {"months": months, "as_of": isoformat(work.now)}


def _book(work: Work, query: Any) -> Any:
    return query.select_from(Order).where(*work.visible(Order)).group_by(Order.currency)


def _sums(work: Work, query: Any) -> dict[str, tuple[int, int]]:
    found = work.session.execute(query.order_by(Order.currency))
    return {currency: (count, int(amount)) for currency, count, amount in found}
