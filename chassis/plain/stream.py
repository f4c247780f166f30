"""Read the log (a RabbitMQ stream): from any place, in order, with gaps noticed."""

from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from time import monotonic
from types import TracebackType
from typing import Self

import pika
from pika import spec
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import ChannelClosedByBroker

from chassis.clock import real_now
from chassis.errors import Unavailable
from chassis.plain.connection import LOST, PATIENCE_SECONDS, open_connection, refused
from chassis.plain.delivery import Delivery
from chassis.topology.names import LOG_STREAM

PREFETCH = 500  # a stream demands one
IDLE_SECONDS = 0.5
CLOSE_SECONDS = 5.0
PROBE_SECONDS = 15.0  # how long the log may take to show what was read last
# By how much the broker's clock may be behind ours: some messages too many rather than one too few.
CLOCKS_DIFFER = timedelta(seconds=5)
# The broker begins a segment with an entry of its own, which takes an offset and is never delivered
# (seen on every roll of 3.10). Retention takes whole segments, so what it takes leaves a wider hole.
OWN_ENTRY = 1
Place = int | datetime | str  # an offset, an instant, or "first", "last", "next"


class GapDetected(Unavailable):
    """Say that what was to come next is not in the log: build anew from a snapshot."""

    code = "log.gap"

    def __init__(self, expected: int, found: int | None) -> None:
        place = "ends before that" if found is None else f"goes on at {found}"
        super().__init__(
            f"Offset {expected} was to come next, but the log {place}.",
            detail={"expected": expected, "found": found},
        )


class LogReplaced(Unavailable):
    """Say that another message stands where the last one was read: the log was made anew."""

    code = "log.replaced"

    def __init__(self, offset: int) -> None:
        super().__init__(
            f"Another message than before stands at offset {offset}.", detail={"offset": offset}
        )


