"""Warehouses in memory: an empty one for each test, and one with the whole trading history."""

import pytest

from demo import history
from tests.support.analytics import Warehouse, traded


@pytest.fixture
def warehouse():
    """A warehouse that has heard nothing."""
    made = Warehouse()
    yield made
    made.con.close()


@pytest.fixture(scope="package")
def superstore():
    """A warehouse that has heard four years of trade; tests only ask it."""
    made = Warehouse()
    made.hear(*traded(history.read()))
    yield made
    made.con.close()
