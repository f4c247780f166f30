"""Publishing, consuming and reading the log without eventlet, on a real broker."""

import contextlib
import subprocess
import threading
import time
from collections.abc import Iterator

import pika
import pytest

from chassis.envelope import Undecodable
from chassis.errors import Forbidden, Invalid, NotFound, Refused, Unavailable
from chassis.plain.connection import delays, open_connection
from chassis.plain.consume import Consumer, Verdict
from chassis.plain.delivery import Delivery
from chassis.plain.publish import Publisher, PublishFailed
from chassis.plain.stream import GapDetected, StreamReader
from deploy.local.broker import Broker
from tests.support.bus import Bus, Gate, bus
from tests.support.waiting import eventually

__all__ = ["bus"]
QUEUE = "partner.erp.q1"
KEY = "erp.order.accepted.v1"


@pytest.fixture(autouse=True)
def empty(bus: Bus) -> Iterator[None]:
    yield
    with contextlib.closing(bus.connect()) as connection:
        for queue in (QUEUE, "sales.erp_orders.q1", "sales.parked"):
            connection.channel().queue_purge(queue)


def persistent(id_: object) -> pika.BasicProperties:
    return pika.BasicProperties(delivery_mode=2, message_id=str(id_))


def send(bus: Bus, count: int, exchange: str = "crm.outbound", key: str = KEY) -> None:
    with Publisher(bus.amqp_uri) as publisher:
        for number in range(count):
            publisher.publish(exchange, key, b"%d" % number, persistent(number))


@contextlib.contextmanager
def running(consumer: Consumer) -> Iterator[threading.Thread]:
    thread = threading.Thread(target=consumer.run)
    thread.start()
    try:
        yield thread
    finally:
        consumer.stop()
        thread.join(10)
        assert not thread.is_alive()


class TestOpenConnection:
    def test_gives_up_after_its_patience(self) -> None:
        started = time.monotonic()

        with pytest.raises(
            Unavailable, match=r"127\.0\.0\.1:9 cannot be reached: .*refused"
        ) as down:
            open_connection("amqp://a:secret@127.0.0.1:9/", name="test", patience_seconds=1)

        assert down.value.code == "broker.unreachable"
        assert 0.3 < time.monotonic() - started < 3

    def test_says_at_once_who_is_not_let_in(self, bus: Bus) -> None:
        started = time.monotonic()

        with pytest.raises(Forbidden, match="does not let user erp into"):
            open_connection(bus.uri_of("erp").replace("secret", "wrong"), name="test")

        assert time.monotonic() - started < 5

    def test_says_when_the_virtual_host_is_missing(self, bus: Bus) -> None:
        with pytest.raises(Forbidden, match="does not let user admin into nowhere"):
            open_connection(bus.amqp_uri.rpartition("/")[0] + "/nowhere", name="test")

    def test_delays_grow_to_a_cap_with_jitter(self) -> None:
        found = [delay for delay, _ in zip(delays(), range(20), strict=False)]

        assert 0.1 <= found[0] <= 0.2
        assert all(5 <= delay <= 10 for delay in found[-5:])
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
            highest = max(highest, publisher._in_flight())
        publisher.close()

        assert highest <= 10
        assert bus.depth(QUEUE) == 300

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
        gate = Gate(bus.amqp_uri)
        publisher = Publisher(bus.through(gate.port)).start()

        for number in range(1500):
            publisher.publish("crm.outbound", KEY, b"%d" % number, persistent(number))
            if number in {300, 700, 1200}:
                gate.cut()
        publisher.close()
        gate.close()

        assert gate.passed == 4
        with contextlib.closing(bus.connect()) as connection:
            channel = connection.channel()
            count = channel.queue_declare(QUEUE, passive=True).method.message_count
            seen = [int(channel.basic_get(QUEUE, auto_ack=True)[2]) for _ in range(count)]
        assert set(seen) == set(range(1500))
        assert [*dict.fromkeys(seen)] == list(range(1500))

    def test_gives_messages_back_when_the_broker_stays_away(self, bus: Bus) -> None:
        gate = Gate(bus.amqp_uri)
        publisher = Publisher(bus.through(gate.port)).start()
        gate.close()
        eventually(lambda: publisher._link.problem)
        publisher.publish("crm.outbound", KEY, b"x", persistent(1))

        with pytest.raises(PublishFailed, match="no confirm in time") as failed:
            publisher.close(0.5)

        assert [one.message.body for one in failed.value.failures] == [b"x"]

    def test_a_blocked_broker_is_an_error_at_once(self, bus: Bus, session_broker: Broker) -> None:
        publisher = Publisher(bus.amqp_uri).start()
        with alarm(session_broker):
            publisher.publish("crm.outbound", KEY, b"x", persistent(1))
            started = time.monotonic()

            with pytest.raises(PublishFailed, match="takes no messages at present") as failed:
                publisher.flush(20)
            with pytest.raises(Unavailable) as refused:
                publisher.publish("crm.outbound", KEY, b"y", persistent(2))

            assert time.monotonic() - started < 2
            assert failed.value.code == refused.value.code == "broker.blocked"
        eventually(lambda: publisher._link.blocked is None)
        publisher.publish("crm.outbound", KEY, b"z", persistent(3))
        publisher.close()
        assert bus.depth(QUEUE) >= 1


