"""What every method needs: in which currency it counts."""

import pytest

from chassis.errors import Invalid
from tests.support.analytics import NOW, an_order


class TestCurrency:
    def test_is_the_only_one_of_what_is_sold(self, warehouse):
        warehouse.tell(
            an_order("o1", "a", 100), an_order("o2", "a", 7, currency="EUR"),
            an_order("o2", "a", 8, revision=2), an_order("o3", "a", 9, currency="JPY"),
            an_order("o3", "a", 9, currency="JPY", revision=2, status="cancelled"),
        )  # fmt: skip

        answer = warehouse.ask("pyramid", as_of=NOW)

        assert (answer["currency"], answer["spend_minor"]) == ("USD", 108)

    def test_is_to_be_said_where_there_are_several(self, warehouse):
        warehouse.tell(an_order("o1", "a", 100), an_order("o2", "a", 7, currency="EUR"))

        with pytest.raises(Invalid) as refused:
            warehouse.ask("pyramid", as_of=NOW)

        assert refused.value.detail == {"currencies": ["EUR", "USD"]}

    def test_is_none_where_all_was_cancelled(self, warehouse):
        warehouse.tell(an_order("o1", "a", 100, status="cancelled"))

        assert warehouse.ask("pyramid", as_of=NOW)["currency"] == "XXX"
