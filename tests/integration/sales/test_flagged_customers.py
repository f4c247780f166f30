"""Customers on the blacklist, and orders beyond a credit limit."""

import pytest

from chassis.errors import Conflict
from services.sales.tables import Order, Quote
from tests.support.erp import a_line, an_order, post
from tests.support.sales import know_customer

LIMIT = {"credit_limit_minor": 1_000, "credit_currency": "USD"}


def place(books, amount_minor=500, **fields):
    """Enter an order by hand."""
    line = {"sku": "OFF-1", "quantity": 1, "amount_minor": amount_minor}
    given = {"customer_id": "c1", "ordered_on": "2017-03-01", "currency": "USD", "lines": [line]}
    return books.call("place_order", books.person("d1", "sales_director"), **given | fields)


def drafted(books):
    """Draft a quote."""
    director = books.person("d1", "sales_director")
    one = books.call(
        "open_opportunity", director, customer_id="c1", title="Desks", amount_minor=100,
        currency="USD",
    )  # fmt: skip
    (product,) = books.call("find_records", director, kind="product")["items"]
    line = {"product_id": product["id"], "quantity": 1, "unit_price": "6.00"}
    return books.call(
        "draft_quote", director, opportunity_id=one["id"], currency="USD", lines=[line],
        valid_until="2017-03-20T00:00:00Z",
    )  # fmt: skip


def cautions(books):
    """Return why somebody should look at the orders."""
    return [one.caution and one.caution.value for one in books.rows(Order)]


class TestBlacklist:
    @pytest.mark.spec("ACC-36")
    @pytest.mark.parametrize("flag", ["blacklist", "fraud"])
    def test_nothing_is_sold_to_whoever_is_on_it(self, books, flag):
        know_customer(books, sequence=2, flags=(flag,))

        for sell in (place, drafted):
            with pytest.raises(Conflict) as refused:
                sell(books)
            assert refused.value.code == "sales.customer.barred"

        assert (books.rows(Order), books.rows(Quote)) == ([], [])

    def test_a_quote_that_was_drafted_before_is_not_sent(self, books):
        quote = drafted(books)
        know_customer(books, sequence=2, flags=("blacklist",))

        with pytest.raises(Conflict) as refused:
            books.call(
                "send_quote", books.person("d1", "sales_director"), quote_id=quote["id"],
                version=quote["version"],
            )  # fmt: skip

        assert refused.value.code == "sales.customer.barred"
        assert [one.status for one in books.rows(Quote)] == ["draft"]

    def test_what_was_accepted_before_is_not_ordered(self, books):
        director = books.person("d1", "sales_director")
        quote = drafted(books)
        for step in ("send_quote", "accept_quote"):
            quote = books.call(step, director, quote_id=quote["id"], version=quote["version"])
        know_customer(books, sequence=2, flags=("blacklist",))

        with pytest.raises(Conflict) as refused:
            books.call(
                "order_quote", director, quote_id=quote["id"], version=quote["version"]
            )  # fmt: skip

        assert refused.value.code == "sales.customer.barred"
        assert books.rows(Order) == []

    def test_an_order_of_the_erp_is_never_lost_but_marked_and_told(self, books):
        know_customer(books, sequence=2, flags=("blacklist",))

        post(books, an_order(lines=[a_line(1)]))

        assert cautions(books) == ["blacklisted"]
        assert [one["outcome"] for one in books.told("erp.order.accepted.v1")] == ["created"]
        assert [one["caution"] for one in books.told("sales.order.placed.v1")] == ["blacklisted"]
        found = books.call(
            "find_records", books.person("d1", "sales_director"), kind="order",
            filters={"caution": "blacklisted"},
        )["items"]  # fmt: skip
        assert [one["caution"] for one in found] == ["blacklisted"]

    def test_one_who_wants_no_mail_may_buy(self, books):
        know_customer(books, sequence=2, flags=("do_not_contact", "do_not_contact.mail"))

        place(books)

        assert cautions(books) == [None]

    def test_once_lifted_it_stops_nothing(self, books):
        know_customer(books, sequence=2, flags=("blacklist",))
        know_customer(books, sequence=3)

        place(books)

        assert cautions(books) == [None]


class TestCreditLimit:
    @pytest.mark.spec("ACC-37")
    def test_an_order_that_goes_beyond_it_is_marked(self, books):
        know_customer(books, sequence=2, **LIMIT)

        up_to_it, beyond = place(books, 1_000), place(books, 1)

        assert (up_to_it["caution"], beyond["caution"]) == (None, "credit_limit")
        assert [one["caution"] for one in books.told("sales.order.placed.v1")] == [
            None, "credit_limit",
        ]  # fmt: skip

    def test_one_of_the_erp_too(self, books):
        know_customer(books, sequence=2, **LIMIT)

        post(books, an_order(lines=[a_line(1, amount_minor=1_001)]))

        assert cautions(books) == ["credit_limit"]

    def test_what_was_delivered_is_not_owed_any_more(self, books):
        know_customer(books, sequence=2, **LIMIT)
        post(books, an_order(status="delivered", lines=[a_line(1, amount_minor=5_000)]))

        assert place(books, 1_000)["caution"] is None

    def test_a_revision_is_held_against_it_anew_and_not_against_itself(self, books):
        know_customer(books, sequence=2, **LIMIT)
        post(books, an_order(lines=[a_line(1, amount_minor=2_000)]))

        post(books, an_order(revision=2, lines=[a_line(1, amount_minor=900)]))

        assert cautions(books) == [None]
        assert [one["caution"] for one in books.told("sales.order.revised.v1")] == [None]

    def test_another_currency_says_that_nobody_can_tell(self, books):
        know_customer(books, sequence=2, **LIMIT)

        assert place(books, 1, currency="EUR")["caution"] == "credit_currency"

    def test_without_one_nothing_is_marked(self, books):
        assert place(books, 10**9)["caution"] is None
