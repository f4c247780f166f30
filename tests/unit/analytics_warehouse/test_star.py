"""The star: what stands now and what stood when, whatever order the events came in."""

import random
from datetime import timedelta

import duckdb
import pytest

from contracts import accounts
from services.analytics.warehouse import star
from services.analytics.warehouse.facts import FACTS
from services.analytics.warehouse.views import VIEWS
from tests.support.warehouse import NOON, Message, a_warehouse, an_order, landed, message, rows

LATER = NOON + timedelta(days=1)
LATEST = NOON + timedelta(days=2)


def a_customer_s_life() -> list[Message]:
    """Make four versions: entered, moved to another region, given to somebody, scored."""
    created = accounts.CustomerCreated(
        customer_id="c",
        version=1,
        kind="person",
        segment="Consumer",
        region="South",
        owner_id="ann",
    )
    updated = accounts.CustomerUpdated(
        customer_id="c", version=2, kind="person", segment=None, region="West"
    )
    given = accounts.CustomerOwnerChanged(
        customer_id="c", version=3, previous_owner_id="ann", owner_id="bob", team_id="t",
        territory_id=None, reason="manual",
    )  # fmt: skip
    scored = accounts.CustomerTierChanged(
        customer_id="c", version=4, previous_tier=None, tier="vip", rank=1, population=9,
        period_start="2017-01-01", period_end="2018-01-01", score_id="s",
    )  # fmt: skip
    instants = (NOON, LATER, LATEST, LATEST)
    told = zip((created, updated, given, scored), instants, strict=True)
    return [message(one, sequence=number, at=at) for number, (one, at) in enumerate(told, start=1)]


class TestCustomerVersion:
    @pytest.mark.spec("ANA-01")
    def test_is_cut_from_the_log(self) -> None:
        con = a_warehouse()

        landed(con, a_customer_s_life())

        assert rows(
            con,
            "SELECT version, valid_from::DATE::VARCHAR, valid_to::DATE::VARCHAR, segment, region, "
            "owner_id, team_id, tier FROM customer_version ORDER BY version",
        ) == [
            (1, "2017-03-01", "2017-03-02", "Consumer", "South", "ann", None, None),
            (2, "2017-03-02", "2017-03-03", None, "West", "ann", None, None),
            (3, "2017-03-03", "2017-03-03", None, "West", "bob", "t", None),
            (4, "2017-03-03", None, None, "West", "bob", "t", "vip"),
        ]
        assert rows(con, "SELECT customer_id, version FROM customer_now") == [("c", 4)]

    def test_is_the_same_whatever_order_the_events_came_in(self) -> None:
        expected = a_warehouse()
        life = a_customer_s_life()
        landed(expected, life)

        for seed in range(3):
            con = a_warehouse()
            for one in random.Random(seed).sample(life, len(life)):  # noqa: S311 - a shuffle
                landed(con, [one])

            assert _whole(con, "customer_version") == _whole(expected, "customer_version")
            assert star.checksums(con) == star.checksums(expected)

    def test_a_late_event_cuts_history_anew_without_renumbering(self) -> None:
        con = a_warehouse()
        life = a_customer_s_life()
        landed(con, [life[0], life[2], life[3]])
        before = rows(con, "SELECT version, region FROM customer_version ORDER BY version")

        landed(con, [life[1]])

        assert before == [(1, "South"), (3, "South"), (4, "South")]
        after = rows(con, "SELECT version, region FROM customer_version ORDER BY version")
        assert after == [(1, "South"), (2, "West"), (3, "West"), (4, "West")]

    def test_is_known_from_the_first_that_was_told(self) -> None:
        con = a_warehouse()

        landed(con, list(reversed(a_customer_s_life())))

        assert rows(con, "SELECT customer_id, known_from = ? FROM customer_known".replace("?", f"'{NOON}'")) == [("c", True)]  # fmt: skip


