"""Consume queues: one lane each, drained on stop, reconnected for ever, checked at the start."""

import struct
import time
from collections import deque
from typing import Any, Protocol

import amqp
import eventlet
from amqp.exceptions import AccessRefused, AMQPError, NotFound, PreconditionFailed
from amqp.spec import Basic
from eventlet.event import Event
from nameko import messaging
from nameko.exceptions import ContainerBeingKilled
from nameko.extensions import ProviderCollector

from chassis.broker import HEARTBEAT_SECONDS, Link, raw_channel, short, write_method
from chassis.frames import Connection, Message
from chassis.logs import get_logger

START_SECONDS = 10.0  # to wait for the broker before saying that it is away
NO_WAIT = b"\1"
_TAG_AND_BIT = struct.Struct(">QB")

log = get_logger(__name__)


class TopologyMismatch(Exception):
    """Say which queue is missing or is not what this code expects; the process should end."""


class Source(Protocol):
    """What consumes one queue."""

    queue_name: str
    prefetch: int  # how many messages the broker hands over before the first is acknowledged
    concurrency: int  # how many of them are worked on at a time

    def verify(self, channel: amqp.Channel) -> None:
        """Check the queue, once.

        :raises TopologyMismatch: if it is missing or different.
        """

    def handle_message(self, message: Message) -> None:
        """Begin the work on a message without waiting for anything; ``release`` follows."""


