"""Recency, frequency, monetary: ties, the reference, and nothing from the future."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.analytics.domain import rfm
from services.analytics.domain.rfm import Bought
from tests.support.analytics import NOW, Told, Warehouse, a_customer, an_order

MIDDLE = datetime(2017, 6, 30, 12, tzinfo=UTC)


def scored(answer):
    """Return the scores by customer."""
    return {one["customer_id"]: one["rfm"] for one in answer["items"]}


class TestReference:
    @pytest.mark.spec("ANA-22")
    def test_scores_quintiles_from_one_to_five(self):
        bought = {f"c{n}": Bought(100 - n, n, n * 10) for n in range(1, 11)}

        found = rfm.scores(bought)

        assert [found[f"c{n}"] for n in range(1, 11)] == [
            "111", "111", "222", "222", "333", "333", "444", "444", "555", "555",
        ]  # fmt: skip

    def test_gives_equal_values_equal_scores(self):
        bought = {f"c{n}": Bought(10, 1 if n < 9 else 2, 100) for n in range(10)}

        found = rfm.scores(bought)

        assert Counter(found.values()) == {"111": 9, "151": 1}


class TestSql:
    @pytest.mark.spec("ANA-22")
    @settings(max_examples=25, deadline=None)
    @given(
        st.lists(
            st.tuples(st.integers(0, 12), st.integers(1, 4), st.integers(1, 3)),
            min_size=1,
            max_size=50,
        )
    )
    def test_scores_as_the_reference_does(self, orders):
        warehouse = Warehouse()
        warehouse.tell(
            *(
                an_order(f"o{n}", f"c{customer}", amount * 100, f"2017-06-0{day}")
                for n, (customer, amount, day) in enumerate(orders)
            )
        )

        answer = warehouse.ask("rfm", as_of=NOW, limit=200)

        warehouse.con.close()
        assert scored(answer) == rfm.scores(_bought(orders))

    def test_adds_up_its_cells(self, superstore):
        answer = superstore.ask("rfm", as_of=NOW)

        assert sum(cell["customers"] for cell in answer["cells"]) == answer["buyers"] == 793
        assert sum(cell["monetary_minor"] for cell in answer["cells"]) == 229_720_065
        assert sum(cell["orders"] for cell in answer["cells"]) == 5009

    @pytest.mark.spec("ANA-22")
    @pytest.mark.parametrize("place", ["before", "among", "after"])
    def test_nothing_that_happens_later_changes_anything(self, place):
        past = [
            Told(a_customer("a"), MIDDLE - timedelta(days=90), 1),
            Told(an_order("o1", "a", 500, "2017-04-01"), MIDDLE - timedelta(days=80), 1),
            Told(an_order("o2", "b", 900, "2017-05-01"), MIDDLE - timedelta(days=50), 1),
            Told(an_order("o3", "c", 100, "2017-06-01"), MIDDLE - timedelta(days=20), 1),
        ]
        soon = MIDDLE + timedelta(seconds=1)
        future = [
            Told(a_customer("new"), soon, 1),
            Told(an_order("o4", "new", 10_000, "2017-07-01"), soon, 1),
            # What was sold before is corrected, cancelled and told late, all afterwards.
            Told(an_order("o1", "a", 9_999, "2017-04-01", revision=2), soon, 2),
            Told(an_order("o2", "b", 900, "2017-05-01", revision=2, status="cancelled"), soon, 2),
            Told(an_order("o5", "c", 700, "2017-06-02"), soon, 1),
        ]
        alone, mixed = Warehouse(), Warehouse()
        alone.hear(*past)
        mixed.hear(
            *{
                "before": future + past,
                "among": [one for two in zip(past, future, strict=False) for one in two]
                + future[4:],
                "after": past + future,
            }[place]
        )

        asked = {"as_of": MIDDLE, "currency": "USD"}
        for method, page in (("rfm", {"limit": 50}), ("pyramid", {"limit": 50}), ("cube", {})):
            assert mixed.ask(method, **asked, **page) == alone.ask(method, **asked, **page)
        later = {**asked, "as_of": soon}
        assert mixed.ask("rfm", **later, limit=50) != alone.ask("rfm", **later, limit=50)

    def test_an_order_of_a_day_to_come_is_no_purchase_yet(self, warehouse):
        warehouse.tell(
            an_order("o1", "a", 100, "2018-01-01"), an_order("o2", "b", 100, "2018-01-02")
        )

        answer = warehouse.ask("rfm", as_of=NOW, period_end="2018-02-01", limit=10)

        assert [(one["customer_id"], one["recency_days"]) for one in answer["items"]] == [("a", 0)]


def _bought(orders):
    found = {}
    for customer, amount, day in orders:
        known = found.get(f"c{customer}", Bought(10_000, 0, 0))
        recency = (NOW.date() - date(2017, 6, day)).days
        found[f"c{customer}"] = Bought(
            min(known.recency_days, recency),
            known.frequency + 1,
            known.monetary_minor + amount * 100,
        )
    return found
