"""What others tell that a customer's class follows from."""

from typing import Any

from contracts.sales import OrderPlaced, OrderRevised
from contracts.service_desk import SurveyAnswered
from tests.support.accounts import Desk
from tests.support.sales import DAY


def buy(
    desk: Desk, customer_id: str, id_: str = "o1", on: str = "2017-02-20", **fields: Any
) -> None:
    """Let accounts hear of an order, or of a later version of it."""
    version = fields.setdefault("version", 1)
    order = {
        "order_id": id_, "external_system": "erp", "external_id": id_, "revision": version,
        "customer_id": customer_id, "ordered_on": on, "currency": "USD", "total_minor": 1000,
        "line_count": 0, "lines": (), "status": "placed",
    }  # fmt: skip
    kind = OrderPlaced if version == 1 else OrderRevised
    desk.hear("sales_made", kind(**order | fields))


def say(desk: Desk, customer_id: str, satisfaction: str, **fields: Any) -> None:
    """Let accounts hear how satisfied somebody is."""
    told = {
        "survey_id": "s1", "version": 2, "moment": "post_sale", "answered_at": DAY,
        "expected": {"price": 5}, "perceived": {"price": 9}, "gap": "4.00",
    }  # fmt: skip
    desk.hear(
        "surveys_answered",
        SurveyAnswered(customer_id=customer_id, satisfaction=satisfaction, **told | fields),
    )
