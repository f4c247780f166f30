"""Everything that is told, heard beside everybody: the log, and what is private and never in it."""

import threading
import time
from collections import deque
from collections.abc import Iterator

from pika.adapters.blocking_connection import BlockingChannel

from chassis.plain.connection import LOST, open_connection
from chassis.plain.delivery import Delivery
from chassis.plain.stream import StreamReader
from chassis.topology.declare import bind, declare_exchange, declare_queue, version_of
from chassis.topology.names import private_exchange
from chassis.topology.shapes import Binding, Exchange, ExchangeKind, Queue
from contracts import SERVICES
from deploy.local.machine import CannotRun

TAP_QUEUE = "chaos.private"
PREFETCH = 500
IDLE_SECONDS = 2.0  # in which a broker that has just come back hands out more, if there is more
PATIENCE_SECONDS = 15.0  # in which it hands out what there certainly is


class Tap:
    """Hear all from the first on, public and private, resends among it.

    What is private comes by a queue and is kept here: a relay waits for the log, and for no other
    stream, when the broker comes back.
    """

    def __init__(self, amqp_uri: str) -> None:
        self._amqp_uri = amqp_uri
        self._kept: list[Delivery] = []
        self._turn = threading.Lock()
        connection = open_connection(amqp_uri, name="chaos tap")
        try:
            channel, version = connection.channel(), version_of(connection)
            declare_queue(channel, Queue(TAP_QUEUE, {"x-queue-type": "quorum"}), version)
            for service in SERVICES:
                declare_exchange(channel, Exchange(private_exchange(service), ExchangeKind.TOPIC))
                bind(channel, Binding(private_exchange(service), TAP_QUEUE, "#"))
        finally:
            connection.close()

    def heard(self, idle_seconds: float) -> Iterator[Delivery]:
        """Yield everything that was ever told.

        :raises Problem: if the log does not hold it any more, or the broker is away.
        """
        with StreamReader(self._amqp_uri, place="first") as reader:
            yield from reader.read(idle_seconds)
        yield from self._private(idle_seconds)

    def latest(self, count: int) -> list[Delivery]:
        """Return what was told last: so many public and so many private events.

        :raises Problem: or CannotRun, if the broker does not hand out what it has.
        """
        public = deque(by_now(self._amqp_uri), maxlen=count)
        return [*public, *self._private(IDLE_SECONDS)[-count:]]

    def _private(self, idle_seconds: float) -> list[Delivery]:
        with self._turn:
            while not self._takes(idle_seconds):
                pass  # it was cut off: what is not acknowledged comes again
            return list(self._kept)

    def _takes(self, idle_seconds: float) -> bool:
        connection = open_connection(self._amqp_uri, name="chaos tap")
        try:
            self._take(connection.channel(), idle_seconds)
        except LOST:
            return False
        finally:
            if connection.is_open:
                connection.close()
        return True

    def _take(self, channel: BlockingChannel, idle_seconds: float) -> None:
        channel.basic_qos(prefetch_count=PREFETCH)
        waiting = channel.queue_declare(TAP_QUEUE, passive=True).method.message_count
        enough = time.monotonic() + idle_seconds
        found = channel.consume(TAP_QUEUE, inactivity_timeout=idle_seconds)
        for taken, (method, properties, body) in enumerate(found, 1):
            if method is None or properties is None or body is None:
                return
            self._kept.append(Delivery(method.exchange, method.routing_key, body, properties))
            channel.basic_ack(method.delivery_tag)
            if taken >= waiting and time.monotonic() > enough:  # more comes all the time
                return


def by_now(amqp_uri: str, after: int | None = None) -> Iterator[Delivery]:
    """Yield what the log holds by now behind an offset, however fast it grows meanwhile.

    :raises CannotRun: if the broker does not hand out all that it has.
    """
    end = _end(amqp_uri)
    if end is None or end == after:
        return
    with StreamReader(amqp_uri, place="first", after=after) as reader:
        for delivery in reader.read(PATIENCE_SECONDS):
            yield delivery
            if (delivery.offset or 0) >= end:
                return
    raise CannotRun(f"the log is not handed out up to its end at {end}")


def _end(amqp_uri: str) -> int | None:
    """Return the last offset of the log, or None if it holds nothing."""
    with StreamReader(amqp_uri, place="last") as reader:
        first = next(reader.read(PATIENCE_SECONDS), None)
        if first is None:
            return None
        end, enough = first.offset or 0, time.monotonic() + IDLE_SECONDS
        for delivery in reader.read(IDLE_SECONDS):
            end = delivery.offset or 0
            if time.monotonic() > enough:  # it hands out whole chunks: by now the last is out
                break
        return end
