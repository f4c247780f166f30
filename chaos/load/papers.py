"""What an ERP writes: products, orders in several revisions, and orders that nobody can take."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from chassis.ids import natural_id
from contracts.erp import ORDER_UPSERT, PRODUCT_UPSERT

ACCEPTED = "accepted"
SKUS = tuple(f"CHAOS-{number}" for number in range(1, 7))
MOST_LINES, MOST_REVISIONS = 4, 3


@dataclass(frozen=True, slots=True)
class Posting:
    """One message; whoever sends it again sends the same message id."""

    message_id: str
    key: str
    external_id: str
    revision: int
    body: Mapping[str, Any]
    verdict: str = ACCEPTED  # or the code of the refusal that must come

    @property
    def is_order(self) -> bool:
        """Tell it from a product."""
        return self.key == ORDER_UPSERT


def products() -> list[Posting]:
    """Write the catalogue."""
    return [
        Posting(
            message_id=natural_id("chaos", "product", sku),
            key=PRODUCT_UPSERT,
            external_id=sku,
            revision=1,
            body={"product_id": sku, "revision": 1, "name": f"Thing {sku}"},
        )
        for sku in SKUS
    ]


def order(mark: str, customer: str, dice: Random) -> list[Posting]:
    """Write an order as often as it was changed, the first revision first."""
    revisions = dice.choices((1, 2, MOST_REVISIONS), (6, 3, 1))[0]
    return [
        _posting(f"O-{mark}", number, _body(f"O-{mark}", number, customer, dice))
        for number in range(1, revisions + 1)
    ]


def untakeable(mark: str, customer: str, dice: Random) -> Posting:
    """Write an order that must be refused."""
    code, spoil = dice.choice(SPOILT)
    external_id = f"R-{mark}"
    body = _body(external_id, 1, customer, dice)
    spoil(body)
    return _posting(external_id, 1, body, code)


def said_otherwise(before: Posting, dice: Random) -> Posting:
    """Write a revision that stands in the books once more, as if it had always said something else."""
    customer = before.body["customer_external_id"]
    body = _body(before.external_id, before.revision, customer, dice) | {"ship_mode": "Otherwise"}
    code = "sales.order.revision_conflict"
    return _posting(before.external_id, before.revision, body, code)


def _posting(
    external_id: str, revision: int, body: Mapping[str, Any], verdict: str = ACCEPTED
) -> Posting:
    id_ = natural_id("chaos", "order", external_id, str(revision), verdict)
    return Posting(id_, ORDER_UPSERT, external_id, revision, body, verdict)


def _body(external_id: str, revision: int, customer: str, dice: Random) -> dict[str, Any]:
    lines = [_line(number, dice) for number in range(1, dice.randint(1, MOST_LINES) + 1)]
    return {
        "order_id": external_id,
        "revision": revision,
        "ordered_on": "2024-03-01",
        "currency": "EUR",
        "customer_external_id": customer,
        "lines": lines,
        "total_minor": sum(line["amount_minor"] for line in lines),
    }


def _line(number: int, dice: Random) -> dict[str, Any]:
    return {
        "row_id": number,
        "product_id": dice.choice(SKUS),
        "quantity": dice.randint(1, 9),
        "discount": dice.choice(("0.00", "0.10", "0.25")),
        "amount_minor": dice.randint(1, 99_999),
    }


def _name_another_product(body: dict[str, Any]) -> None:
    body["lines"][0]["product_id"] = "NOBODY-SELLS-THIS"


def _add_up_wrongly(body: dict[str, Any]) -> None:
    body["total_minor"] += 1


def _repeat_a_line(body: dict[str, Any]) -> None:
    body["lines"].append(body["lines"][0])
    body["total_minor"] += body["lines"][0]["amount_minor"]


def _leave_out_the_day(body: dict[str, Any]) -> None:
    del body["ordered_on"]


def _write_a_number_as_text(body: dict[str, Any]) -> None:
    body["lines"][0]["quantity"] = "two"


SPOILT: tuple[tuple[str, Callable[[dict[str, Any]], None]], ...] = (
    ("sales.order.unknown_product", _name_another_product),
    ("sales.order.total_mismatch", _add_up_wrongly),
    ("sales.order.line_repeated", _repeat_a_line),
    ("invalid.fields", _leave_out_the_day),
    ("invalid.fields", _write_a_number_as_text),
)
