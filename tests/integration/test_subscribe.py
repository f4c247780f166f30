"""Events through a real broker to a real process: applied, retried, parked, never lost."""

import json
import struct
import time
from collections.abc import Callable
from pathlib import Path

import amqp
import pytest

from tests.support.bus import Bus
from tests.support.depots import (
    Depot,
    Post,
    depot,
    depot_bus,
    envelope,
    lasting_depot,
    post,
    start,
)
from tests.support.waiting import eventually

__all__ = ["depot", "depot_bus", "lasting_depot", "post", "start"]  # fixtures

PARCEL = "depot.parcel.sent.v1"
QUEUE = "depot.parcels.q1"


class TestApplied:
    def test_acknowledges_what_its_method_returned_from(
        self, start: Callable[..., Depot], post: Post
    ) -> None:
        depot = start().wait_started()
        post.order("note", "p1")

        depot.wait_for("end p1")
        assert depot.terminate() == 0
        assert depot.lines() == ["started", f"begin p1 1 depot.events {PARCEL}", "end p1"]
        assert post.depth(QUEUE) == 0


class TestRefused:
    def test_is_parked_at_once_with_its_reason(self, depot: Depot, post: Post) -> None:
        post.order("refuse", "p1")

        headers, properties, body = post.parked()
        assert depot.count("begin p1") == 1
        assert json.loads(body) == {"do": "refuse", "id": "p1"}
        assert headers["x-reason-code"] == "depot.parcel.closed"
        assert headers["x-reason"] == "The parcel is closed."
        assert headers["x-handler"] == QUEUE
        assert headers["x-attempt"] == 1
        assert headers["x-first-exchange"] == "depot.events"
        assert headers["x-first-routing-key"] == PARCEL
        assert headers["ce-subject"] == "p1"
        assert headers["x-parked-at"].endswith("Z")
        assert properties.delivery_mode == 2


class TestUnavailable:
    def test_is_tried_again_later_under_its_first_name(self, depot: Depot, post: Post) -> None:
        sent = time.monotonic()
        post.order("wait", "p1")

        depot.wait_for("end p1")
        assert time.monotonic() - sent > 1.0
        assert depot.lines() == [
            f"begin p1 1 depot.events {PARCEL}",
            f"begin p1 2 depot.events {PARCEL}",
            "end p1",
        ]
        assert post.depth("depot.parked") == 0

    def test_what_exceeds_its_time_is_tried_again(self, depot: Depot, post: Post) -> None:
        post.order("sleep", "l1", "depot.letter.sent.v1", seconds=30)

        headers, _, _ = post.parked()
        assert headers["x-reason-code"] == "event.deadline"
        assert depot.count("begin l1") == 2
        assert depot.count("end l1") == 0


class TestBug:
    def test_is_retried_then_parked_and_says_nothing_of_the_message(
        self, depot: Depot, post: Post
    ) -> None:
        post.order("fail", "secret-street", "depot.letter.sent.v1")

        headers, _, _ = post.parked()
        assert depot.count("begin secret-street") == 2
        assert headers["x-reason-code"] == "bug"
        assert headers["x-reason"] == "ValueError in the handler."
        assert headers["x-attempt"] == 2
        assert "Traceback" in depot.log()


class TestUndecodable:
    def test_without_an_envelope_it_is_parked_unseen(self, depot: Depot, post: Post) -> None:
        post.send(PARCEL, b'{"do": "note", "id": "p1"}', {"ce-type": PARCEL})

        headers, _, _ = post.parked()
        assert headers["x-reason-code"] == "event.undecodable"
        assert depot.count("begin") == 0

    def test_a_body_that_is_not_json_is_parked(self, depot: Depot, post: Post) -> None:
        post.send(PARCEL, b"\xff\xfe", envelope(PARCEL), content_type="application/x-nonsense")

        headers, _, body = post.parked()
        assert headers["x-reason-code"] == "event.undecodable"
        assert body == b"\xff\xfe"

    @pytest.mark.parametrize("poison", ["timestamp", "text"])
    def test_properties_that_break_the_driver_do_not_stop_the_queue(
        self, depot: Depot, depot_bus: Bus, post: Post, poison: str
    ) -> None:
        _send_poison(depot_bus, poison)
        post.order("note", "p2")

        depot.wait_for("end p2")
        headers, _, _ = post.parked()
        assert headers["x-reason-code"] == "event.undecodable"
        assert depot.process.poll() is None

    def test_an_empty_body_is_parked(self, depot: Depot, post: Post) -> None:
        post.send(PARCEL, b"", envelope(PARCEL))

        headers, _, body = post.parked()
        assert headers["x-reason-code"] == "event.undecodable"
        assert body == b""


