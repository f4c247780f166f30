"""What every test may ask for: a broker, a database of either kind, a house."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

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

# The cheap and certain first, so that a slip is told in seconds; then the longest files, so that
# two workers end together.
ORDER = ("unit", "contract", "architecture", "e2e", "integration")

# Drawing a planted bug's traceback in colour takes longer than the rest of its test (measured).
structlog.configure(
    processors=[
        *structlog.get_config()["processors"][:-1],
        structlog.dev.ConsoleRenderer(
            colors=False, exception_formatter=structlog.dev.plain_traceback
        ),
    ]
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run folders in order, and within them keep the order of the files."""

    def place(item: pytest.Item) -> int:
        parts = item.path.parts
        return next((at for at, name in enumerate(ORDER) if name in parts), len(ORDER))

    items.sort(key=place)


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
    """A house of both databases in turn, nothing running yet: `house.up()` starts it all."""
    server = _server(database_kind, request)
    with opened_house(tmp_path, database_kind, session_broker, server) as opened:
        yield opened


def _server(kind: Kind, request: pytest.FixtureRequest) -> Postgres | None:
    """Start PostgreSQL only for tests that use it."""
    return request.getfixturevalue("postgres") if kind is Kind.POSTGRESQL else None