class StreamReader:
    """Read the log from a place on; after a lost connection it goes on where it was.

    ``after`` is the last offset that was applied: reading resumes behind it. GapDetected is raised
    if retention has removed what follows, or the log was made anew and is shorter: the broker passes
    over the first in silence, and in the second case waits for ever. ``knows`` says whether the
    message at ``after`` is the one that was applied; on every later connection the reader tells by
    itself. If it is another one, LogReplaced is raised. A connection that is lost while it waits for
    what comes ``next`` may bring some messages told shortly before.
    """

    def __init__(  # noqa: PLR0913 - each keyword is one choice of whoever reads
        self,
        amqp_uri: str,
        *,
        place: Place = "next",
        after: int | None = None,
        knows: Callable[[Delivery], bool] | None = None,
        stream: str = LOG_STREAM,
        prefetch: int = PREFETCH,
    ) -> None:
        self._amqp_uri, self._stream, self._prefetch = amqp_uri, stream, prefetch
        self._place: Place = place
        self._expected = None if after is None else after + 1
        self._arrived: deque[tuple[int, Delivery]] = deque()  # (delivery tag, message)
        self._done = 0  # the last delivery tag that was handed out and not yet acknowledged
        self._seen = False  # anything, since the connection was opened
        self._knows = knows
        self._last: Delivery | None = None  # that was handed out
        self._replaced = False
        self._cancelled = False
        self._connection: pika.BlockingConnection | None = None
        self._channel: BlockingChannel | None = None

    def read(self, idle_seconds: float | None = None) -> Iterator[Delivery]:
        """Yield messages in order; end when none came for ``idle_seconds``, if that is given.

        Only waiting on an open connection counts: one that must be made first has told nothing yet.

        :raises GapDetected: if an offset is missing.
        :raises LogReplaced: if the log is not the one that was read before.
        :raises Unavailable: if the broker stays away or the stream was deleted.
        :raises Refused: if there is no such stream or this user may not read it.
        """
        waited = 0.0
        while idle_seconds is None or waited < idle_seconds:
            try:
                waited += self._receive(
                    IDLE_SECONDS if idle_seconds is None else min(idle_seconds, IDLE_SECONDS)
                )
            except LOST:
                self.close()
                continue
            except ChannelClosedByBroker as closed:
                raise refused(closed) from closed
            while self._arrived:
                tag, delivery = self._arrived.popleft()
                self._check(delivery)
                self._last = delivery
                yield delivery
                self._done = tag
                waited = 0.0

    def close(self) -> None:
        """Close the connection, nothing else: a stream refuses the nacks of an orderly cancel."""
        connection, self._connection, self._channel = self._connection, None, None
        if connection is not None and connection.is_open:
            try:
                connection._impl.close()  # noqa: SLF001 - BlockingConnection.close() cancels first
                give_up = monotonic() + CLOSE_SECONDS
                while not connection.is_closed and monotonic() < give_up:
                    connection.process_data_events(IDLE_SECONDS)
            except LOST:
                pass  # it went by itself
        self._arrived.clear()
        self._done = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _receive(self, seconds: float) -> float:
        """Wait for messages; return for how long."""
        if self._cancelled:
            raise Unavailable(f"The stream {self._stream} was deleted.", code="log.deleted")
        connection = self._connection or self._open()
        if self._channel is not None and self._done:
            # Once for all that arrived together: 2.5 times as fast as one by one. It is only credit
            # for more; the reader keeps its own place.
            self._channel.basic_ack(self._done, multiple=True)
            self._done = 0
        return _wait(connection, seconds)

    def _open(self) -> pika.BlockingConnection:
        connection = open_connection(
            self._amqp_uri, name=f"reader {self._stream}", patience_seconds=PATIENCE_SECONDS
        )
        self._connection, self._channel = connection, connection.channel()
        self._channel.basic_qos(prefetch_count=self._prefetch)
        self._channel.add_on_cancel_callback(self._on_cancelled)
        # What was read last must be there still; it is asked for again to see that.
        place = self._expected - 1 if self._expected else self._place
        self._seen = not self._expected
        self._channel.basic_consume(
            self._stream, self._on_message, arguments={"x-stream-offset": place}
        )
        if self._place == "next":  # now, also for a connection after this one
            self._place = real_now() - CLOCKS_DIFFER
        waited = 0.0
        while not self._seen:
            if waited > PROBE_SECONDS:
                raise GapDetected(int(self._expected or 0), None)
            waited += _wait(connection, IDLE_SECONDS)
        if self._replaced:
            raise LogReplaced(int(self._expected or 0) - 1)
        return connection

    def _on_message(
        self,
        _: BlockingChannel,
        method: spec.Basic.Deliver,
        properties: pika.BasicProperties,
        body: bytes,
    ) -> None:
        offset = int((properties.headers or {})["x-stream-offset"])
        self._seen = True
        delivery = Delivery(
            str(method.exchange), str(method.routing_key), body, properties, offset=offset
        )
        if self._expected is not None and offset == self._expected - 1 and not self._arrived:
            self._replaced = not self._recognises(delivery)
            return
        self._arrived.append((int(method.delivery_tag or 0), delivery))

    def _recognises(self, delivery: Delivery) -> bool:
        if self._last is None:
            return self._knows is None or self._knows(delivery)
        before = (self._last.message_id, self._last.body)
        return (delivery.message_id, delivery.body) == before

    def _on_cancelled(self, _: object) -> None:
        self._cancelled = True

    def _check(self, delivery: Delivery) -> None:
        offset = int(delivery.offset or 0)
        if self._expected is not None and offset not in {
            self._expected,
            self._expected + OWN_ENTRY,
        }:
            raise GapDetected(self._expected, offset)
        self._expected = offset + 1


def _wait(connection: pika.BlockingConnection, seconds: float) -> float:
    began = monotonic()
    connection.process_data_events(seconds)
    return monotonic() - began
