"""Sales with one rep, one territory and one customer that it knows."""

import secrets

import pytest

from chassis import migrate
from deploy.local.house import Kind
from deploy.local.machine import new_password
from services.accounts.service import Accounts
from services.sales.service import Sales
from tests.support.erp import post_product
from tests.support.sales import (
    NextDoor,
    Spare,
    a_room,
    know_customer,
    know_rep,
    know_territory,
)


@pytest.fixture(scope="session")
def spare(session_postgres):
    """One migrated PostgreSQL database for all tests of sales."""
    session_postgres.start()
    name = f"test_{secrets.token_hex(6)}"
    url = session_postgres.create(name, new_password())
    migrate.upgrade("sales", url)
    yield Spare(url)
    session_postgres.start()
    session_postgres.drop(name)


@pytest.fixture
def database_url(database_kind, tmp_path, request):
    """The URL of a database of each kind in turn: to make a new one each time takes too long."""
    if database_kind is Kind.SQLITE:
        return f"sqlite:///{tmp_path / 'sales.db'}"
    request.getfixturevalue("postgres")
    return request.getfixturevalue("spare").emptied()


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
