"""Orders from the ERP: the newest revision stands, whatever came when."""

import itertools
import threading

import pytest

from chassis.errors import Invalid, Unavailable
from contracts.erp import ORDER_UPSERT
from services.sales.tables import Order, OrderLine
from tests.support.erp import a_line, an_order, post
from tests.support.sales import know_customer


def verdicts(sales):
    return [(v["message_id"], v["outcome"]) for v in sales.told("erp.order.accepted.v1")]


def refusals(sales):
    return [v["code"] for v in sales.told("erp.order.refused.v1")]


def book(sales):
    """What stands, without the numbers that count how often it was written."""
    orders = [
        (o.external_id, o.revision, o.total_minor, o.line_count, o.status, o.fingerprint)
        for o in sales.rows(Order)
    ]
    lines = [(x.line_key, x.sku, x.quantity, x.amount_minor) for x in sales.rows(OrderLine)]
    return sorted(orders), sorted(lines)


class TestTakeOrder:
    @pytest.mark.spec("SAL-13")
    def test_enters_an_order_and_tells_the_erp_and_the_house(self, books):
        post(books, an_order(lines=[a_line(1), a_line(2, amount_minor=250)]))

        (order,) = books.rows(Order)
        assert (order.customer_id, order.owner_id, order.territory_id) == ("c1", "r1", "west")
        assert (order.total_minor, order.line_count, order.ship_state) == (1250, 2, "California")
        (verdict,) = books.told("erp.order.accepted.v1")
        assert (verdict["message_id"], verdict["outcome"], verdict["order_id"]) == (
            "CA-1-1", "created", order.id,
        )  # fmt: skip
        (placed,) = books.told("sales.order.placed.v1")
        assert [(x["line_key"], x["amount_minor"]) for x in placed["lines"]] == [
            ("1", 1000),
            ("2", 250),
        ]
        assert (placed["owner_id"], placed["ordered_on"]) == ("r1", "2017-03-01")

    def test_keeps_and_tells_where_the_goods_go_but_not_to_whom(self, books):
        post(books, an_order(1))
        post(books, an_order(2, ship_to={"state": "Texas", "country": "US", "region": "Central"}))

        (order,) = books.rows(Order)
        assert (order.ship_country, order.ship_region, order.ship_state) == (
            "US", "Central", "Texas",
        )  # fmt: skip
        told = [*books.told("sales.order.placed.v1"), *books.told("sales.order.revised.v1")]
        assert [(o["ship_country"], o["ship_region"], o["ship_state"]) for o in told] == [
            ("US", "West", "California"), ("US", "Central", "Texas"),
        ]  # fmt: skip
        assert not {"ship_city", "ship_postal_code"} & told[0].keys()

    def test_an_order_of_old_that_was_taken_without_its_region_is_the_same(self, books):
        before = an_order()
        before["ship_to"] = {n: v for n, v in before["ship_to"].items() if n != "region"}
        post(books, before)

        post(books, an_order(), message_id="again")

        assert verdicts(books) == [("CA-1-1", "created"), ("again", "unchanged")]

    def test_addresses_the_verdict_to_the_message(self, books):
        post(books, an_order())

        row = next(r for r in books.outbox() if r.routing_key == "erp.order.accepted.v1")
        assert row.exchange == "crm.outbound"
        assert '"ce-subject":"CA-1-1"' in row.headers

    def test_takes_a_message_that_came_twice_once(self, books):
        post(books, an_order())
        post(books, an_order())

        assert verdicts(books) == [("CA-1-1", "created")]
        assert len(books.rows(Order)) == 1
        assert len(books.told("sales.order.placed.v1")) == 1

    def test_answers_unchanged_when_another_message_says_the_same(self, books):
        post(books, an_order())
        before = books.rows(Order)

        post(books, an_order(), message_id="again")

        assert verdicts(books) == [("CA-1-1", "created"), ("again", "unchanged")]
        assert books.rows(Order) == before

    def test_replaces_an_order_by_its_newer_revision(self, books):
        post(books, an_order(1, [a_line(1, quantity=3, amount_minor=1500), a_line(2)]))

        post(books, an_order(2, [a_line(1), a_line(3, amount_minor=99)]))

        (order,) = books.rows(Order)
        assert (order.revision, order.total_minor, order.line_count) == (2, 1099, 2)
        assert book(books)[1] == [("1", "OFF-1", 2, 1000), ("3", "OFF-1", 2, 99)]
        (revised,) = books.told("sales.order.revised.v1")
        assert revised["changed"]["total_minor"] == {"old": 2500, "new": 1099}

    def test_leaves_the_same_book_in_whatever_order_revisions_come(self, books):
        revisions = [
            an_order(1, [a_line(1), a_line(2)]),
            an_order(2, [a_line(1, quantity=1, amount_minor=500)]),
            an_order(3, [a_line(1, quantity=1, amount_minor=500), a_line(4, amount_minor=7)], status="shipped"),
        ]  # fmt: skip
        found = []
        for number, way in enumerate(itertools.permutations([*revisions, revisions[1]])):
            for place, order in enumerate(way):
                lines = [line | {"row_id": f"{number}-{line['row_id']}"} for line in order["lines"]]
                its_own = {"order_id": f"CA-{number}", "lines": lines}
                post(books, order | its_own, message_id=f"{number}.{place}")
        for number in range(24):
            (order,) = [o for o in books.rows(Order) if o.external_id == f"CA-{number}"]
            lines = [x for x in books.rows(OrderLine) if x.order_id == order.id]
            found.append(
                (order.revision, order.total_minor, order.line_count, order.status.value,
                 sorted((x.line_key.partition("-")[2], x.amount_minor) for x in lines))
            )  # fmt: skip

        assert found == [(3, 507, 2, "shipped", [("1", 500), ("4", 7)])] * 24
        assert len(books.told("erp.order.accepted.v1")) == 24 * 4

    def test_says_superseded_to_a_revision_that_was_overtaken(self, books):
        post(books, an_order(2))
        post(books, an_order(1, [a_line(1, quantity=9, amount_minor=1)]))

        assert verdicts(books) == [("CA-1-2", "created"), ("CA-1-1", "superseded")]
        assert books.rows(Order)[0].total_minor == 1000

    def test_waits_for_a_customer_that_is_on_its_way(self, books):
        order = an_order(customer_external_id="ERP-c2")
        with pytest.raises(Unavailable) as waiting:
            post(books, order)
        assert waiting.value.code == "sales.order.customer_not_known_yet"
        assert books.told("erp.order.accepted.v1") == []

        know_customer(books, "c2", owner_id="r9")
        post(books, order | {"customer_external_id": " ERP-c2"})  # as accounts reads keys

        assert [(o.customer_id, o.owner_id) for o in books.rows(Order)] == [("c2", "r9")]

    def test_refuses_with_a_verdict_and_stores_nothing(self, books):
        wrong = [
            ({"lines": [a_line(product_id="NO-1")]}, "sales.order.unknown_product"),
            ({"total_minor": 999}, "sales.order.total_mismatch"),
            ({"lines": [a_line(1), a_line(1)], "total_minor": 2000}, "sales.order.line_repeated"),
            ({"lines": [a_line(amount_minor=-1)], "total_minor": -1}, "invalid.fields"),
            ({"lines": [a_line(quantity=-2)]}, "invalid.fields"),
            ({"lines": [a_line(quantity="2")]}, "invalid.fields"),
            ({"lines": [a_line(discount=0.2)]}, "invalid.fields"),
            ({"lines": []}, "invalid.fields"),
            ({"currency": "usd"}, "invalid.fields"),
            ({"revision": "1"}, "invalid.fields"),
            ({"ordered_on": "yesterday"}, "invalid.fields"),
            ({"colour": "red"}, "invalid.fields"),
        ]

        for number, (change, _) in enumerate(wrong):
            post(books, an_order() | change, message_id=f"m{number}")

        told = books.told("erp.order.refused.v1")
        assert [(v["message_id"], v["external_id"], v["code"]) for v in told] == [
            (f"m{number}", "CA-1", code) for number, (_, code) in enumerate(wrong)
        ]
        assert books.rows(Order) == [] == books.rows(OrderLine)

    def test_refuses_a_revision_that_says_something_else_than_before(self, books):
        post(books, an_order(1))
        post(books, an_order(1, [a_line(amount_minor=1)]), message_id="other")

        assert refusals(books) == ["sales.order.revision_conflict"]
        assert books.rows(Order)[0].total_minor == 1000

    def test_refuses_another_currency_in_a_later_revision(self, books):
        post(books, an_order(1))
        post(books, an_order(2, currency="EUR"))

        assert refusals(books) == ["sales.order.currency_changed"]

    def test_tells_a_refusal_once_however_often_the_message_comes(self, books):
        for _ in range(3):
            post(books, an_order(total_minor=1), message_id="m1")

        assert len(books.told("erp.order.refused.v1")) == 1

    def test_tells_why_also_of_a_message_that_says_nothing_about_itself(self, books):
        books.post("erp_orders", {"order_id": 7}, "m1", ORDER_UPSERT)

        (told,) = books.told("erp.order.refused.v1")
        assert (told["external_id"], told["revision"]) == ("", None)

    def test_leaves_what_is_no_json_to_be_parked(self, books):
        with pytest.raises(Invalid):
            books.post("erp_orders", b"{", "m1", ORDER_UPSERT)

        assert books.told("erp.order.refused.v1") == []

    def test_enters_one_order_when_two_workers_meet(self, books):
        """On PostgreSQL the loser is retried; on SQLite there is one writer at a time."""
        orders = [an_order(1), an_order(2, [a_line(amount_minor=5)])]
        later = []

        def work(order):
            try:
                post(books, order)
            except Unavailable:
                later.append(order)

        threads = [threading.Thread(target=work, args=(order,)) for order in orders]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for order in later:
            post(books, order)

        assert [(o.revision, o.total_minor) for o in books.rows(Order)] == [(2, 5)]
        assert len(books.told("erp.order.accepted.v1")) == 2
        assert refusals(books) == []


class TestErpSynchronisation:
    """Pain point 23: the other side posts twice, late and out of order, and asks how it stands."""

    def test_pain_point_23_the_book_equals_the_erp_whatever_was_posted_twice_or_late(self, books):
        for number in range(1, 21):
            order = an_order(
                1, [a_line(number), a_line(f"{number}b", amount_minor=17)], order_id=f"CA-{number}"
            )
            post(books, order)
            if number % 4 == 0:
                post(books, order)
            if number % 5 == 0:
                newer = an_order(2, [a_line(number, amount_minor=900)], order_id=f"CA-{number}")
                post(books, newer, message_id=f"{number} newer")
                post(books, order, message_id=f"{number} late")

        director = books.person("d1", "sales_director")
        told = books.call("totals", director, external_system="erp")
        assert (told["orders"], told["lines"]) == (20, 36)
        assert told["amounts"] == told["line_amounts"] == {"USD": 16 * 1017 + 4 * 900}
        outcomes = [outcome for _, outcome in verdicts(books)]
        assert {one: outcomes.count(one) for one in outcomes} == {
            "created": 20, "revised": 4, "superseded": 4,
        }  # fmt: skip
