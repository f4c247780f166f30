"""What every test may ask for: a broker, a database of either kind, a house."""

import gc
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadFileScheduling

from deploy.local.broker import Broker
from deploy.local.house import House, Kind
from deploy.local.postgres import Postgres
from tests.support.places import (
    emptied,
    fresh_database,
    opened_house,
    running_broker,
    running_postgres,
)

TWO = ("accounts", "sales")  # enough for what is about the bus, and up in seconds
ONE_HOUSE = ("bad_input", "gateway")  # whose files share a running house
# The cheap and certain first, so that a slip is told in seconds; then the longest files, so that
# the workers end together.
ORDER = ("unit", "contract", "architecture", "e2e", "integration")
LONGEST = (
    "test_relay", "test_on_the_bus", "test_bridge", "test_bus_weaknesses", "test_runner",
    "test_kills", "test_rights", "test_owners_on_the_bus", "test_captures", "test_freshness",
    "test_process_replicas", "test_replicas",
)  # fmt: skip

# A busy machine is no counterexample; and the same commit is tried with the same examples.
settings.register_profile(
    "house", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("house")

# For what kills processes again and again: both kinds go the same way, so one of them is enough
# for every change.
ONE_KIND = pytest.mark.parametrize(
    "database_kind",
    [pytest.param(Kind.SQLITE, marks=pytest.mark.long), Kind.POSTGRESQL],
    indirect=True,
    ids=str,
)

# Drawing a planted bug's traceback in colour takes longer than the rest of its test (measured).
structlog.configure(
    processors=[
        *structlog.get_config()["processors"][:-1],
        structlog.dev.ConsoleRenderer(
            colors=False, exception_formatter=structlog.dev.plain_traceback
        ),
    ]
)


class Together(LoadFileScheduling):
    """Keep a file on one worker, and a folder whose files share a house."""

    def _split_scope(self, nodeid: str) -> str:
        file = str(super()._split_scope(nodeid))
        folder = file.rpartition("/")[0]
        return folder if folder.rpartition("/")[2] in ONE_HOUSE else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    """Say what stays together."""
    return Together(config, log)


def pytest_configure() -> None:
    """Look for no garbage while twelve thousand tests are collected: none of it is."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Look for it from now on, among what the tests make."""
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run folders in order, the longest files of each first, and keep the order of the others."""
    spread = _spread(list(dict.fromkeys(item.path for item in items)))

    def place(item: pytest.Item) -> tuple[int, bool, float]:
        parts = item.path.parts
        folder = next((at for at, name in enumerate(ORDER) if name in parts), len(ORDER))
        return folder, item.path.stem not in LONGEST, spread.get(item.path, 0.0)

    items.sort(key=place)


def _spread(files: list[Path]) -> dict[Path, float]:
    """Strew the files about the bus, which wait, among those of the services, which compute."""
    integration = [file for file in files if "integration" in file.parts]
    on_the_bus = [file for file in integration if file.parent.name == "integration"]
    others = [file for file in integration if file.parent.name != "integration"]
    return {file: at / len(of) for of in (on_the_bus, others) for at, file in enumerate(of)}


@pytest.fixture(scope="session")
def session_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """One broker for the whole run."""
    with running_broker(tmp_path_factory.getbasetemp() / "broker") as broker:
        yield broker


@pytest.fixture(scope="session")
def session_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """One PostgreSQL for the whole run."""
    with running_postgres(tmp_path_factory.getbasetemp() / "postgres") as postgres:
        yield postgres


@pytest.fixture
def broker(session_broker: Broker) -> Broker:
    """A broker that serves and holds nothing; a test may kill it."""
    return emptied(session_broker)


@pytest.fixture
def postgres(session_postgres: Postgres) -> Postgres:
    """A PostgreSQL that serves; a test may kill it."""
    session_postgres.start()
    return session_postgres


@pytest.fixture(params=list(Kind), ids=str)
def database_kind(request: pytest.FixtureRequest) -> Kind:
    """Each kind of database in turn."""
    return Kind(request.param)


@pytest.fixture
def database_url(
    database_kind: Kind, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[str]:
    """The URL of an empty database, of each kind in turn."""
    with fresh_database(database_kind, tmp_path, _server(database_kind, request)) as url:
        yield url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> Iterator[str]:
    """The URL of an empty SQLite database."""
    with fresh_database(Kind.SQLITE, tmp_path, None) as url:
        yield url


@pytest.fixture
def postgresql_url(tmp_path: Path, postgres: Postgres) -> Iterator[str]:
    """The URL of an empty PostgreSQL database."""
    with fresh_database(Kind.POSTGRESQL, tmp_path, postgres) as url:
        yield url


@pytest.fixture
def house(
    database_kind: Kind, tmp_path: Path, session_broker: Broker, request: pytest.FixtureRequest
) -> Iterator[House]:
    """A house of accounts and sales on both databases in turn; `house.up()` starts them."""
    server = _server(database_kind, request)
    with opened_house(tmp_path, database_kind, session_broker, server, TWO) as opened:
        yield opened


@pytest.fixture
def whole_house(
    database_kind: Kind, tmp_path: Path, session_broker: Broker, request: pytest.FixtureRequest
) -> Iterator[House]:
    """A house of everything on both databases in turn; `house.up()` starts it all."""
    server = _server(database_kind, request)
    with opened_house(tmp_path, database_kind, session_broker, server) as opened:
        yield opened


@pytest.fixture
def quiet() -> Iterator[None]:
    """Only what is critical is logged."""
    before = structlog.get_config()["wrapper_class"]
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.configure(wrapper_class=before)


def _server(kind: Kind, request: pytest.FixtureRequest) -> Postgres | None:
    """Start PostgreSQL only for tests that use it."""
    return request.getfixturevalue("postgres") if kind is Kind.POSTGRESQL else None
