"""What an import entered and took back again is counted in the warehouse as accounts has it."""

from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from chassis.tables import OUTBOX
from services.analytics.warehouse.questions import books
from tests.support.accounts import Desk, a_customer, a_file, a_row
from tests.support.analytics import Warehouse


@pytest.fixture
def import_id(desk: Desk) -> str:
    """An import that has entered three customers and changed one."""
    known = a_file(a_row(1))
    desk.imported(known)
    return str(desk.imported(a_file(*map(a_row, range(2, 5)), a_row(1, city="Troy")))["import_id"])


def taken_back(desk: Desk, import_id: str) -> None:
    desk.ask("revert_import", import_id=import_id)
    desk.run()


def heard(desk: Desk) -> Warehouse:
    """Return a warehouse that has read the log of all that accounts has told."""
    with desk.runtime.database.reading() as session:
        logged = select(OUTBOX).where(OUTBOX.c.exchange == "accounts.events")
        rows = session.execute(logged.order_by(OUTBOX.c.position)).all()
    warehouse = Warehouse()
    log: Any = SimpleNamespace(outbox=lambda: rows)
    warehouse.read_log(log)
    return warehouse


def counted(warehouse: Warehouse) -> tuple[int, int]:
    """Return how many customers the books and the pyramid have."""
    found: Any = books(warehouse.con, {"external_system": None})
    population = warehouse.ask("pyramid", limit=10)["population"]
    return found["customers"], population


class TestTakenBack:
    def test_each_who_goes_is_told_and_nobody_else(self, desk: Desk, import_id: str) -> None:
        items = desk.ask("find_records", kind="customer")["items"]
        entered = {one["id"] for one in items if one["city"] != "Troy"}

        taken_back(desk, import_id)

        told = desk.told("accounts.customer.retracted.v1")
        assert {one["customer_id"] for one in told} == entered
        assert [(one["import_id"], one["entity_id"]) for one in told] == [(import_id, "group")] * 3

    def test_they_leave_the_counts_of_the_warehouse(self, desk: Desk, import_id: str) -> None:
        before = counted(heard(desk))

        taken_back(desk, import_id)

        assert (before, counted(heard(desk))) == ((4, 4), (1, 1))
        assert desk.count("customers") == 1

    def test_who_stays_because_somebody_relies_on_him_stays_counted(
        self, desk: Desk, import_id: str
    ) -> None:
        items = desk.ask("find_records", kind="customer")["items"]
        first = next(one["id"] for one in items if one["city"] != "Troy")
        desk.ask("relate", customer_id=first, other_id=a_customer(desk)["customer_id"],
                 relation="partner")  # fmt: skip

        taken_back(desk, import_id)

        assert counted(heard(desk)) == (3, 3)
        assert desk.count("customers") == 3
