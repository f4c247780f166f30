"""Marketing on each kind of database, with a real mail server beside it."""

import pytest

from tests.support.mail import a_post
from tests.support.marketing import a_marketing, allow, know_customer, marketer
from tests.support.spare import databases_of

spare, database_url = databases_of("marketing")


@pytest.fixture
def marketing(database_url, tmp_path):
    """Marketing that knows one very important customer, who allows mail."""
    with a_marketing(database_url, tmp_path) as room:
        know_customer(room, tier="vip")
        allow(room)
        yield room


@pytest.fixture
def person(marketing):
    """The token of a marketer."""
    return marketer(marketing)


@pytest.fixture(scope="module")
def running_post(tmp_path_factory):
    """A mail sink for the tests of one file."""
    with a_post(tmp_path_factory.mktemp("post")) as post:
        yield post


@pytest.fixture
def post(running_post, marketing):
    """A mail sink that holds nothing and fails in nothing, known to marketing."""
    running_post.sink.clear()
    object.__setattr__(marketing.runtime.own, "smtp_uri", running_post.uri)
    return running_post
