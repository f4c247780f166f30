"""Sales with one rep, one territory and one customer that it knows."""

import pytest

from services.accounts.service import Accounts
from services.sales.service import Sales
from tests.support.erp import post_product
from tests.support.sales import (
    NextDoor,
    a_room,
    know_customer,
    know_rep,
    know_territory,
)
from tests.support.spare import databases_of

spare, database_url = databases_of("sales")


@pytest.fixture
def sales(database_url, tmp_path):
    """Sales alone, on each kind of database."""
    with a_room(Sales, database_url, tmp_path) as room:
        know_territory(room)
        know_rep(room)
        know_customer(room)
        yield room


@pytest.fixture
def books(sales):
    """Sales with one product in its catalogue."""
    post_product(sales)
    return sales


@pytest.fixture
def accounts(tmp_path):
    """accounts with a territory in the west and two reps in it."""
    with a_room(Accounts, f"sqlite:///{tmp_path / 'accounts.db'}", tmp_path) as room:
        admin = room.person("admin", "admin")
        west = room.call("register_territory", admin, name="west", states=["California", "Oregon"])
        for name in ("Rita", "Rolf"):
            room.call("register_staff", admin, name=name, roles=["rep"], territory_ids=[west["id"]])
        yield room


@pytest.fixture
def linked(database_url, tmp_path, accounts):
    """Sales that has heard of all that accounts told, with accounts next door."""
    with a_room(Sales, database_url, tmp_path) as room:
        room.runtime.link = NextDoor(accounts)
        accounts.carry_to(room)
        yield room


@pytest.fixture
def director(sales):
    """The token of somebody who sees everything and may do all."""
    return sales.person("d1", "sales_director")
