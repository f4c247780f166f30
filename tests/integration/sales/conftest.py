"""Sales with one rep, one territory and one customer that it knows."""

import pytest

from services.sales.service import Sales
from tests.support.sales import a_room, know_customer, know_rep, know_territory


@pytest.fixture
def sales(database_url, tmp_path):
    """Sales alone, on each kind of database."""
    with a_room(Sales, database_url, tmp_path) as room:
        know_territory(room)
        know_rep(room)
        know_customer(room)
        yield room
