"""What the tests of accounts may ask for."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache

import pytest

from deploy.local.house import Kind
from tests.support.accounts import Desk
from tests.support.places import fresh_database
from tests.support.sales import StandingClock


@pytest.fixture(scope="session")
def desk_of(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Callable[[Kind], Desk]]:
    """Accounts on a database of either kind, migrated once for all tests, whichever come first."""
    with ExitStack() as stack:

        @cache
        def opened(kind: Kind) -> Desk:
            on_server = kind is Kind.POSTGRESQL
            server = request.getfixturevalue("session_postgres") if on_server else None
            folder = tmp_path_factory.mktemp("accounts")
            url = stack.enter_context(fresh_database(kind, folder, server))
            desk = Desk(url, folder)
            stack.callback(desk.runtime.database.close)
            return desk

        yield opened


@pytest.fixture(scope="module", params=list(Kind), ids=str)
def open_desk(request: pytest.FixtureRequest, desk_of: Callable[[Kind], Desk]) -> Desk:
    """Accounts on each kind of database in turn."""
    kind = Kind(request.param)
    if kind is Kind.POSTGRESQL:  # which another test may have killed
        request.getfixturevalue("session_postgres").start()
    desk = desk_of(kind)
    desk.runtime.database.engine.dispose()
    return desk


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
