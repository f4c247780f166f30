"""Doors before a real shop, and before services that end as a test says."""

import pytest

from tests.support.gateway import Front, Wired, a_shop


@pytest.fixture
def shop(tmp_path):
    """Sales in its room, with the gateway's way to it."""
    with a_shop(tmp_path) as (sales, rooms):
        yield sales, Front(rooms)


@pytest.fixture
def wired():
    """Services that answer with nothing, and note who asked."""
    return Wired()


@pytest.fixture
def front(wired):
    """The doors before them."""
    return Front(wired)
