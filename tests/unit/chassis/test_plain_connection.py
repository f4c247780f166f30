"""A connection that cannot be opened is told in a sentence, in bounded time."""

import socket
from collections.abc import Iterator

import pytest

from chassis.errors import Unavailable
from chassis.plain import connection
from chassis.plain.connection import open_connection


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The port of a broker that takes connections and then says nothing, as a stopped one does."""
    monkeypatch.setattr(connection, "CONNECT_TIMEOUT_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_broker_that_says_nothing_is_not_available(silent: int) -> None:
    with pytest.raises(Unavailable, match="takes the connection and says nothing") as refused:
        open_connection(f"amqp://a:b@127.0.0.1:{silent}/", name="test", patience_seconds=0.0)

    assert refused.value.code == "broker.unreachable"


def test_a_port_that_nobody_has_is_not_available() -> None:
    with pytest.raises(Unavailable, match="cannot be reached") as refused:
        open_connection("amqp://a:b@127.0.0.1:1/", name="test", patience_seconds=0.0)

    assert refused.value.code == "broker.unreachable"