class TestForeign:
    KEY = "depot.foreign.parcel.upsert.v1"

    def test_needs_no_envelope(self, depot: Depot, post: Post) -> None:
        post.send(self.KEY, b'{"do": "note", "id": "f1"}', None)

        depot.wait_for("end f1")
        assert f"begin f1 1 depot.events {self.KEY}" in depot.lines()

    def test_cannot_pass_for_another_by_headers(self, depot: Depot, post: Post) -> None:
        forged = {
            "x-attempt": 99,
            "x-first-exchange": "crm.inbound",
            "x-first-routing-key": "bank.order.upsert.v1",
            "nameko.auth_token": "forged",
            "x-death": "forged",
        }
        post.send(self.KEY, b'{"do": "refuse", "id": "f1"}', forged)

        headers, _, _ = post.parked()
        assert f"begin f1 1 depot.events {self.KEY}" in depot.lines()
        assert headers["x-first-routing-key"] == self.KEY
        assert headers["x-attempt"] == 1
        assert "nameko.auth_token" not in headers
        assert headers.get("x-death") != "forged"

    def test_is_retried_under_its_first_routing_key(self, depot: Depot, post: Post) -> None:
        post.send(self.KEY, b'{"do": "wait", "id": "f1"}', None)

        depot.wait_for("end f1")
        assert f"begin f1 2 depot.events {self.KEY}" in depot.lines()


class TestLanes:
    def test_a_slow_handler_starves_nobody(self, depot: Depot, post: Post, tmp_path: Path) -> None:
        permit = tmp_path / "go on"
        for number in range(4):  # all that its lane holds
            post.order("hold", f"slow{number}", permit=str(permit))
        depot.wait_for("begin", 4)
        post.order("note", "quick", "depot.letter.sent.v1")

        depot.wait_for("end quick")
        permit.touch()
        depot.wait_for("end", 5)

        ended = [line for line in depot.lines() if line.startswith("end")]
        assert ended[0] == "end quick"

    def test_no_more_at_a_time_than_it_is_meant_to(self, depot: Depot, post: Post) -> None:
        for number in range(12):
            post.order("sleep", f"p{number}", seconds=0.3)

        depot.wait_for("end", 12)
        running = most = 0
        for line in depot.lines():
            running += 1 if line.startswith("begin") else -1
            most = max(most, running)
        assert most == 4


def _send_poison(bus: Bus, kind: str) -> None:
    """Send an event whose properties are legal AMQP and impossible Python."""
    where = bus.amqp_uri.partition("://")[2]
    login, _, rest = where.rpartition("@")
    user, _, password = login.partition(":")
    host, _, vhost = rest.partition("/")
    with amqp.Connection(
        host=host, userid=user, password=password, virtual_host=vhost, login_method="PLAIN"
    ) as connection:
        channel = connection.channel()
        message = amqp.Message(b'{"do": "note", "id": "poison"}', delivery_mode=2)
        if kind == "timestamp":
            # a header table of one timestamp in the year 292 billion
            table = b"\x04when" + b"T" + struct.pack(">Q", 2**63)
            properties = struct.pack(">H", 0x2000) + struct.pack(">I", len(table)) + table
        else:
            properties = struct.pack(">H", 0x0080) + b"\x02\xff\xfe"  # message_id, not UTF-8
        message._serialize_properties = lambda: properties
        channel.basic_publish(message, "depot.events", PARCEL)
        channel.close()


def test_a_thousand_waiting_do_not_exhaust_the_stack(depot: Depot, post: Post) -> None:
    for number in range(1000):
        post.order("note", f"p{number}")

    depot.wait_for("end", 1000)
    assert depot.process.poll() is None
    assert eventually(lambda: post.depth(QUEUE) == 0)
