"""Everything that is told, heard beside everybody: the log, and what is private and never in it."""

import time
from collections.abc import Iterator

from chassis.plain.connection import open_connection
from chassis.plain.delivery import Delivery
from chassis.plain.stream import StreamReader
from chassis.topology.declare import bind, declare_exchange, declare_queue, version_of
from chassis.topology.names import LOG_SEGMENT_BYTES, LOG_STREAM, private_exchange
from chassis.topology.shapes import Argument, Binding, Exchange, ExchangeKind, Queue
from contracts import SERVICES
from deploy.local.machine import CannotRun

TAP_STREAM = "chaos.private"
BOTH = (LOG_STREAM, TAP_STREAM)
IDLE_SECONDS = 2.0  # in which a broker that has just come back hands out more, if there is more
PATIENCE_SECONDS = 15.0  # in which it hands out what there certainly is


def lay(amqp_uri: str) -> None:
    """Have a second log beside the first, before anybody tells anything: of private events."""
    connection = open_connection(amqp_uri, name="chaos tap")
    try:
        channel, version = connection.channel(), version_of(connection)
        segments: Argument = LOG_SEGMENT_BYTES
        arguments = {"x-queue-type": "stream", "x-stream-max-segment-size-bytes": segments}
        declare_queue(channel, Queue(TAP_STREAM, arguments), version)
        for service in SERVICES:
            declare_exchange(channel, Exchange(private_exchange(service), ExchangeKind.TOPIC))
            bind(channel, Binding(private_exchange(service), TAP_STREAM, "#"))
    finally:
        connection.close()


def heard(amqp_uri: str, idle_seconds: float) -> Iterator[Delivery]:
    """Yield everything that was ever told, public and private, resends among them.

    :raises Problem: if the log does not hold it any more, or the broker is away.
    """
    for stream in BOTH:
        with StreamReader(amqp_uri, place="first", stream=stream) as reader:
            yield from reader.read(idle_seconds)


def by_now(amqp_uri: str, stream: str, after: int | None = None) -> Iterator[Delivery]:
    """Yield what a stream holds by now behind an offset, however fast it grows meanwhile.

    :raises CannotRun: if the broker does not hand out all that it has.
    """
    end = _end(amqp_uri, stream)
    if end is None or end == after:
        return
    with StreamReader(amqp_uri, place="first", after=after, stream=stream) as reader:
        for delivery in reader.read(PATIENCE_SECONDS):
            yield delivery
            if (delivery.offset or 0) >= end:
                return
    raise CannotRun(f"{stream} is not handed out up to its end at {end}")


def _end(amqp_uri: str, stream: str) -> int | None:
    """Return the last offset of a stream, or None if it holds nothing."""
    with StreamReader(amqp_uri, place="last", stream=stream) as reader:
        first = next(reader.read(PATIENCE_SECONDS), None)
        if first is None:
            return None
        end, enough = first.offset or 0, time.monotonic() + IDLE_SECONDS
        for delivery in reader.read(IDLE_SECONDS):
            end = delivery.offset or 0
            if time.monotonic() > enough:  # it hands out whole chunks: by now the last is out
                break
        return end
