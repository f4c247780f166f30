"""Owners change in a running house: what other services keep follows, whoever dies meanwhile."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from chassis.clock import Clock
from chassis.errors import NotFound
from deploy.local.broker import Broker
from deploy.local.house import Kind
from deploy.local.postgres import Postgres
from tests.conftest import TWO
from tests.support.doors import Door
from tests.support.places import opened_house
from tests.support.waiting import eventually

SECONDS = 60.0
CUSTOMERS, OPPORTUNITIES = 220, 3  # more customers than a step takes
AN_OPPORTUNITY = {"title": "Lamps", "amount_minor": 1250, "currency": "USD"}


@pytest.fixture(scope="module")
def door(
    session_broker: Broker, session_postgres: Postgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Door]:
    """The way into a house in which accounts and sales run."""
    folder = tmp_path_factory.mktemp("owners")
    with opened_house(folder, Kind.POSTGRESQL, session_broker, session_postgres, TWO) as house:
        house.up()
        opened = Door(house)
        yield opened
        opened.client.close()


def enter(door: Door, count: int, owner_id: str, name: str = "Ann") -> list[str]:
    """Enter customers of somebody."""
    entered = {"owner_id": owner_id, "country": "US"}
    return [
        str(
            door.call("accounts.register_customer", entered | {"name": f"{name} {n}"})[
                "customer_id"
            ]
        )
        for n in range(count)
    ]


def open_opportunity(door: Door, customer_id: str) -> None:
    """Open an opportunity as soon as sales knows the customer."""

    def opened() -> Any:
        try:
            return door.call(
                "sales.open_opportunity", AN_OPPORTUNITY | {"customer_id": customer_id}
            )
        except NotFound:
            return None

    eventually(opened, seconds=SECONDS, because="sales has its copy of the customer")


class TestDrop:
    @pytest.mark.spec("ACC-15")
    def test_of_the_travelling_clock_reaches_sales(self, door: Door) -> None:
        rep, _ = door.hire("Rita", "rep")
        (idle,), (busy,) = enter(door, 1, rep), enter(door, 1, rep, "Bob")
        rule = {"name": "Idle", "demand": "deal", "days": 30, "spares_open": False}
        for one in (idle, busy):
            open_opportunity(door, one)
        door.call("accounts.register_drop_rule", rule)
        door.until("accounts", "customers", 2, "stage <> 'suspect'")  # each got a new version
        version = door.call("accounts.get_record", {"kind": "customer", "id": busy})["version"]
        locked = {"customer_id": busy, "version": version}
        door.call("accounts.lock_customer", locked, door.token_of(rep))
        door.until("accounts", "timers", 2, "kind = 'customer.drop_due'")

        for _ in range(5):
            door.travel(Clock(door.house.clock_file).now() + timedelta(days=7))
            eventually(lambda: not _overdue(door), seconds=SECONDS, because="all was looked at")

        door.until("sales", "opportunities", 1, "owner_id IS NULL")
        assert door.count("accounts", "customers", f"owner_id = '{rep}'") == 1
        assert door.count("accounts", "ownerships", "reason = 'dropped'") == 1
        assert door.count(
            "sales", "opportunities", f"customer_id = '{busy}' AND owner_id = '{rep}'"
        )


class TestHandOver:
    @pytest.mark.spec("ACC-29")
    def test_survives_a_kill_and_loses_nothing_in_any_service(self, door: Door) -> None:
        leaver, _ = door.hire("Leaver", "rep")
        heir, _ = door.hire("Heir", "rep")
        customers = enter(door, CUSTOMERS, leaver)
        for one in customers[:OPPORTUNITIES]:
            open_opportunity(door, one)
        lead = door.call("sales.capture_lead", {"source": "web", "name": "Ada", "country": "US"})
        lead |= {"owner_id": leaver}
        assigned = {name: lead[name] for name in ("lead_id", "version", "owner_id")}
        door.call("sales.assign_lead", assigned)
        mine, his = f"owner_id = '{leaver}'", f"owner_id = '{heir}'"

        job = door.call(
            "accounts.hand_over", {"staff_id": leaver, "recipients": [{"staff_id": heir}]}
        )
        door.house.kill("accounts")
        done = door.count("accounts", "ownerships", "reason = 'handed_over'")
        door.house.restart("accounts")

        assert done < CUSTOMERS
        door.until("accounts", "customers", CUSTOMERS, his)
        door.until("sales", "opportunities", OPPORTUNITIES, his)
        door.until("sales", "leads", 1, his)
        assert door.count("accounts", "customers", mine) == 0
        assert door.count("sales", "opportunities", mine) == 0
        assert door.count("accounts", "ownerships", "reason = 'handed_over'") == CUSTOMERS
        assert door.count("accounts", "allocation_items") == CUSTOMERS
        shown = {"kind": "allocation", "id": job["id"]}
        stored = eventually(
            lambda: _finished(door.call("accounts.get_record", shown)), seconds=SECONDS
        )
        assert (stored["total"], stored["given"], stored["refused"]) == (CUSTOMERS, CUSTOMERS, 0)


def _finished(job: dict[str, Any]) -> dict[str, Any] | None:
    return job if job["status"] == "finished" else None


def _overdue(door: Door) -> int:
    now = Clock(door.house.clock_file).now().isoformat(sep=" ")
    return door.count("accounts", "timers", f"kind = 'customer.drop_due' AND due <= '{now}'")
