from collections import Counter
from datetime import date

import pytest

from contracts.erp import ORDER_UPSERT, PRODUCT_UPSERT
from demo import history
from demo.erp.__main__ import choose, quarter_days
from demo.erp.schedule import Posting, postings
from services.sales.schemas.orders import OrderUpsert, ProductUpsert

# What connector and sales agreed on, word for word.
AGREED = {
    "order_id": "CA-2016-152156",
    "revision": 1,
    "ordered_on": "2016-11-08",
    "currency": "USD",
    "customer_external_id": "CG-12520",
    "ship_mode": "Second Class",
    "ship_to": {
        "country": "US",
        "state": "Kentucky",
        "city": "Henderson",
        "postal_code": "42420",
        "region": "South",
    },
    "lines": [
        {
            "row_id": 1,
            "product_id": "FUR-BO-10001798",
            "product_name": "Bush Somerset Collection Bookcase",
            "category": "Furniture",
            "sub_category": "Bookcases",
            "quantity": 2,
            "discount": "0.00",
            "amount_minor": 26196,
        },
        {
            "row_id": 2,
            "product_id": "FUR-CH-10000454",
            "product_name": "Hon Deluxe Fabric Upholstered Stacking Chairs, Rounded Back",
            "category": "Furniture",
            "sub_category": "Chairs",
            "quantity": 3,
            "discount": "0.00",
            "amount_minor": 73194,
        },
    ],
    "total_minor": 99390,
    "status": "placed",
}


@pytest.fixture(scope="module")
def schedule() -> tuple[Posting, ...]:
    return postings(history.read())


@pytest.fixture(scope="module")
def orders(schedule: tuple[Posting, ...]) -> list[Posting]:
    return [one for one in schedule if one.key == ORDER_UPSERT]


class TestPostings:
    def test_posts_every_twentieth_twice_and_a_second_revision_of_every_fiftieth(
        self, orders: list[Posting]
    ) -> None:
        assert len(orders) == 5009 + 250 + 100
        assert len({one.message_id for one in orders}) == 5009 + 100
        assert len({one.external_id for one in orders}) == 5009

    def test_ends_in_the_sums_of_the_history(self, orders: list[Posting]) -> None:
        newest = {one.external_id: one for one in sorted(orders, key=lambda one: one.revision)}

        assert sum(one.lines for one in newest.values()) == 9994
        assert sum(one.amount_minor for one in newest.values()) == 229720065

    def test_lets_a_late_order_be_overtaken_by_its_successor_and_its_own_revision(
        self, orders: list[Posting]
    ) -> None:
        late = [one for one in orders if one.revision == 2]
        first = late[0]
        place = orders.index(first)

        assert len({one.external_id for one in late}) == 100
        assert str(orders[place - 1].body["ordered_on"]) >= str(first.body["ordered_on"])
        assert orders[place + 1].external_id == first.external_id
        assert [orders[place + 1].revision, orders[place].revision] == [1, 2]
        assert orders[place + 1].amount_minor > first.amount_minor

    def test_keeps_the_message_id_of_a_resend(self, orders: list[Posting]) -> None:
        again = [one for one in postings(history.read()) if one.key == ORDER_UPSERT]

        assert [one.message_id for one in again] == [one.message_id for one in orders]
        assert Counter(Counter(one.message_id for one in orders).values()) == {1: 4859, 2: 250}

    def test_goes_forward_in_business_time(self, schedule: tuple[Posting, ...]) -> None:
        days = [one.on for one in schedule]

        assert days == sorted(days)
        assert [one.position for one in schedule] == list(range(len(schedule)))

    def test_sends_the_catalogue_before_the_orders(self, schedule: tuple[Posting, ...]) -> None:
        products = [one for one in schedule if one.key == PRODUCT_UPSERT]

        assert schedule[: len(products)] == tuple(products)
        assert len(products) == 1862

    def test_writes_a_body_that_adds_up(self, orders: list[Posting]) -> None:
        for one in orders:
            lines = one.body["lines"]
            assert isinstance(lines, list)
            assert sum(line["amount_minor"] for line in lines) == one.body["total_minor"]

    def test_writes_an_order_as_agreed(self, orders: list[Posting]) -> None:
        body = next(one.body for one in orders if one.external_id == "CA-2016-152156")

        assert body == AGREED


class TestChoose:
    def test_windows_part_the_schedule_without_loss(
        self, schedule: tuple[Posting, ...], orders: list[Posting]
    ) -> None:
        quarters = [choose(schedule, *quarter_days(q)) for q in range(1, 17)]

        assert [one for quarter in quarters for one in quarter] == orders

    def test_the_catalogue_is_what_the_orders_name(self, schedule: tuple[Posting, ...]) -> None:
        chosen = choose(schedule, *quarter_days(1), catalogue=True)
        products = choose(schedule, *quarter_days(1), catalogue=True, orders=False)
        everything = choose(
            schedule, date(2014, 1, 1), date(2018, 1, 31), catalogue=True, orders=False
        )

        assert chosen == [*products, *choose(schedule, *quarter_days(1))]
        named = set().union(*(one.products for one in chosen))
        assert {one.external_id for one in products} == named
        assert len(everything) == 1862

    def test_knows_the_quarters(self) -> None:
        assert quarter_days(1) == (date(2014, 1, 1), date(2014, 3, 31))
        assert quarter_days(16) == (date(2017, 10, 1), date(2017, 12, 31))


class TestSales:
    def test_understands_every_order_and_product(self, schedule: tuple[Posting, ...]) -> None:
        schemas = {ORDER_UPSERT: OrderUpsert(), PRODUCT_UPSERT: ProductUpsert()}

        wrong = [
            (one.external_id, found)
            for one in schedule
            if (found := schemas[one.key].validate(dict(one.body)))
        ]

        assert wrong == []
