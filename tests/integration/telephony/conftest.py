"""Telephony on each kind of database, with accounts and sales next door that know some callers."""

import pytest

from services.accounts.service import Accounts
from services.sales.service import Sales
from services.telephony.service import Telephony
from tests.support.sales import a_room
from tests.support.spare import databases_of
from tests.support.telephony import ADA, DEVICE, SECOND_DEVICE, Neighbours

spare, database_url = databases_of("telephony")


@pytest.fixture
def accounts(tmp_path):
    """Accounts, which knows Ada by her number, and two who share another."""
    with a_room(Accounts, f"sqlite:///{tmp_path / 'accounts.db'}", tmp_path) as room:
        admin = room.person("admin", "admin")
        owner = room.call("register_staff", admin, name="Rita", roles=["rep"])["id"]
        known = {"ada": ADA, "bo": "+12025550170", "cy": "+12025550170"}
        room.customers = {
            name: room.call(
                "register_customer", admin, name=name.title(), phone=phone, owner_id=owner
            )["customer_id"]
            for name, phone in known.items()
        }
        room.owner = owner
        yield room


@pytest.fixture
def neighbours(accounts, tmp_path):
    """The way to accounts and sales; the service desk was never declared."""
    with a_room(Sales, f"sqlite:///{tmp_path / 'sales.db'}", tmp_path) as sales:
        yield Neighbours(accounts, sales)


@pytest.fixture
def telephony(database_url, tmp_path, accounts, neighbours):
    """Telephony that has heard of all that accounts told, with two phones of two agents."""
    with a_room(Telephony, database_url, tmp_path) as room:
        room.runtime.link = neighbours
        accounts.carry_to(room)
        admin = room.person("admin", "admin")
        for device, staff in ((DEVICE, "s1"), (SECOND_DEVICE, "s2")):
            values = {"device": device, "staff_id": staff}
            room.call("create_record", admin, kind="agent_device", values=values)
        room.quiet = len(room.outbox())
        yield room


@pytest.fixture
def ada(accounts):
    """The id of the customer who calls."""
    return accounts.customers["ada"]


@pytest.fixture
def agent(telephony):
    """The token of an agent."""
    return telephony.person("s1", "agent")
