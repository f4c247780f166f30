"""A whole house for a module of journeys, on each kind of database in turn."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from chassis.clock import Clock
from deploy.local.broker import Broker
from deploy.local.house import House, Kind
from tests.conftest import TWO
from tests.support.doors import Door
from tests.support.places import opened_house

MONDAY = datetime(2024, 5, 6, 9, tzinfo=UTC)  # when the whole house opens


@pytest.fixture(
    scope="module",
    params=[pytest.param(Kind.SQLITE, marks=pytest.mark.long), Kind.POSTGRESQL],
    ids=str,
)
def kind(request: pytest.FixtureRequest) -> Kind:
    """PostgreSQL for the small house, SQLite for the whole one: each in turn in the long form."""
    return Kind(request.param)


@pytest.fixture(scope="module")
def running_house(
    kind: Kind,
    tmp_path_factory: pytest.TempPathFactory,
    session_broker: Broker,
    request: pytest.FixtureRequest,
) -> Iterator[House]:
    """A house in which accounts and sales run."""
    server = request.getfixturevalue("session_postgres") if kind is Kind.POSTGRESQL else None
    folder = tmp_path_factory.mktemp("house")
    with opened_house(folder, kind, session_broker, server, TWO) as opened:
        opened.up()
        yield opened


@pytest.fixture(scope="module")
def door(running_house: House) -> Iterator[Door]:
    """The way in."""
    opened = Door(running_house)
    yield opened
    opened.client.close()


@pytest.fixture(
    scope="module",
    params=[Kind.SQLITE, pytest.param(Kind.POSTGRESQL, marks=pytest.mark.long)],
    ids=str,
)
def whole_kind(request: pytest.FixtureRequest) -> Kind:
    """Each kind of database in turn; the main job's test has everything run on both as well."""
    return Kind(request.param)


@pytest.fixture(scope="module")
def whole_running_house(
    whole_kind: Kind,
    tmp_path_factory: pytest.TempPathFactory,
    session_broker: Broker,
    request: pytest.FixtureRequest,
) -> Iterator[House]:
    """A house in which everything runs, from a Monday morning on."""
    server = request.getfixturevalue("session_postgres") if whole_kind is Kind.POSTGRESQL else None
    folder = tmp_path_factory.mktemp("house")
    with opened_house(folder, whole_kind, session_broker, server) as opened:
        opened.directory.mkdir(parents=True, exist_ok=True)
        Clock.travel(opened.clock_file, MONDAY)
        opened.up()
        yield opened


@pytest.fixture(scope="module")
def whole_door(whole_running_house: House) -> Iterator[Door]:
    """The way into the house in which everything runs."""
    opened = Door(whole_running_house)
    yield opened
    opened.client.close()
