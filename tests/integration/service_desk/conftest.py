"""A desk with its staff and one customer that it knows."""

import pytest

from services.service_desk.service import ServiceDesk
from tests.support.sales import a_room
from tests.support.service_desk import Front, know_everybody
from tests.support.spare import databases_of

spare, database_url = databases_of("service_desk")


@pytest.fixture
def desk(database_url, tmp_path):
    """The service desk alone, on each kind of database."""
    with a_room(ServiceDesk, database_url, tmp_path) as room:
        know_everybody(room)
        yield room


@pytest.fixture
def agent(desk):
    """An agent who may work on everything."""
    return Front(desk)


@pytest.fixture
def director(desk):
    """The sales director, who assigns."""
    return Front(desk, "d1")
