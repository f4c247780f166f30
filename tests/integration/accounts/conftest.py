"""What the tests of accounts may ask for."""

from collections.abc import Iterator

import pytest

from deploy.local.house import Kind
from tests.support.accounts import Desk
from tests.support.places import fresh_database


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
