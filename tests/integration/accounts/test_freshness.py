"""In a running house: what one department does is soon seen by all, and one that dies is missed."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner

from chassis.topology.names import OPERATOR
from deploy.local.house import House, Kind
from deploy.local.services import metrics_text
from rapport_cli.failures import UNAVAILABLE
from rapport_cli.main import main
from tests.support.doors import Door
from tests.support.places import opened_house
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(600)
PATIENCE = 60.0  # guards against hanging; the lag itself is shown, not asserted
PRODUCT = {"sku": "OFF-1", "name": "Desk", "category": "Furniture", "sub_category": "Desks"}


@pytest.fixture(scope="module")
def house(tmp_path_factory: Any, session_broker: Any) -> Iterator[House]:
    """A house in which accounts and sales run."""
    folder = tmp_path_factory.mktemp("fresh")
    with opened_house(folder, Kind.SQLITE, session_broker, None, ("accounts", "sales")) as opened:
        opened.up()
        yield opened


@pytest.fixture(scope="module")
def door(house: House) -> Iterator[Door]:
    """The way in."""
    opened = Door(house)
    opened.call("sales.create_record", {"kind": "product", "values": PRODUCT})
    yield opened
    opened.client.close()


def sections(house: House, door: Door, customer_id: str) -> dict[str, bool]:
    """Ask for the whole of a customer; say which departments had something to say."""
    done = CliRunner().invoke(
        main,
        ["card", customer_id, "--timeout", "5", "--json"],
        env={"RAPPORT_AMQP_URI": house.uri_of(OPERATOR), "RAPPORT_TOKEN": door.admin},
    )
    assert done.exit_code == UNAVAILABLE, done.output  # the other four were never there
    found = json.loads(done.stdout)["sections"]
    assert found["accounts"]["card"]["profile"]["as_of"]
    return {name: section["available"] for name, section in found.items()}


def touches(door: Door, customer_id: str) -> list[dict[str, Any]]:
    """Return a timeline."""
    return list(door.call("accounts.timeline", {"customer_id": customer_id})["items"])


@pytest.mark.spec("ACC-30")
def test_what_sales_does_is_on_the_timeline_and_says_how_long_it_took(
    house: House, door: Door
) -> None:
    ada = door.call("accounts.register_customer", {"name": "Ada Ames"})["customer_id"]
    line = {"sku": "OFF-1", "quantity": 1, "amount_minor": 500}
    order = {"customer_id": ada, "ordered_on": "2017-03-01", "currency": "USD", "lines": [line]}
    eventually(lambda: door.count("sales", "customer_refs", f"id = '{ada}'"), seconds=PATIENCE)

    placed = door.call("sales.place_order", order)

    (touch,) = eventually(lambda: touches(door, ada), seconds=PATIENCE)
    assert (touch["source"], touch["source_key"]) == ("sales.order", placed["id"])
    assert touch["lag_ms"] is not None
    assert touch["lag_ms"] < PATIENCE * 1000
    assert touch["created_at"] is not None
    measured = metrics_text(house.places["accounts"])
    (counted,) = [
        line
        for line in measured.splitlines()
        if line.startswith("crm_event_delivery_delay_seconds_count") and "sales_made" in line
    ]
    assert float(counted.rpartition(" ")[2]) == 1.0
    eventually(
        lambda: door.call("accounts.explain_class", {"customer_id": ada})["facts"]["orders"] == 1,
        seconds=PATIENCE,
    )


def test_who_dies_is_missed_on_the_card_and_nobody_else_is(house: House, door: Door) -> None:
    bo = door.call("accounts.register_customer", {"name": "Bo Bain"})["customer_id"]
    eventually(lambda: door.count("sales", "customer_refs", f"id = '{bo}'"), seconds=PATIENCE)
    before = sections(house, door, bo)

    house.kill("sales")
    killed = sections(house, door, bo)
    house.restart("sales")

    assert (before["accounts"], before["sales"]) == (True, True)
    assert (killed["accounts"], killed["sales"]) == (True, False)
    assert sections(house, door, bo) == before