class Lane:
    """The messages of one queue: so many at work, the rest waiting, none started when draining."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.draining = False
        self._busy = 0
        self._waiting: deque[Message] = deque()
        self._channel: amqp.Channel | None = None
        self._tag = ""

    def open(self, channel: amqp.Channel) -> None:
        """Begin to consume on a fresh channel."""
        self._waiting.clear()  # they belonged to the connection before and will come again
        self._channel = channel
        channel.basic_qos(0, self.source.prefetch, False)
        self._tag = channel.basic_consume(self.source.queue_name, callback=self._deliver)

    def drain(self) -> None:
        """Cancel the consumer, then give back what has not been started."""
        self.draining = True
        channel, self._channel = self._channel, None
        if channel is not None:
            safely(channel, Basic.Cancel, short(self._tag) + NO_WAIT)
        while self._waiting:
            give_back(self._waiting.popleft())

    def release(self) -> None:
        """Take up the next message in the place of one that is done."""
        if self._waiting:
            self._begin(self._waiting.popleft())
        else:
            self._busy -= 1

    def _deliver(self, message: Message) -> None:
        message.arrived = time.monotonic()
        if self.draining:
            give_back(message)
        elif self._busy < self.source.concurrency:
            self._busy += 1
            self._begin(message)
        else:
            self._waiting.append(message)

    def _begin(self, message: Message) -> None:
        try:
            self.source.handle_message(message)
        except ContainerBeingKilled:
            log.debug("not started, the container is being killed")


class QueueConsumer(messaging.QueueConsumer):  # type: ignore[misc]  # nameko has no types
    """nameko's shared consumer on a connection that neither hangs nor drops what it cannot read.

    Everything of kombu's loop is replaced: it decodes before we may look, closes before the last
    acknowledgement, waits for ever on a dead line, and starves a fast handler for a slow one.
    """

    def __init__(self) -> None:
        super().__init__()
        self._lanes: dict[Source, Lane] = {}
        self._verified = False
        self.mismatch: TopologyMismatch | None = None
        self._link = _Consuming(self)
        self._started = Event()

    @property
    def connected(self) -> bool:
        """Whether messages can arrive: what readiness asks."""
        return self._link.connected

    def register_provider(self, provider: Source) -> None:
        """Add a source; it is consumed when the container starts."""
        self._lanes[provider] = Lane(provider)
        super().register_provider(provider)

    def start(self) -> None:
        """Consume; return when the first connection stands, or without it if the broker is away.

        A mismatch is kept for the container to raise: here eventlet would print its traceback.
        """
        config = self.container.config
        self._link.aim(
            self.amqp_uri,
            f"{self.container.service_name} consumes",
            heartbeat=config.get("HEARTBEAT", HEARTBEAT_SECONDS),
        )
        self._gt = self.container.spawn_managed_thread(self._run, identifier="queue consumer")
        if not self._started.wait(timeout=START_SECONDS):
            log.error("broker is not reachable, still trying", seconds=START_SECONDS)

    def stop(self) -> None:
        """Close the connection: the workers have ended and their acknowledgements are written."""
        self.hear_ready()  # a start that still waits for the broker is over
        self.wait_for_providers()
        self._link.stop()

    def kill(self) -> None:
        """Close the connection at once; what was not acknowledged goes to others."""
        self.hear_ready()
        self._link.stop()

    def unregister_provider(self, provider: Source) -> None:
        """Stop consuming a source while the connection stays for what is under way."""
        if provider in self._lanes:
            self._lanes[provider].drain()
        ProviderCollector.unregister_provider(self, provider)

    def lane(self, source: Source) -> Lane:
        """Return the lane of a source."""
        return self._lanes[source]

    def ack_message(self, message: Message) -> None:
        """Acknowledge; on a dying connection the message simply comes again."""
        safely(message.channel, Basic.Ack, _TAG_AND_BIT.pack(message.delivery_tag, False))

    def requeue_message(self, message: Message) -> None:
        """Give a message back to its queue."""
        give_back(message)

    def _run(self) -> None:
        try:
            self._link.run()
        except TopologyMismatch as mismatch:
            if self._started.ready():
                raise
            self.mismatch = mismatch
            self._started.send(True)

    def open_lanes(self, connection: Connection) -> None:
        """Check and consume every queue, each on a channel of its own."""
        lanes = [lane for lane in self._lanes.values() if not lane.draining]
        if not self._verified:
            channel = raw_channel(connection)
            for lane in lanes:
                lane.source.verify(channel)
            channel.close()
            self._verified = True
        for lane in lanes:
            lane.open(raw_channel(connection))

    def hear_ready(self) -> None:
        """Let ``start`` return."""
        if not self._started.ready():
            self._started.send(True)


class _Consuming(Link):
    """The connection of a QueueConsumer."""

    def __init__(self, owner: QueueConsumer) -> None:
        super().__init__()
        self._owner = owner

    def _ready(self, connection: Connection) -> None:
        self._owner.open_lanes(connection)
        eventlet.spawn_n(self._owner.hear_ready)


def give_back(message: Message) -> None:
    """Return a message to its queue, if its connection still stands."""
    safely(message.channel, Basic.Reject, _TAG_AND_BIT.pack(message.delivery_tag, True))


def safely(channel: amqp.Channel, method: tuple[int, int], arguments: bytes) -> None:
    """Send a method whose loss does no harm: the broker takes everything back with the connection."""
    try:
        write_method(channel, method, arguments)
    except (AMQPError, OSError) as gone:
        # nameko lets the OSError of a dying socket kill the process, and all other work with it.
        log.info("connection went before an acknowledgement", reason=str(gone))


def check_queue(channel: amqp.Channel, queue: str, arguments: dict[str, Any] | None) -> None:
    """Compare a queue with what we expect of it.

    :raises TopologyMismatch: if it is missing, different or not ours.
    """
    try:
        # Passively first: declaring would create what is missing, and hide the fault.
        channel.queue_declare(queue, passive=True)
        if arguments is not None:
            channel.queue_declare(queue, durable=True, auto_delete=False, arguments=arguments)
    except NotFound as missing:
        raise TopologyMismatch(
            f"The queue {queue} does not exist: apply the topology before starting."
        ) from missing
    except PreconditionFailed as different:
        raise TopologyMismatch(
            f"The queue {queue} has other arguments than this version expects: "
            f"{different.reply_text}"
        ) from different
    except AccessRefused as refused:
        raise TopologyMismatch(
            f"The broker refuses us the queue {queue}: {refused.reply_text}"
        ) from refused
