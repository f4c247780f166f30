"""What the tests of accounts may ask for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.accounts import Desk


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    """Accounts on an empty database, of each kind in turn."""
    opened = Desk(database_url, tmp_path)
    yield opened
    opened.runtime.database.close()