class TestOrders:
    @pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
    def test_show_the_newest_revision_only(self, order: tuple[int, ...]) -> None:
        con = a_warehouse()
        told = [
            message(an_order(1), sequence=1),
            message(an_order(1, revision=2, version=2, lines=3), sequence=2),
            message(an_order(1, revision=3, version=3, lines=1, amount_minor=50), sequence=3),
        ]

        for index in order:
            landed(con, [told[index]])
        landed(con, [message(an_order(2))])

        assert rows(
            con, "SELECT order_id, revision, count(*), sum(amount_minor) FROM order_line GROUP BY ALL ORDER BY ALL"
        ) == [("order-1", 3, 1, 50), ("order-2", 1, 2, 2000)]  # fmt: skip
        assert rows(con, "SELECT order_id, total_minor, line_count FROM order_now ORDER BY 1") == [
            ("order-1", 50, 1),
            ("order-2", 2000, 2),
        ]

    def test_that_are_cancelled_are_seen_as_such(self) -> None:
        con = a_warehouse()

        landed(
            con,
            [
                message(an_order(1), sequence=1),
                message(an_order(1, revision=2, version=2, status="cancelled"), sequence=2),
            ],
        )

        assert rows(con, "SELECT DISTINCT status FROM order_line") == [("cancelled",)]
        assert rows(con, "SELECT status FROM order_now") == [("cancelled",)]

    def test_without_lines_are_orders_too(self) -> None:
        con = a_warehouse()

        landed(con, [message(an_order(1, lines=0))])

        assert rows(con, "SELECT order_id, line_count FROM order_now") == [("order-1", 0)]
        assert rows(con, "SELECT count(*) FROM order_line") == [(0,)]

    def test_carry_what_a_line_needs(self) -> None:
        con = a_warehouse()

        landed(con, [message(an_order(1, lines=1, ship_state="Kentucky", ship_country="US"))])

        assert rows(
            con,
            "SELECT line_key, customer_id, product_id, sku, ordered_on::VARCHAR, quantity, "
            "discount::VARCHAR, currency, ship_country, ship_region, ship_state, "
            "order_total_minor, external_system, external_id FROM order_line",
        ) == [
            (
                "1", "customer-1", "product-1", "FUR-1", "2016-11-08", 2, "0.2000", "USD", "US",
                "South", "Kentucky", 1000, "erp", "CA-1",
            )
        ]  # fmt: skip


class TestLayout:
    def test_every_view_and_table_can_be_read(self) -> None:
        con = a_warehouse()

        for name in (*VIEWS, *(fact.name for fact in FACTS), "dim_date", "gap", "quarantine"):
            assert con.execute(f"SELECT count(*) FROM {name}").fetchone() is not None

    def test_days_know_their_iso_week(self) -> None:
        con = a_warehouse()

        assert rows(con, "SELECT min(day)::VARCHAR, max(day)::VARCHAR, count(*) FROM dim_date") == [
            ("2010-01-01", "2035-12-31", 9496)
        ]
        assert rows(con, "SELECT * EXCLUDE day FROM dim_date WHERE day = DATE '2016-01-03'") == [
            (2016, 1, 1, "2016-01", 2015, 53, 7)
        ]

    def test_a_checksum_tells_one_row_more_from_the_same_row_twice(self) -> None:
        con = a_warehouse()
        landed(con, [message(an_order(1))])
        before = star.checksums(con)["fact_order"]

        con.execute("INSERT INTO fact_order FROM fact_order")
        con.execute("INSERT INTO fact_order FROM fact_order LIMIT 1")
        after = star.checksums(con)["fact_order"]

        assert before["checksum"] != after["checksum"]


def _whole(con: duckdb.DuckDBPyConnection, view: str) -> list[tuple[object, ...]]:
    query = f"SELECT * REPLACE (valid_from::VARCHAR AS valid_from, valid_to::VARCHAR AS valid_to) FROM {view} ORDER BY ALL"
    return rows(con, query)
