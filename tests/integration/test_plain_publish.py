"""Connecting and publishing without eventlet, on a real broker."""

import contextlib
import socket
import time

import pytest

from chaos.alarms import short_of_memory
from chaos.lines import Line
from chassis.errors import Forbidden, Unavailable
from chassis.plain.connection import delays, open_connection
from chassis.plain.publish import Publisher, PublishFailed
from deploy.local.broker import Broker
from tests.support.bus import Bus, bus
from tests.support.plain import KEY, QUEUE, empty, persistent, send
from tests.support.waiting import eventually

__all__ = ["bus", "empty"]


class TestOpenConnection:
    def test_gives_up_after_its_patience(self) -> None:
        started = time.monotonic()

        with pytest.raises(
            Unavailable, match=r"127\.0\.0\.1:9 cannot be reached: .*refused"
        ) as down:
            open_connection("amqp://a:secret@127.0.0.1:9/", name="test", patience_seconds=1)

        assert down.value.code == "broker.unreachable"
        assert 0.3 < time.monotonic() - started < 15

    def test_says_at_once_who_is_not_let_in(self, bus: Bus) -> None:
        started = time.monotonic()

        with pytest.raises(Forbidden, match="does not let user erp into"):
            open_connection(
                bus.uri_of("erp").replace("secret", "wrong"), name="test", patience_seconds=180
            )

        assert time.monotonic() - started < 60  # long before its patience ends

    def test_says_when_the_virtual_host_is_missing(self, bus: Bus) -> None:
        with pytest.raises(Forbidden, match="does not let user admin into nowhere"):
            open_connection(bus.amqp_uri.rpartition("/")[0] + "/nowhere", name="test")

    def test_delays_grow_to_a_cap_with_jitter(self) -> None:
        found = [delay for delay, _ in zip(delays(), range(20), strict=False)]

        assert 0.1 <= found[0] <= 0.2
        assert all(2.5 <= delay <= 5 for delay in found[-5:])
        assert len(set(found)) == 20


