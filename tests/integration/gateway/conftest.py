"""A house with its door: the real process, the real broker, the real services behind it."""

from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from deploy.local import services
from deploy.local.broker import Broker
from deploy.local.house import House, Kind
from deploy.local.services import Place
from tests.support.doors import Door
from tests.support.gateway import LIMITS_OFF
from tests.support.places import opened_house

BEHIND = ("accounts", "sales", "service_desk", "marketing")


@pytest.fixture(scope="package")
def running_house(
    tmp_path_factory: pytest.TempPathFactory, session_broker: Broker
) -> Iterator[House]:
    """A house in which everything runs that the tests ask for; nobody counts how often."""
    folder = tmp_path_factory.mktemp("gateway")
    with opened_house(
        folder, Kind.SQLITE, session_broker, None, only=(*BEHIND, "gateway")
    ) as opened:
        opened.prepare()
        place = opened.places["gateway"]
        opened.places["gateway"] = replace(place, own=place.own | LIMITS_OFF)
        for name in opened.places:
            opened.launch(name)
        for place in opened.places.values():
            services.await_ready(place)
        yield opened


@pytest.fixture
def http(running_house: House) -> Iterator[httpx.Client]:
    """A visitor."""
    port = running_house.ports["gateway"]
    with httpx.Client(trust_env=False, timeout=60, base_url=f"http://127.0.0.1:{port}") as client:
        yield client


@pytest.fixture
def door(running_house: House) -> Iterator[Door]:
    """The way in for the staff, to look at what came of it."""
    opened = Door(running_house)
    yield opened
    opened.client.close()


@pytest.fixture
def place(running_house: House) -> Place:
    """Where the gateway runs."""
    return running_house.places["gateway"]
