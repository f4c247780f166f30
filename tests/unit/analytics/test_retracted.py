"""Customers who were entered by mistake: counted until they were taken back, and not after."""

from datetime import UTC, datetime

from contracts.intake import CustomerRetracted
from services.analytics.warehouse import star
from tests.support.analytics import LONG_AGO, NOW, Told, Warehouse, a_customer, an_order

JULY, AUGUST = (datetime(2017, month, 1, tzinfo=UTC) for month in (7, 8))
YEAR = {"period_start": "2017-01-01", "period_end": "2018-01-01"}


def retracted(customer_id):
    return CustomerRetracted(customer_id=customer_id, version=2, import_id="i")


def counted(warehouse, as_of=NOW):
    """Return how many customers there are at an instant."""
    return warehouse.ask("pyramid", as_of=as_of, limit=10, **YEAR)["population"]


class TestRetracted:
    def test_are_counted_as_it_was_known_then(self, warehouse):
        warehouse.tell(*map(a_customer, "abc"), at=LONG_AGO)
        warehouse.tell(retracted("a"), retracted("b"), at=AUGUST)

        assert (counted(warehouse, JULY), counted(warehouse, AUGUST)) == (3, 1)

    def test_stand_no_longer_and_did_until_then(self, warehouse):
        warehouse.tell(a_customer("a", region="West"), at=LONG_AGO)
        warehouse.tell(retracted("a"), at=AUGUST)

        history = warehouse.con.execute(
            "SELECT customer_id, version, region, valid_to::DATE FROM customer_version"
        ).fetchall()

        assert history == [("a", 1, "West", AUGUST.date())]
        assert warehouse.con.execute("SELECT * FROM customer_now").fetchall() == []

    def test_who_bought_is_a_customer_all_the_same(self, warehouse):
        warehouse.tell(a_customer("a"), an_order("o", "a", 100), at=LONG_AGO)
        warehouse.tell(retracted("a"), at=AUGUST)

        assert counted(warehouse) == 1

    def test_in_whatever_order_it_was_told_it_is_the_same(self):
        events = [
            Told(a_customer("a"), LONG_AGO, 1), Told(retracted("a"), AUGUST, 2),
            Told(a_customer("b"), LONG_AGO, 1),
        ]  # fmt: skip
        forth, back = Warehouse(), Warehouse()

        forth.hear(*events)
        for one in reversed(events):
            back.hear(one)

        assert counted(forth) == counted(back) == 1
        assert star.checksums(forth.con)["fact_customer_event"]["rows"] == 3
