"""One running house for all bad input, looked over after each test: nobody died, nothing is left."""

from collections.abc import Iterator

import pytest

from chassis.topology.names import OPERATOR
from contracts import SERVICES
from deploy.local.broker import Broker
from deploy.local.house import House, Kind
from tests.support.couriers import SECONDS, Courier, stored
from tests.support.doors import Door
from tests.support.places import opened_house
from tests.support.waiting import eventually


@pytest.fixture(scope="package")
def running_house(
    tmp_path_factory: pytest.TempPathFactory, session_broker: Broker
) -> Iterator[House]:
    """A house in which everything runs. What is refused never comes as far as the database's kind."""
    folder = tmp_path_factory.mktemp("bad-input")
    with opened_house(folder, Kind.SQLITE, session_broker, None) as opened:
        opened.up()
        yield opened


@pytest.fixture(scope="package")
def door(running_house: House) -> Iterator[Door]:
    """The way in for good requests."""
    opened = Door(running_house)
    yield opened
    opened.client.close()


@pytest.fixture(scope="package")
def operator(running_house: House) -> Iterator[Courier]:
    """The user that may call every service and read what is parked."""
    opened = Courier(running_house, OPERATOR)
    opened.listen()
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def _nothing_is_lost_or_hung(running_house: House, door: Door, operator: Courier) -> Iterator[None]:
    """Find the same processes alive, answering, all told and nothing more parked than was taken."""
    before = {name: place.process for name, place in running_house.places.items()}

    yield

    assert all(place.is_running for place in running_house.places.values())
    assert {name: place.process for name, place in running_house.places.items()} == before
    assert door.call("accounts.find_records", {"kind": "team"})["items"] == []
    assert door.call("sales.totals", {})
    for service in SERVICES:
        assert operator.depth(f"{service}.parked") == 0
        eventually(
            lambda service=service: not stored(running_house, service, "outbox")["outbox"],
            seconds=SECONDS,
            because=f"{service} has told everything",
        )