class TestPublisher:
    def test_everything_arrives_in_order(self, bus: Bus) -> None:
        send(bus, 3000)

        assert bus.depth(QUEUE) == 3000
        with contextlib.closing(bus.connect()) as connection:
            channel = connection.channel()
            first = [channel.basic_get(QUEUE, auto_ack=True)[2] for _ in range(50)]
        assert first == [b"%d" % number for number in range(50)]

    def test_the_window_bounds_what_is_under_way(self, bus: Bus) -> None:
        publisher = Publisher(bus.amqp_uri, window=10).start()
        highest = 0

        for number in range(300):
            publisher.publish("crm.outbound", KEY, b"x", persistent(number))
            with publisher._changed:
                highest = max(highest, publisher._in_flight())
        publisher.close()

        assert highest <= 10
        assert bus.depth(QUEUE) == 300

    def test_a_connection_that_ends_as_soon_as_it_is_made_is_made_again(
        self, bus: Bus, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        look, failures = socket.socket.getpeername, ["once"]

        def gone(one: socket.socket) -> object:  # the instant is too short to be hit from outside
            if failures:
                failures.clear()
                raise OSError("Transport endpoint is not connected")
            return look(one)

        monkeypatch.setattr(socket.socket, "getpeername", gone)
        open_connection(bus.amqp_uri, name="one way").close()
        tried, before = not failures, bus.depth(QUEUE)
        failures.append("again")
        with Publisher(bus.amqp_uri) as publisher:
            publisher.publish("crm.outbound", KEY, b"x", persistent(1))

        assert (tried, failures) == (True, [])
        assert bus.depth(QUEUE) == before + 1

    def test_what_cannot_be_routed_is_told(self, bus: Bus) -> None:
        publisher = Publisher(bus.amqp_uri).start()
        publisher.publish("crm.outbound", KEY, b"good", persistent(1))
        publisher.publish("crm.outbound", "nobody.listens", b"bad", persistent(2))
        publisher.publish("crm.outbound", KEY, b"good", persistent(3))

        with pytest.raises(PublishFailed, match="no queue is bound for it") as failed:
            publisher.close()

        assert [one.message.properties.message_id for one in failed.value.failures] == ["2"]
        assert bus.depth(QUEUE) == 2

    def test_a_forbidden_message_fails_alone(self, bus: Bus) -> None:
        publisher = Publisher(bus.uri_of("erp")).start()
        for number in range(200):
            key = "erp.payment.upsert.v1" if number == 100 else "erp.order.upsert.v1"
            publisher.publish("crm.inbound", key, b"%d" % number, persistent(number))

        with pytest.raises(PublishFailed, match="ACCESS_REFUSED") as failed:
            publisher.close()

        assert [one.message.body for one in failed.value.failures] == [b"100"]
        with contextlib.closing(bus.connect()) as connection:
            channel = connection.channel()
            count = channel.queue_declare("sales.erp_orders.q1", passive=True).method.message_count
            seen = {channel.basic_get("sales.erp_orders.q1")[2] for _ in range(count)}
        assert seen == {b"%d" % number for number in range(200)} - {b"100"}

    def test_an_unknown_exchange_fails_alone(self, bus: Bus) -> None:
        publisher = Publisher(bus.amqp_uri).start()
        publisher.publish("crm.outbound", KEY, b"good", persistent(1))
        publisher.publish("crm.nowhere", KEY, b"bad", persistent(2))
        publisher.publish("crm.outbound", KEY, b"good", persistent(3))

        with pytest.raises(PublishFailed, match=r"no exchange 'crm\.nowhere'") as failed:
            publisher.close()

        assert len(failed.value.failures) == 1
        assert bus.depth(QUEUE) >= 2

    def test_a_full_queue_refuses_and_it_is_told(self, bus: Bus) -> None:
        with contextlib.closing(bus.connect()) as connection:
            channel = connection.channel()
            arguments = {"x-max-length": 2, "x-overflow": "reject-publish"}
            channel.queue_declare("small", exclusive=False, auto_delete=True, arguments=arguments)
            channel.queue_bind("small", "crm.outbound", "small")
            publisher = Publisher(bus.amqp_uri).start()
            for number in range(5):
                publisher.publish("crm.outbound", "small", b"x", persistent(number))

            with pytest.raises(PublishFailed, match="nack") as failed:
                publisher.close()

            assert len(failed.value.failures) == 3
            channel.queue_delete("small")

    def test_nothing_is_lost_when_the_connection_is_cut(self, bus: Bus) -> None:
        line = Line(bus.port)
        publisher, cuts = Publisher(bus.through(line.port)).start(), 0

        for number in range(1500):
            publisher.publish("crm.outbound", KEY, b"%d" % number, persistent(number))
            if number in {300, 700, 1200}:
                cuts += 1
                eventually(lambda cuts=cuts: line.passed == cuts)  # or it would cut nothing
                line.cut()
        publisher.close()
        line.close()

        assert line.passed == 4
        with contextlib.closing(bus.connect()) as connection:
            channel = connection.channel()
            count = channel.queue_declare(QUEUE, passive=True).method.message_count
            seen = [int(channel.basic_get(QUEUE, auto_ack=True)[2]) for _ in range(count)]
        assert set(seen) == set(range(1500))
        assert [*dict.fromkeys(seen)] == list(range(1500))

    def test_gives_messages_back_when_the_broker_stays_away(self, bus: Bus) -> None:
        line = Line(bus.port)
        publisher = Publisher(bus.through(line.port)).start()
        line.close()
        eventually(lambda: publisher._link.problem)
        publisher.publish("crm.outbound", KEY, b"x", persistent(1))

        with pytest.raises(PublishFailed, match="no confirm in time") as failed:
            publisher.close(0.5)

        assert [one.message.body for one in failed.value.failures] == [b"x"]

    def test_a_blocked_broker_is_an_error_at_once(self, bus: Bus, session_broker: Broker) -> None:
        publisher = Publisher(bus.amqp_uri).start()
        with short_of_memory(session_broker):
            publisher.publish("crm.outbound", KEY, b"x", persistent(1))
            started = time.monotonic()

            with pytest.raises(PublishFailed, match="takes no messages at present") as failed:
                publisher.flush(180)
            with pytest.raises(Unavailable) as refused:
                publisher.publish("crm.outbound", KEY, b"y", persistent(2))

            assert time.monotonic() - started < 60  # flush would have waited 180
            assert failed.value.code == refused.value.code == "broker.blocked"
        eventually(lambda: publisher._link.blocked is None)
        publisher.publish("crm.outbound", KEY, b"z", persistent(3))
        publisher.close()
        assert bus.depth(QUEUE) >= 1
