"""A partner on plain connections: its queue, what is sent to it, and a consumer that runs aside."""

import contextlib
import threading
from collections.abc import Iterator

import pika
import pytest

from chassis.plain.consume import Consumer
from chassis.plain.delivery import Delivery
from chassis.plain.publish import Publisher
from chassis.plain.stream import StreamReader
from tests.support.bus import Bus
from tests.support.waiting import PATIENCE_SECONDS

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


def whole(reader: StreamReader) -> list[Delivery]:
    """Read a log to its end: on a busy machine the first entry may be long in coming."""
    first = next(reader.read(idle_seconds=PATIENCE_SECONDS))
    return [first, *reader.read(idle_seconds=1)]


def up_to(reader: StreamReader, last: int) -> list[int]:
    """Read on to an offset, however long a busy machine takes, and whatever follows it at once."""
    found: list[int] = []
    for entry in reader.read(idle_seconds=PATIENCE_SECONDS):
        found.append(int(entry.offset or 0))
        if found[-1] >= last:
            break
    return found + [int(entry.offset or 0) for entry in reader.read(idle_seconds=0.5)]


@contextlib.contextmanager
def running(consumer: Consumer) -> Iterator[threading.Thread]:
    thread = threading.Thread(target=consumer.run)
    thread.start()
    try:
        yield thread
    finally:
        consumer.stop()
        thread.join(PATIENCE_SECONDS)
        assert not thread.is_alive()
