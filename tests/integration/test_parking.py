"""Parked messages on a real broker: seen, sent back, dropped, and never lost."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator

import pika
import pytest

from chassis import parking
from chassis.errors import NotFound
from chassis.parking import Choice
from chassis.topology import names
from tests.support.bus import Bus, bus
from tests.support.waiting import eventually

__all__ = ["bus"]
QUEUE = "sales.customers.q1"
ORDERS = "sales.erp_orders.q1"
TYPE = "accounts.customer.created.v1"


@pytest.fixture(autouse=True)
def empty(bus: Bus) -> Iterator[None]:
    yield
    with contextlib.closing(bus.connect()) as connection:
        for queue in (QUEUE, ORDERS, "sales.parked"):
            connection.channel().queue_purge(queue)


def park(bus: Bus, id_: str, *, queue: str = QUEUE, body: bytes = b"{}", **changes: object) -> None:
    headers = {
        "ce-id": id_,
        "ce-type": TYPE,
        "x-attempt": 5,
        "x-handler": queue,
        "x-first-exchange": "accounts.private",
        "x-first-routing-key": TYPE,
        "x-reason-code": "sales.customer.unknown",
        "x-reason": "There is no such customer.",
        "x-parked-at": "2026-03-02T14:05:00.000000Z",
    }
    found = {name: value for name, value in (headers | changes).items() if value is not None}
    properties = pika.BasicProperties(
        headers=found, message_id=id_ or None, delivery_mode=2, content_type="application/json"
    )
    with contextlib.closing(bus.connect("sales")) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        channel.basic_publish(names.park_exchange("sales"), queue, body, properties, mandatory=True)


class TestList:
    def test_lists_the_oldest_first_and_leaves_them_there(self, bus: Bus) -> None:
        park(bus, "one")
        park(bus, "two", queue=ORDERS)

        found = parking.list_parked(bus.uri_of("operator"), "sales")

        assert [(one.message_id, one.handler, one.attempts) for one in found] == [
            ("one", QUEUE, 5),
            ("two", ORDERS, 5),
        ]
        assert found[0].reason == "There is no such customer."
        assert found[0].reason_code == "sales.customer.unknown"
        assert found[0].type == TYPE
        assert found[0].parked_at == "2026-03-02T14:05:00.000000Z"
        assert eventually(lambda: bus.depth("sales.parked") == 2)

    def test_lists_as_often_as_one_likes(self, bus: Bus) -> None:
        park(bus, "one")

        for _ in range(names.DELIVERY_LIMIT + 10):
            assert len(parking.list_parked(bus.uri_of("operator"), "sales")) == 1
            eventually(lambda: bus.depth("sales.parked") == 1)

    def test_lists_what_nobody_can_read(self, bus: Bus) -> None:
        with contextlib.closing(bus.connect()) as connection:
            channel = connection.channel()
            channel.confirm_delivery()
            channel.basic_publish("sales.park", "", b"\xff\xfe not json")

        (found,) = parking.list_parked(bus.uri_of("operator"), "sales")

        assert found.delivery.body == b"\xff\xfe not json"
        assert (found.message_id, found.handler, found.reason_code) == ("", "", "unknown")
        assert not found.replayable
        assert len(found.ref) == 12

    def test_restricts_to_a_handler_and_a_reason(self, bus: Bus) -> None:
        park(bus, "one")
        park(bus, "two", queue=ORDERS)
        park(bus, "three", **{"x-reason-code": "bug"})

        found = parking.list_parked(
            bus.uri_of("operator"), "sales", Choice(handler=QUEUE, reason_code="bug")
        )

        assert [one.message_id for one in found] == ["three"]

    def test_refuses_a_service_without_parked_queue(self, bus: Bus) -> None:
        with pytest.raises(NotFound, match=r"no queue 'nothing\.parked'"):
            parking.list_parked(bus.uri_of("operator"), "nothing")

    def test_tells_what_the_broker_parked_itself(self, bus: Bus) -> None:
        with contextlib.closing(bus.connect()) as connection:
            channel = connection.channel()
            channel.basic_publish(
                "crm.inbound", "erp.order.upsert.v1", b"{}", pika.BasicProperties(message_id="m")
            )
            method = eventually(lambda: channel.basic_get(ORDERS)[0])
            channel.basic_reject(method.delivery_tag, requeue=False)

        found = eventually(lambda: parking.list_parked(bus.uri_of("operator"), "sales"))[0]

        assert (found.handler, found.reason_code) == (ORDERS, "rejected")
        assert (found.exchange, found.routing_key) == ("crm.inbound", "erp.order.upsert.v1")
        assert found.reason == "It was rejected without a reason."


class TestShow:
    def test_shows_by_ref_or_message_id(self, bus: Bus) -> None:
        park(bus, "one", body=b'{"a": 1}')

        by_id = parking.show(bus.uri_of("operator"), "sales", "one")
        eventually(lambda: bus.depth("sales.parked") == 1)
        by_ref = parking.show(bus.uri_of("operator"), "sales", by_id.ref)

        assert by_ref.delivery.data() == {"a": 1}

    def test_refuses_an_unknown_ref(self, bus: Bus) -> None:
        with pytest.raises(NotFound, match="no parked message nothing"):
            parking.show(bus.uri_of("operator"), "sales", "nothing")


class TestReplay:
    def test_sends_back_what_a_partner_signed_and_the_broker_parked(self, bus: Bus) -> None:
        signed = pika.BasicProperties(message_id="m", user_id="erp", expiration="300000")
        with contextlib.closing(bus.connect("erp")) as connection:
            connection.channel().basic_publish("crm.inbound", "erp.order.upsert.v1", b"{}", signed)
        with contextlib.closing(bus.connect()) as connection:
            channel = connection.channel()
            method = eventually(lambda: channel.basic_get(ORDERS)[0])
            channel.basic_reject(method.delivery_tag, requeue=False)
        eventually(lambda: bus.depth("sales.parked") == 1)
        park(bus, "two")

        outcomes = parking.replay(bus.uri_of("operator"), "sales")

        assert [(one.message.message_id, one.replayed) for one in outcomes] == [
            ("m", True),
            ("two", True),
        ]
        assert (bus.depth(ORDERS), bus.depth(QUEUE), bus.depth("sales.parked")) == (1, 1, 0)

    def test_sends_a_message_back_to_its_handler_without_our_marks(self, bus: Bus) -> None:
        park(bus, "one", body=b'{"a": 1}')

        (outcome,) = parking.replay(bus.uri_of("operator"), "sales")

        assert outcome.replayed
        assert bus.depth("sales.parked") == 0
        with contextlib.closing(bus.connect("sales")) as connection:
            method, properties, body = connection.channel().basic_get(QUEUE, auto_ack=True)
        assert body == b'{"a": 1}'
        assert (method.exchange, method.routing_key) == ("sales.redeliver", QUEUE)
        assert properties.message_id == "one"
        assert properties.delivery_mode == 2
        del properties.headers["x-delivery-count"]  # the broker's own
        assert properties.headers == {
            "ce-id": "one",
            "ce-type": TYPE,
            "x-first-exchange": "accounts.private",
            "x-first-routing-key": TYPE,
        }

    def test_replays_only_what_was_chosen(self, bus: Bus) -> None:
        park(bus, "one")
        park(bus, "two")

        outcomes = parking.replay(bus.uri_of("operator"), "sales", Choice(refs=frozenset({"two"})))

        assert [one.message.message_id for one in outcomes] == ["two"]
        assert eventually(lambda: bus.depth("sales.parked") == 1)
        assert parking.list_parked(bus.uri_of("operator"), "sales")[0].message_id == "one"

    def test_keeps_what_has_nowhere_to_go(self, bus: Bus) -> None:
        park(bus, "gone", queue="sales.renamed_away.q1")
        park(bus, "nobody", **{"x-handler": None})

        outcomes = parking.replay(bus.uri_of("operator"), "sales")

        assert [(one.replayed, one.why_not) for one in outcomes] == [
            (False, "There is no queue sales.renamed_away.q1."),
            (False, "It is not known which handler it was for; name one."),
        ]
        assert eventually(lambda: bus.depth("sales.parked") == 2)

    def test_replays_to_another_queue_after_a_rename(self, bus: Bus) -> None:
        park(bus, "one", queue="sales.renamed_away.q1")

        (outcome,) = parking.replay(bus.uri_of("operator"), "sales", to=QUEUE)

        assert outcome.replayed
        assert bus.depth(QUEUE) == 1

    def test_killed_between_publish_and_ack_the_message_is_twice_never_gone(self, bus: Bus) -> None:
        park(bus, "one")
        program = (
            "import os, sys\n"
            "from pika.adapters.blocking_connection import BlockingChannel\n"
            "BlockingChannel.basic_ack = lambda *_, **__: os._exit(9)\n"
            "from chassis import parking\n"
            "parking.replay(sys.argv[1], 'sales')\n"
        )

        ended = subprocess.run(
            [sys.executable, "-c", program, bus.uri_of("operator")], check=False, timeout=60
        )

        assert ended.returncode == 9
        assert bus.depth(QUEUE) == 1
        assert eventually(lambda: bus.depth("sales.parked") == 1)


class TestDrop:
    def test_hands_a_message_over_before_it_is_gone(self, bus: Bus) -> None:
        park(bus, "one")
        park(bus, "two")
        kept: list[str] = []

        dropped = parking.drop(
            bus.uri_of("operator"),
            "sales",
            Choice(refs=frozenset({"one"})),
            keep=lambda message: kept.append(message.message_id),
        )

        assert kept == ["one"]
        assert [one.message_id for one in dropped] == ["one"]
        assert eventually(lambda: bus.depth("sales.parked") == 1)

    def test_drops_nothing_that_could_not_be_kept(self, bus: Bus) -> None:
        park(bus, "one")

        def disk_full(_: parking.Parked) -> None:
            raise OSError("disk full")

        with pytest.raises(OSError, match="disk full"):
            parking.drop(bus.uri_of("operator"), "sales", parking.EVERYTHING, keep=disk_full)

        assert eventually(lambda: bus.depth("sales.parked") == 1)
