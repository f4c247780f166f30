"""Consuming without eventlet, on a real broker."""

import contextlib
import time

import pytest

from chaos.lines import Line
from chassis.envelope import Undecodable
from chassis.errors import Forbidden, Invalid, NotFound, Refused, Unavailable
from chassis.plain.consume import Consumer, Verdict
from chassis.plain.delivery import Delivery
from chassis.plain.publish import Publisher
from tests.support.bus import Bus, bus
from tests.support.plain import QUEUE, empty, persistent, running, send
from tests.support.waiting import eventually

__all__ = ["bus", "empty"]


class TestConsumer:
    def test_acknowledges_what_was_handled(self, bus: Bus) -> None:
        send(bus, 200)
        seen: list[bytes] = []

        with running(Consumer(bus.uri_of("erp"), QUEUE, handler=lambda d: seen.append(d.body))):
            eventually(lambda: len(seen) == 200)

        assert seen == [b"%d" % number for number in range(200)]
        assert bus.depth(QUEUE) == 0

    def test_a_stop_finishes_the_message_in_hand_and_gives_the_others_back(self, bus: Bus) -> None:
        send(bus, 20)
        seen: list[bytes] = []
        consumer: Consumer

        def handle(delivery: Delivery) -> None:
            seen.append(delivery.body)
            if len(seen) == 5:
                consumer.stop()

        consumer = Consumer(bus.uri_of("erp"), QUEUE, handler=handle)
        consumer.run()

        assert len(seen) == 5
        eventually(lambda: bus.depth(QUEUE) == 15)

    def test_goes_on_after_a_cut_connection(self, bus: Bus) -> None:
        line = Line(bus.port)
        seen: list[bytes] = []

        def handle(delivery: Delivery) -> None:
            if len(seen) == 50:
                line.cut()
            seen.append(delivery.body)

        with running(Consumer(bus.through(line.port, "erp"), QUEUE, handler=handle)):
            send(bus, 100)
            eventually(lambda: len(set(seen)) == 100)
            eventually(lambda: bus.depth(QUEUE) == 0)
        line.close()

        assert line.passed == 2

    def test_a_refused_message_is_parked_with_its_reason(self, bus: Bus) -> None:
        send(bus, 1, "crm.inbound", "erp.order.upsert.v1")

        def refuse(_: Delivery) -> None:
            raise Invalid("The order has no lines.", code="sales.order.no_lines")

        queue = "sales.erp_orders.q1"
        with running(Consumer(bus.uri_of("sales"), queue, handler=refuse, service="sales")):
            eventually(lambda: bus.depth("sales.parked") == 1)

        with contextlib.closing(bus.connect("operator")) as connection:
            _, properties, body = connection.channel().basic_get("sales.parked")
        assert body == b"0"
        assert properties.message_id == "0"
        assert properties.headers["x-handler"] == queue
        assert properties.headers["x-first-exchange"] == "crm.inbound"
        assert properties.headers["x-first-routing-key"] == "erp.order.upsert.v1"
        assert properties.headers["x-reason-code"] == "sales.order.no_lines"
        assert properties.headers["x-reason"] == "The order has no lines."

    def test_a_refused_message_is_parked_although_its_sender_signed_it(self, bus: Bus) -> None:
        signed = persistent(1)
        signed.user_id = "erp"
        with Publisher(bus.uri_of("erp")) as publisher:
            publisher.publish("crm.inbound", "erp.order.upsert.v1", b"\xff", signed)
        queue = "sales.erp_orders.q1"

        with running(
            Consumer(bus.uri_of("sales"), queue, handler=lambda d: d.data(), service="sales")
        ):
            eventually(lambda: bus.depth("sales.parked") == 1)

        assert bus.depth(queue) == 0

    def test_an_undecodable_message_is_parked(self, bus: Bus) -> None:
        with Publisher(bus.amqp_uri) as publisher:
            publisher.publish("crm.inbound", "erp.order.upsert.v1", b"\xff", persistent(1))
        queue = "sales.erp_orders.q1"

        with running(
            Consumer(bus.uri_of("sales"), queue, handler=lambda d: d.data(), service="sales")
        ):
            eventually(lambda: bus.depth("sales.parked") == 1)

        assert bus.depth(queue) == 0

    def test_the_callback_decides(self, bus: Bus) -> None:
        send(bus, 3)
        refused: list[bytes] = []

        def handle(delivery: Delivery) -> None:
            raise NotFound("There is no such order.")

        def decide(delivery: Delivery, problem: Refused | Undecodable) -> Verdict:
            refused.append(delivery.body)
            return Verdict.DISCARD

        with running(Consumer(bus.uri_of("erp"), QUEUE, handler=handle, decide=decide)):
            eventually(lambda: len(refused) == 3)

        assert bus.depth(QUEUE) == 0

    def test_a_refusal_that_has_nowhere_to_go_ends_it_and_keeps_the_message(self, bus: Bus) -> None:
        send(bus, 1)

        def refuse(_: Delivery) -> None:
            raise Invalid("No.")

        with pytest.raises(Invalid, match="No"):
            Consumer(bus.uri_of("erp"), QUEUE, handler=refuse).run()

        eventually(lambda: bus.depth(QUEUE) == 1)

    def test_tries_again_what_was_unavailable(self, bus: Bus) -> None:
        send(bus, 1)
        tries: list[float] = []

        def handle(_: Delivery) -> None:
            tries.append(time.monotonic())
            if len(tries) < 3:
                raise Unavailable("Not yet.")

        with running(Consumer(bus.uri_of("erp"), QUEUE, handler=handle)):
            eventually(lambda: len(tries) == 3)

        assert bus.depth(QUEUE) == 0
        assert tries[1] - tries[0] >= 0.1
        assert tries[2] - tries[1] >= 0.2

    def test_a_bug_ends_it_and_keeps_the_message(self, bus: Bus) -> None:
        send(bus, 1)

        def handle(_: Delivery) -> None:
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            Consumer(bus.uri_of("erp"), QUEUE, handler=handle).run()

        eventually(lambda: bus.depth(QUEUE) == 1)

    def test_says_when_it_may_not_read(self, bus: Bus) -> None:
        with pytest.raises(Forbidden, match="ACCESS_REFUSED"):
            Consumer(bus.uri_of("erp"), "rpc-sales", handler=lambda _: None).run()

    def test_says_when_the_queue_is_missing(self, bus: Bus) -> None:
        with pytest.raises(NotFound, match=r"no queue 'partner\.erp\.q9'"):
            Consumer(bus.amqp_uri, "partner.erp.q9", handler=lambda _: None).run()
