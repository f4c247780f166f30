"""Six departments in one process, on a database of each kind in turn."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from deploy.local.house import Kind
from tests.support.fuzz_rooms import Rooms
from tests.support.knowing_all import emptied
from tests.support.places import fresh_database
from tests.support.spare import Spare


@pytest.fixture(scope="package", params=list(Kind), ids=str)
def open_rooms(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Rooms]:
    """The rooms, migrated once for all tests of this folder."""
    kind = Kind(request.param)
    server = request.getfixturevalue("session_postgres") if kind is Kind.POSTGRESQL else None
    with ExitStack() as stack:
        keys = tmp_path_factory.mktemp("rooms")

        def url_of(name: str) -> str:
            folder = tmp_path_factory.mktemp(name)
            return stack.enter_context(fresh_database(kind, folder, server))

        yield Rooms(stack, keys, url_of)


@pytest.fixture(scope="package")
def spares(open_rooms: Rooms) -> Iterator[list[Spare]]:
    """What empties their databases."""
    opened = [
        Spare(name, room.runtime.database.url.render_as_string(hide_password=False))
        for name, room in open_rooms.all.items()
    ]
    yield opened
    for spare in opened:
        spare.close()


@pytest.fixture
def rooms(open_rooms: Rooms, spares: list[Spare]) -> Rooms:
    """The rooms with nothing in them."""
    return emptied(open_rooms, spares)
