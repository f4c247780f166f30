"""What the tests of accounts may ask for."""

from collections.abc import Iterator

import pytest

from deploy.local.house import Kind
from tests.support.accounts import Desk
from tests.support.places import fresh_database
from tests.support.sales import StandingClock


@pytest.fixture(scope="session", params=list(Kind), ids=str)
def open_desk(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Desk]:
    """Accounts on a database of each kind in turn, migrated once for all tests."""
    kind = Kind(request.param)
    server = request.getfixturevalue("session_postgres") if kind is Kind.POSTGRESQL else None
    folder = tmp_path_factory.mktemp("accounts")
    with fresh_database(kind, folder, server) as url:
        opened = Desk(url, folder)
        yield opened
        opened.runtime.database.close()


@pytest.fixture
def desk(open_desk: Desk) -> Desk:
    """Accounts that know nobody yet."""
    open_desk.forget_all()
    return open_desk


@pytest.fixture
def crowd(desk: Desk) -> Iterator[Desk]:
    """The same accounts with a hundred connections to its database."""
    url = desk.runtime.database.url.render_as_string(hide_password=False)
    opened = Desk(url, desk.folder, pool_size=100)
    yield opened
    opened.runtime.database.close()


@pytest.fixture
def clock(desk: Desk) -> Iterator[StandingClock]:
    """The business instant of the desk, which stands still until a test moves it."""
    before, standing = desk.runtime.clock, StandingClock()
    desk.runtime.clock = standing
    yield standing
    desk.runtime.clock = before
