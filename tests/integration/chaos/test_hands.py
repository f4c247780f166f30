"""What faults do to the broker by hand: hold messages back, listen to everything, try what is forbidden."""

import dataclasses
import threading

import pika
import pytest

from chaos import tap
from chaos.faults.forgery import allowed
from chaos.holding import held_back, holdings
from chaos.lines import Line
from chassis.clock import isoformat, real_now
from chassis.envelope import Envelope
from chassis.plain import parked as header
from chassis.plain.publish import Publisher
from chassis.topology.admin import Admin, vhost_of
from tests.support.bus import Bus, bus

__all__ = ["bus"]
RECORDED = "accounts.customer.recorded.v1"
QUEUE = "sales.customers.q1"


@pytest.fixture
def channel(bus: Bus):
    connection = bus.connect()
    opened = connection.channel()
    opened.confirm_delivery()
    yield opened
    opened.queue_purge(QUEUE)
    connection.close()


def tell(channel, number: int, exchange: str = "accounts.private", key: str = RECORDED) -> None:
    envelope = Envelope(
        id=f"e{number}", source="/crm/accounts", type=key, time=isoformat(real_now()),
        subject="c1", dataschema="", correlation_id="c", causation_id="c", sequence=number,
    )  # fmt: skip
    properties = pika.BasicProperties(
        headers=envelope.headers(), message_id=envelope.id, delivery_mode=2
    )
    channel.basic_publish(exchange, key, str(number).encode(), properties)


def taken(channel):
    found = []
    while (got := channel.basic_get(QUEUE, auto_ack=True))[0] is not None:
        found.append(got)
    return found


class TestHeldBack:
    def test_comes_later_in_the_order_that_was_asked_for(self, bus: Bus, channel) -> None:
        (customers,) = [one for one in holdings(bus.topology, "sales") if one.queue == QUEUE]

        with held_back(bus.amqp_uri, [customers], lambda messages: messages[::-1]):
            for number in (1, 2, 3):
                tell(channel, number)
            assert bus.depth(QUEUE) == 0
        tell(channel, 4)

        found = taken(channel)
        assert [body for _, _, body in found] == [b"3", b"2", b"1", b"4"]
        first, properties, _ = found[0]
        assert (first.exchange, first.routing_key) == ("sales.redeliver", QUEUE)
        assert properties.headers[header.FIRST_EXCHANGE] == "accounts.private"
        assert properties.headers[header.FIRST_ROUTING_KEY] == RECORDED

    def test_leaves_the_broker_as_it_was(self, bus: Bus, channel) -> None:
        with Admin(bus.admin_uri, vhost_of(bus.amqp_uri)) as admin:
            before = (admin.bindings(), admin.queues().keys())

            with held_back(bus.amqp_uri, holdings(bus.topology, "sales"), list):
                assert (admin.bindings(), admin.queues().keys()) != before

            assert (admin.bindings(), admin.queues().keys()) == before


class TestTheTap:
    def test_hears_what_is_public_and_what_is_private(self, bus: Bus, channel) -> None:
        listening = tap.Tap(bus.amqp_uri)

        tell(channel, 7)
        tell(channel, 8, "accounts.events", "accounts.customer.created.v1")

        heard = [(one.exchange, one.body) for one in listening.heard(1.0)]
        assert ("accounts.private", b"7") in heard
        assert ("accounts.events", b"8") in heard

        tell(channel, 9)

        again = [(one.exchange, one.body) for one in listening.heard(1.0)]
        assert again == [*heard, ("accounts.private", b"9")]
        assert [one.body for one in listening.latest(1)] == [b"8", b"9"]

    def test_ends_although_more_is_told_all_the_time(self, bus: Bus, monkeypatch) -> None:
        monkeypatch.setattr(tap, "IDLE_SECONDS", 0.5)
        listening, done = tap.Tap(bus.amqp_uri), threading.Event()

        def go_on() -> None:
            with Publisher(bus.amqp_uri) as publisher:
                while not done.wait(0.01):
                    publisher.publish("accounts.private", RECORDED, b"more")

        teller, late = threading.Thread(target=go_on), threading.Timer(20.0, done.set)
        teller.start()
        late.start()
        listening.latest(5)

        assert not done.is_set(), "it ended only because nothing more was told"
        done.set()
        teller.join()
        late.cancel()

    def test_hands_out_the_log_to_its_end_through_a_line_that_stands_still(self, bus, monkeypatch):
        monkeypatch.setattr(tap, "IDLE_SECONDS", 1.0)
        with Publisher(bus.amqp_uri) as publisher:
            for number in range(2000):
                publisher.publish("sales.events", "sales.order.placed.v1", b"%d" % number)
        line = Line(bus.port)

        told = tap.by_now(bus.through(line.port))
        found = [next(told).offset]
        line.freeze()
        threading.Timer(2.0, line.heal).start()
        found += [one.offset for one in told]

        assert found == list(range(len(found)))
        assert len(found) >= 2000
        line.close()

    def test_goes_on_behind_what_it_has_handed_out(self, bus):
        end = list(tap.by_now(bus.amqp_uri))[-1].offset
        with Publisher(bus.amqp_uri) as publisher:
            publisher.publish("sales.events", "sales.order.placed.v1", b"one more")

        more = [one.body for one in tap.by_now(bus.amqp_uri, end)]

        assert more == [b"one more"]
        assert list(tap.by_now(bus.amqp_uri, end + 1)) == []


class TestForbidden:
    def test_is_all_refused(self, bus: Bus) -> None:
        assert list(allowed(bus.uri_of("sales"), "sales", "accounts")) == []

    def test_a_right_too_many_is_seen(self, bus: Bus) -> None:
        (sales,) = [user for user in bus.topology.users if user.name == "sales"]
        with Admin(bus.admin_uri, vhost_of(bus.amqp_uri)) as admin:
            admin.put_rights(
                dataclasses.replace(sales, write=f"{sales.write}|^accounts[.]private$")
            )
            try:
                found = list(allowed(bus.uri_of("sales"), "sales", "accounts"))
            finally:
                admin.put_rights(sales)

        assert found == ["tell in private for accounts (done)"]
