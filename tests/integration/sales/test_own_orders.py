"""Orders that people enter."""

import pytest

from chassis.errors import Forbidden, NotFound
from services.sales.tables import Order

LINES = [{"sku": "OFF-1", "quantity": 1, "amount_minor": 500}]


class TestPlaceOrder:
    def test_enters_an_order_by_hand(self, books):
        director = books.person("d1", "sales_director")

        placed = books.call(
            "place_order", director, customer_id="c1", ordered_on="2017-03-01", currency="USD",
            lines=LINES,
        )  # fmt: skip

        assert (placed["external_system"], placed["external_id"]) == ("crm", placed["id"])
        assert (placed["total_minor"], placed["owner_id"], placed["version"]) == (500, "r1", 1)
        found = books.call("order_with_lines", director, order_id=placed["id"])
        assert [(x["line_key"], x["sku"]) for x in found["lines"]] == [("1", "OFF-1")]
        erp_only = books.call("totals", director, external_system="erp")
        assert (erp_only["orders"], erp_only["amounts"]) == (0, {})

    def test_refuses_a_customer_that_nobody_told_of(self, books):
        with pytest.raises(NotFound):
            books.call(
                "place_order", books.person("d1", "sales_director"), customer_id="nobody",
                ordered_on="2017-03-01", currency="USD", lines=LINES,
            )  # fmt: skip

        assert books.rows(Order) == []

    def test_is_not_a_reps_to_do(self, books):
        with pytest.raises(Forbidden):
            books.call(
                "place_order", books.person("r1", "rep"), customer_id="c1",
                ordered_on="2017-03-01", currency="USD", lines=LINES,
            )  # fmt: skip

        assert books.rows(Order) == []