@contextlib.contextmanager
def alarm(broker: Broker) -> Iterator[None]:
    """Raise the broker's memory alarm."""

    def limit(value: str) -> None:
        subprocess.run(
            [
                "/usr/lib/rabbitmq/bin/rabbitmqctl",
                "set_vm_memory_high_watermark",
                "absolute",
                value,
            ],
            env=broker._environment(),
            check=True,
            capture_output=True,
            timeout=60,
        )

    limit("1MiB")
    try:
        yield
    finally:
        limit("1536MiB")


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
        gate = Gate(bus.amqp_uri)
        seen: list[bytes] = []

        def handle(delivery: Delivery) -> None:
            if len(seen) == 50:
                gate.cut()
            seen.append(delivery.body)

        with running(Consumer(bus.through(gate.port, "erp"), QUEUE, handler=handle)):
            send(bus, 100)
            eventually(lambda: len(set(seen)) == 100)
            eventually(lambda: bus.depth(QUEUE) == 0)
        gate.close()

        assert gate.passed == 2

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
        assert tries[2] - tries[1] > tries[1] - tries[0] - 0.1

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


class TestStreamReader:
    def test_reads_from_every_place(self, bus: Bus) -> None:
        last = self._tell(bus, 20)
        uri = bus.uri_of("operator")

        def read(place: int | str) -> list[int | None]:
            with StreamReader(uri, place=place) as reader:
                return [entry.offset for entry in reader.read(idle_seconds=0.7)]

        assert read("first") == list(range(last + 1))
        assert read(last - 4) == list(range(last - 4, last + 1))
        assert read("last")[-1] == last
        assert read("next") == []

    def test_resumes_behind_what_was_applied(self, bus: Bus) -> None:
        last = self._tell(bus, 10)

        with StreamReader(bus.uri_of("operator"), after=last - 3) as reader:
            found = [entry.offset for entry in reader.read(idle_seconds=0.7)]

        assert found == [last - 2, last - 1, last]

    def test_goes_on_where_it_was_after_a_cut(self, bus: Bus) -> None:
        last = self._tell(bus, 2000)
        gate = Gate(bus.amqp_uri)
        found = []

        with StreamReader(
            bus.through(gate.port, "operator"), place="first", prefetch=100
        ) as reader:
            for entry in reader.read(idle_seconds=1):
                found.append(entry.offset)
                if len(found) in {500, 1500}:
                    gate.cut()
        gate.close()

        assert found == list(range(last + 1))
        assert gate.passed == 3

    def test_notices_a_gap(self, bus: Bus) -> None:
        name = "gap"
        with contextlib.closing(bus.connect()) as connection:
            arguments = {
                "x-queue-type": "stream",
                "x-max-length-bytes": 200_000,
                "x-stream-max-segment-size-bytes": 50_000,
            }
            channel = connection.channel()
            channel.queue_declare(name, durable=True, arguments=arguments)
            channel.queue_bind(name, "crm.outbound", name)
        with Publisher(bus.amqp_uri) as publisher:
            for number in range(2000):
                publisher.publish("crm.outbound", name, b"x" * 1000, persistent(number))

        with (
            StreamReader(bus.amqp_uri, after=5, stream=name) as reader,
            pytest.raises(GapDetected, match=r"Offset 6 was .* but the log goes on at \d+") as gap,
        ):
            next(reader.read(idle_seconds=3))

        found = gap.value.detail["found"]
        assert isinstance(found, int)
        assert found > 6

    def test_notices_that_the_log_began_anew(self, bus: Bus) -> None:
        self._tell(bus, 3)

        with (
            StreamReader(bus.uri_of("operator"), after=1_000_000) as reader,
            pytest.raises(GapDetected, match="but the log ends before that"),
        ):
            next(reader.read())

    def test_says_when_it_may_not_read(self, bus: Bus) -> None:
        with (
            StreamReader(bus.uri_of("sales")) as reader,
            pytest.raises(Forbidden, match="ACCESS_REFUSED"),
        ):
            next(reader.read())

    def test_can_be_stopped_in_the_middle(self, bus: Bus) -> None:
        last = self._tell(bus, 1000)
        reader = StreamReader(bus.uri_of("operator"), place="first")

        entries = reader.read()
        seen = [next(entries).offset for _ in range(10)]
        reader.close()

        assert seen == list(range(10))
        with StreamReader(bus.uri_of("operator"), place=last) as again:
            assert [entry.offset for entry in again.read(idle_seconds=0.5)] == [last]

    def _tell(self, bus: Bus, count: int) -> int:
        """Tell some events and return the last offset of the log."""
        send(bus, count, "sales.events", "sales.order.placed.v1")
        with StreamReader(bus.uri_of("operator"), place="last") as reader:
            return max(int(entry.offset or 0) for entry in reader.read(idle_seconds=0.7))
