"""The pyramid: the reference's own numbers, and the SQL held to the reference."""

from collections import Counter
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.errors import Invalid
from services.analytics.domain import pyramid
from services.analytics.domain.pyramid import Spender, Tier
from tests.support.analytics import LONG_AGO, NOW, Warehouse, a_customer, an_order

YEAR = {"period_start": "2017-01-01", "period_end": "2018-01-01"}
CUSTOMERS = st.integers(0, 400).map(lambda number: f"c{number}")
# Few amounts and days, so that ties are the rule.
SPENDERS = st.dictionaries(
    CUSTOMERS, st.tuples(st.integers(0, 3), st.integers(1, 3)), max_size=60
).map(
    lambda found: [
        Spender(id_, amount * 100, date(2017, 6, day) if amount else None)
        for id_, (amount, day) in found.items()
    ]
)


def sizes(standings):
    """Count the customers of each tier, from the top."""
    counted = Counter(one.tier for one in standings)
    return [counted[tier] for tier in Tier]


class TestReference:
    @pytest.mark.spec("ANA-20", "NUM-01")
    @pytest.mark.parametrize(
        ("population", "expected"),
        [
            (1000, [10, 40, 150, 800]),
            (793, [8, 32, 119, 634]),
            (1, [1, 0, 0, 0]),
            (19, [1, 0, 3, 15]),
            (0, [0, 0, 0, 0]),
        ],
    )
    def test_cuts_at_one_five_and_twenty_percent_rounded_up(self, population, expected):
        spenders = [Spender(f"c{n}", 10_000 - n, date(2017, 1, 1)) for n in range(population)]

        assert sizes(pyramid.rank(spenders)) == expected

    def test_orders_ties_by_the_later_purchase_and_then_the_id(self):
        spenders = [
            Spender("b", 5, date(2017, 1, 1)),
            Spender("a", 5, date(2017, 1, 1)),
            Spender("z", 5, date(2017, 1, 2)),
            Spender("c", 6, date(2016, 1, 1)),
        ]

        ranked = pyramid.rank(spenders)

        assert [one.customer_id for one in ranked] == ["c", "z", "a", "b"]

    def test_who_spent_nothing_is_small_however_few_spent(self):
        spenders = [Spender(f"c{n}", 0) for n in range(99)] + [Spender("x", 1, date(2017, 1, 1))]

        assert sizes(pyramid.rank(spenders)) == [1, 0, 0, 99]


class TestSql:
    @pytest.mark.spec("ANA-20")
    @settings(max_examples=25, deadline=None)
    @given(spenders=SPENDERS)
    def test_ranks_as_the_reference_does(self, spenders):
        warehouse = Warehouse()
        warehouse.tell(*(a_customer(one.customer_id) for one in spenders), at=LONG_AGO)
        warehouse.tell(
            *(
                an_order(f"o-{one.customer_id}", one.customer_id, one.spend_minor, str(one.last_on))
                for one in spenders
                if one.last_on
            )
        )

        answer = warehouse.ask("scores", as_of=NOW, **YEAR)

        found = [(row["customer_id"], row["rank"], row["tier"]) for row in answer["items"]]
        expected = [(one.customer_id, one.rank, one.tier) for one in pyramid.rank(spenders)]
        warehouse.con.close()
        assert found == expected

    def test_counts_a_thousand(self, warehouse):
        customers = [f"c{n:04d}" for n in range(1000)]
        warehouse.tell(*map(a_customer, customers))
        warehouse.tell(*(an_order(f"o{n}", id_, n + 1) for n, id_ in enumerate(customers)))

        answer = warehouse.ask("pyramid", as_of=NOW, limit=2, **YEAR)

        assert [one["customers"] for one in answer["tiers"]] == [10, 40, 150, 800]
        assert [one["last_rank"] for one in answer["tiers"]] == [10, 50, 200, 1000]
        assert [one["customer_id"] for one in answer["items"]] == ["c0999", "c0998"]
        assert answer["spend_minor"] == 1000 * 1001 // 2

    def test_counts_who_is_known_at_the_end_of_the_period(self, warehouse):
        warehouse.tell(a_customer("early"), at=datetime(2016, 12, 31, tzinfo=UTC))
        warehouse.tell(a_customer("late"), at=datetime(2018, 1, 1, tzinfo=UTC))
        # Told late, yet it was in 2017 that this one bought.
        warehouse.tell(an_order("o1", "imported", 100, "2017-03-01"))

        answer = warehouse.ask("pyramid", as_of=NOW, limit=10, **YEAR)

        assert [one["customer_id"] for one in answer["items"]] == ["imported", "early"]
        assert (answer["population"], answer["buyers"]) == (2, 1)

    def test_leaves_cancelled_orders_out_and_takes_the_newest_revision(self, warehouse):
        warehouse.tell(
            an_order("o1", "a", 900),
            an_order("o1", "a", 900, revision=2, status="cancelled"),
            an_order("o2", "b", 100),
            an_order("o2", "b", 300, revision=2),
            an_order("o3", "c", 200, "2016-12-31"),
        )

        answer = warehouse.ask("pyramid", as_of=NOW, limit=10, **YEAR)

        assert [(one["customer_id"], one["spend_minor"]) for one in answer["items"]] == [
            ("b", 300), ("a", 0), ("c", 0),
        ]  # fmt: skip

    def test_pages_through_the_ranks(self, warehouse):
        warehouse.tell(*(an_order(f"o{n}", f"c{n}", n) for n in range(1, 6)))
        asked = {"as_of": NOW, "limit": 2} | YEAR

        first = warehouse.ask("pyramid", **asked)
        second = warehouse.ask("pyramid", after=first["next"], **asked)
        third = warehouse.ask("pyramid", after=second["next"], **asked)

        ranks = [[one["rank"] for one in page["items"]] for page in (first, second, third)]
        assert ranks == [[1, 2], [3, 4], [5]]
        assert third["next"] is None
        with pytest.raises(Invalid, match="cursor"):
            warehouse.ask("rfm", after=first["next"], **asked)

    def test_adds_up_one_currency_alone(self, warehouse):
        warehouse.tell(an_order("o1", "a", 100), an_order("o2", "b", 900, currency="JPY"))

        with pytest.raises(Invalid, match="currency") as refused:
            warehouse.ask("pyramid", as_of=NOW, **YEAR)

        assert refused.value.detail == {"currencies": ["JPY", "USD"]}
        yen = warehouse.ask("pyramid", as_of=NOW, currency="JPY", **YEAR)
        assert (yen["spend_minor"], yen["population"]) == (900, 2)

    def test_of_nothing_is_nobody(self, warehouse):
        answer = warehouse.ask("pyramid", limit=5)

        assert (answer["population"], answer["items"], answer["currency"]) == (0, [], "XXX")
        assert [one["customers"] for one in answer["tiers"]] == [0, 0, 0, 0]


class TestSuperstore:
    @pytest.mark.spec("ANA-20")
    def test_has_eight_vips_of_793(self, superstore):
        answer = superstore.ask("pyramid", as_of=NOW)

        assert [one["customers"] for one in answer["tiers"]] == [8, 32, 119, 634]
        assert (answer["population"], answer["spend_minor"]) == (793, 229_720_065)
        assert sum(one["spend_minor"] for one in answer["tiers"]) == 229_720_065
        assert sum(one["orders"] for one in answer["tiers"]) == 5009
