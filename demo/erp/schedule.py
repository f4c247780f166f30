"""What the ERP posts and in which order: the history with an outside system's habits."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from chassis.ids import natural_id
from contracts.erp import ORDER_UPSERT, PRODUCT_UPSERT
from demo.history import CURRENCY, Address, History, Line, Order

TWICE_EVERY: Final = 20  # every 20th order is posted twice, as after a lost confirm
LATE_EVERY: Final = 50  # every 50th is overtaken by its successor and by its own revision
FIRST_REVISION: Final = 1
SECOND_REVISION: Final = 2

Body = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Posting:
    """One message to send; a resend of the same revision has the same message id."""

    position: int  # its place in the whole history, the same in every run
    on: date  # the business day on which the ERP sends it
    key: str
    message_id: str
    external_id: str
    revision: int
    body: Body
    lines: int
    amount_minor: int
    products: frozenset[str] = frozenset()  # that an order names


@dataclass(frozen=True, slots=True)
class _Draft:
    on: date
    order: Order
    revision: int


def postings(history: History) -> tuple[Posting, ...]:
    """List every posting of a history: the catalogue first, then the orders as they come."""
    catalogue = list(_products(history))
    orders = (
        _order_posting(len(catalogue) + place, draft)
        for place, draft in enumerate(_sequence(history.orders))
    )
    return (*catalogue, *orders)


def order_body(order: Order, revision: int) -> Body:
    """Write an order as the ERP does; amounts are cents and net of discount."""
    return {
        "order_id": order.id,
        "revision": revision,
        "ordered_on": order.date.isoformat(),
        "currency": CURRENCY,
        "customer_external_id": order.customer_id,
        "ship_mode": order.ship_mode,
        "ship_to": _address_body(order.ship_to),
        "lines": [_line_body(line) for line in order.lines],
        "total_minor": order.total_minor,
        "status": "placed",
    }


def first_typed(order: Order) -> Order:
    """Return the order as it was before its correction: one piece too many."""
    first, *rest = order.lines
    more = first.quantity + 1
    amount = first.amount_minor * more // first.quantity
    typed = replace(first, quantity=more, amount_minor=amount)
    return replace(order, lines=(typed, *rest))


def _sequence(orders: tuple[Order, ...]) -> Iterator[_Draft]:
    late: list[_Draft] = []
    for number, order in enumerate(orders, start=1):
        is_late = number % LATE_EVERY == 0
        revision = SECOND_REVISION if is_late else FIRST_REVISION
        times = 2 if number % TWICE_EVERY == 0 else 1
        drafts = [_Draft(order.date, order, revision)] * times
        if is_late:
            drafts.append(_Draft(order.date, first_typed(order), FIRST_REVISION))
            late = drafts
            continue
        yield from drafts
        # What was overtaken leaves on the day of the order that overtook it.
        yield from (_Draft(order.date, each.order, each.revision) for each in late)
        late = []
    yield from late


def _order_posting(position: int, draft: _Draft) -> Posting:
    order = draft.order
    return Posting(
        position=position,
        on=draft.on,
        key=ORDER_UPSERT,
        message_id=natural_id("erp", "order", order.id, str(draft.revision)),
        external_id=order.id,
        revision=draft.revision,
        body=order_body(order, draft.revision),
        lines=len(order.lines),
        amount_minor=order.total_minor,
        products=frozenset(line.product_id for line in order.lines),
    )


def _products(history: History) -> Iterator[Posting]:
    start = history.orders[0].date
    # 32 ids carry two names over the years; the catalogue knows the latest.
    latest = {line.product_id: line for order in history.orders for line in order.lines}
    for position, (product_id, line) in enumerate(sorted(latest.items())):
        body = {
            "product_id": product_id,
            "revision": FIRST_REVISION,
            "name": line.product_name,
            "category": line.category,
            "sub_category": line.sub_category,
        }
        yield Posting(
            position=position,
            on=start,
            key=PRODUCT_UPSERT,
            message_id=natural_id("erp", "product", product_id, str(FIRST_REVISION)),
            external_id=product_id,
            revision=FIRST_REVISION,
            body=body,
            lines=0,
            amount_minor=0,
        )


def _line_body(line: Line) -> Body:
    return {
        "row_id": line.row_id,
        "product_id": line.product_id,
        "product_name": line.product_name,
        "category": line.category,
        "sub_category": line.sub_category,
        "quantity": line.quantity,
        "discount": f"{line.discount:.2f}",
        "amount_minor": line.amount_minor,
    }


def _address_body(address: Address) -> Body:
    return {
        "country": address.country,
        "state": address.state,
        "city": address.city,
        "postal_code": address.postal_code,
        "region": address.region,
    }
