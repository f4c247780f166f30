"""The link of a plain process to the broker: who is let in, and what ends it."""

import time

import pika
import pytest

from chassis.errors import Forbidden, Problem, Unavailable
from chassis.plain.link import Link
from chassis.plain.rpc import Client
from tests.support.bus import Bus, bus
from tests.support.waiting import eventually

__all__ = ["bus"]  # fixtures


class TestConnection:
    def test_says_who_is_not_let_in(self, bus: Bus) -> None:
        with pytest.raises(Forbidden, match="does not let user sales into") as refused:
            Client(bus.uri_of("sales").replace("secret", "wrong")).start()

        assert refused.value.code == "broker.access_refused"
        assert "wrong" not in refused.value.message

    def test_says_when_nobody_is_there(self) -> None:
        started = time.monotonic()

        with pytest.raises(Unavailable, match=r"127\.0\.0\.1:9 cannot be reached"):
            Client("amqp://a:b@127.0.0.1:9/").start(patience_seconds=0.5)

        assert time.monotonic() - started < 15

    def test_a_user_without_replies_is_told_so(self, bus: Bus) -> None:
        with pytest.raises(Forbidden, match="No reply queue") as refused:
            Client(bus.uri_of("erp")).start()

        assert refused.value.code == "rpc.no_reply_queue"


class TestLink:
    def test_a_callback_that_fails_has_the_connection_closed_and_made_anew(self, bus: Bus) -> None:
        opened: list[pika.SelectConnection] = []

        def ready(connection: pika.SelectConnection) -> None:
            opened.append(connection)
            link.ready()

        link = Link(bus.amqp_uri, name="failing", opened=ready, lost=lambda _: None)
        link.start()

        link.call(lambda: [].index("what is not there"))

        eventually(lambda: len(opened) == 2)
        assert [one.is_open for one in opened] == [False, True]
        link.stop()

    def test_what_was_refused_is_still_said_when_the_connection_has_ended(self, bus: Bus) -> None:
        told: list[Problem] = []

        def refused(_: pika.SelectConnection) -> None:
            link.refuse(Forbidden("Not this.", code="test.refused"))

        link = Link(bus.amqp_uri, name="refused", opened=refused, lost=told.append)
        with pytest.raises(Forbidden, match="Not this"):
            link.start()

        assert [one.code for one in told][:1] == ["test.refused"]
