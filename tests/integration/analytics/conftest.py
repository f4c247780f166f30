"""Analytics on each kind of database, beside a warehouse that answers."""

import pytest

from tests.support.analytics import a_depot, an_analytics
from tests.support.spare import databases_of

spare, database_url = databases_of("analytics")


@pytest.fixture
def depot(tmp_path):
    """A warehouse whose door is open."""
    with a_depot(tmp_path) as opened:
        yield opened


@pytest.fixture
def analytics(database_url, tmp_path, depot):
    """Analytics beside that warehouse."""
    with an_analytics(database_url, tmp_path, depot) as room:
        yield room


@pytest.fixture
def analyst(analytics):
    """The token of somebody who may ask for every report and start a run."""
    return analytics.person("a1", "data_analyst")
