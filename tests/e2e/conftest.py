"""A whole house for a module of journeys, on each kind of database in turn."""

from collections.abc import Iterator

import pytest

from deploy.local.broker import Broker
from deploy.local.house import House, Kind
from tests.support.doors import Door
from tests.support.places import opened_house


@pytest.fixture(scope="module", params=list(Kind), ids=str)
def kind(request: pytest.FixtureRequest) -> Kind:
    """Each kind of database in turn."""
    return Kind(request.param)


@pytest.fixture(scope="module")
def running_house(
    kind: Kind,
    tmp_path_factory: pytest.TempPathFactory,
    session_broker: Broker,
    request: pytest.FixtureRequest,
) -> Iterator[House]:
    """A house in which everything runs."""
    server = request.getfixturevalue("session_postgres") if kind is Kind.POSTGRESQL else None
    with opened_house(tmp_path_factory.mktemp("house"), kind, session_broker, server) as opened:
        opened.up()
        yield opened


@pytest.fixture(scope="module")
def door(running_house: House) -> Iterator[Door]:
    """The way in."""
    opened = Door(running_house)
    yield opened
    opened.client.close()
