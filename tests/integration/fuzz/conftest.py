"""Six departments in one process, furnished once for all tests of this folder."""

from collections.abc import Iterator

import pytest

from tests.support.fuzz_calls import Counter, at_the_counters
from tests.support.fuzz_rooms import Rooms, furnished


@pytest.fixture(scope="package")
def rooms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rooms]:
    """The rooms; what a test changes in them stays changed."""
    with furnished(tmp_path_factory.mktemp("rooms")) as opened:
        yield opened


@pytest.fixture(scope="package")
def counters(rooms: Rooms) -> Iterator[dict[str, Counter]]:
    """Where the rooms answer."""
    with at_the_counters(rooms.all) as opened:
        yield opened


@pytest.fixture(autouse=True)
def _quiet(quiet: None) -> None:
    """Draw no line for each of thousands of steps."""
