"""Publish with a sliding window of confirms: fast, ordered, and nothing is lost silently."""

import threading
import time
from collections import deque
from dataclasses import dataclass, field
from itertools import takewhile
from types import TracebackType
from typing import Self

import pika
from pika import spec
from pika.channel import Channel

from chassis.errors import Problem, Unavailable
from chassis.plain.connection import PATIENCE_SECONDS
from chassis.plain.link import Link

WINDOW = 500  # messages on their way; beyond that publish() waits for confirms
PUBLISH_TIMEOUT_SECONDS = 10.0
FLUSH_TIMEOUT_SECONDS = 30.0


@dataclass(slots=True, eq=False)
class Message:
    """One message that was handed over for publishing."""

    exchange: str
    key: str
    body: bytes
    properties: pika.BasicProperties
    returned: str = field(default="", repr=False)  # why the broker could not route it


@dataclass(frozen=True, slots=True)
class Failure:
    """One message that the broker has not taken, or not confirmed, and why."""

    message: Message
    reason: str


class PublishFailed(Unavailable):
    """Say which messages were not confirmed; to publish them again is safe, keep their ids."""

    code = "broker.publish_failed"

    def __init__(self, failures: list[Failure], *, code: str | None = None) -> None:
        first = failures[0]
        super().__init__(
            f"{len(failures)} messages were not confirmed; the first, to "
            f"{first.message.exchange} with key {first.message.key}: {first.reason}.",
            code=code,
            detail={"count": len(failures), "reason": first.reason},
        )
        self.failures = tuple(failures)


class Publisher:
    """Publish messages in order; after a lost connection the unconfirmed ones go again by themselves.

    So a message may arrive twice (with the same id) but is never dropped: what cannot be published
    comes back as PublishFailed from ``flush`` or ``close``.
    """

    def __init__(self, amqp_uri: str, *, name: str = "publisher", window: int = WINDOW) -> None:
        self._link = Link(
            amqp_uri, name=name, opened=self._open, lost=self._on_lost, unblocked=self._pump
        )
        self._window = window
        self._changed = threading.Condition()
        self._waiting: deque[Message] = deque()
        self._unconfirmed: dict[int, Message] = {}  # by delivery tag, ascending
        self._failures: list[Failure] = []
        self._channel: Channel | None = None
        self._tag = 0
        self._pumping = False

    def start(self, patience_seconds: float = PATIENCE_SECONDS) -> Self:
        """Connect.

        :raises Unavailable: if the broker does not answer in time.
        :raises Forbidden: if the broker does not let this user in.
        """
        self._link.start(patience_seconds)
        return self

    def publish(
        self, exchange: str, key: str, body: bytes, properties: pika.BasicProperties | None = None
    ) -> None:
        """Hand a message over; wait only while the window is full.

        :raises Unavailable: if the broker is blocked by an alarm, or no confirm comes in time.
        :raises PublishFailed: if a whole window of messages has failed already.
        """
        given = properties or pika.BasicProperties(delivery_mode=2)
        give_up = time.monotonic() + PUBLISH_TIMEOUT_SECONDS
        with self._changed:
            while self._in_flight() >= self._window or self._link.blocked:
                self._raise_blocked()
                if not self._changed.wait(give_up - time.monotonic()):
                    raise self._late()
            if len(self._failures) >= self._window:
                self._raise_failures()
            self._waiting.append(Message(exchange, key, body, given))
            wake, self._pumping = not self._pumping, True
        if wake:
            self._link.call(self._pump)

    def flush(self, timeout_seconds: float = FLUSH_TIMEOUT_SECONDS) -> None:
        """Wait until every message is confirmed.

        :raises PublishFailed: if any was returned, refused, or not confirmed in time.
        """
        give_up = time.monotonic() + timeout_seconds
        with self._changed:
            while self._in_flight() and not self._link.blocked:
                if not self._changed.wait(max(0.0, give_up - time.monotonic())):
                    break
            if self._in_flight():
                blocked = self._link.blocked
                self._give_back(blocked.message.rstrip(".") if blocked else "no confirm in time")
            if self._failures:
                self._raise_failures()

    def close(self, timeout_seconds: float = FLUSH_TIMEOUT_SECONDS) -> None:
        """Flush and close the connection.

        :raises PublishFailed: as ``flush`` does.
        """
        try:
            self.flush(timeout_seconds)
        finally:
            self._link.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _in_flight(self) -> int:
        return len(self._waiting) + len(self._unconfirmed)

    def _raise_blocked(self) -> None:
        if self._link.blocked:
            raise Unavailable(
                self._link.blocked.message, code="broker.blocked", detail=self._link.blocked.detail
            )

    def _late(self) -> Unavailable:
        reason = self._link.problem.message if self._link.problem else "the broker is slow."
        return Unavailable(f"No confirm came in time: {reason}", code="broker.confirm_late")

    def _raise_failures(self) -> None:
        failures, self._failures = self._failures, []
        raise PublishFailed(failures, code="broker.blocked" if self._link.blocked else None)

    def _give_back(self, reason: str) -> None:
        lost = [*self._unconfirmed.values(), *self._waiting]
        self._unconfirmed.clear()
        self._waiting.clear()
        self._failures += [Failure(message, message.returned or reason) for message in lost]

    # From here on: the link's thread.

    def _open(self, connection: pika.SelectConnection) -> None:
        connection.channel(on_open_callback=self._on_channel)

    def _on_channel(self, channel: Channel) -> None:
        self._channel = channel
        channel.add_on_close_callback(self._on_channel_closed)
        channel.add_on_return_callback(self._on_returned)
        channel.confirm_delivery(self._on_confirm, callback=lambda _: self._resume())

    def _resume(self) -> None:
        with self._changed:
            self._waiting.extendleft(reversed(self._unconfirmed.values()))
            self._unconfirmed.clear()
            self._tag = 0
        self._link.ready()
        self._pump()

    def _pump(self) -> None:
        channel = self._channel
        with self._changed:
            self._pumping = False
            if channel is None or not channel.is_open or self._link.blocked:
                return
            batch = list(self._waiting)
            self._waiting.clear()
            for message in batch:
                self._tag += 1
                self._unconfirmed[self._tag] = message
        for message in batch:
            if channel.is_open:
                channel.basic_publish(
                    message.exchange, message.key, message.body, message.properties, mandatory=True
                )

    def _on_confirm(self, frame: pika.frame.Method[spec.Basic.Ack | spec.Basic.Nack]) -> None:
        tag, nacked = frame.method.delivery_tag, isinstance(frame.method, spec.Basic.Nack)
        with self._changed:
            before = self._in_flight()
            tags = [tag]
            if frame.method.multiple:
                tags = list(takewhile(lambda known: known <= tag, self._unconfirmed))
            for one in tags:
                message = self._unconfirmed.pop(one, None)
                if message is not None and (nacked or message.returned):
                    reason = message.returned or "the broker refused it (nack)"
                    self._failures.append(Failure(message, reason))
            after = self._in_flight()
            # Whoever waits does so for room or for the last confirm; to be woken by each costs more
            # of the processor than the confirm.
            if after == 0 or after < self._window <= before:
                self._changed.notify_all()

    def _on_returned(
        self,
        _: Channel,
        method: spec.Basic.Return,
        properties: pika.BasicProperties,
        body: bytes,
    ) -> None:
        # A return carries no delivery tag; it comes before the confirm of the same message.
        with self._changed:
            for message in self._unconfirmed.values():
                same = message.key == method.routing_key and message.exchange == method.exchange
                same = same and message.properties.message_id == properties.message_id
                if same and not message.returned and message.body == body:
                    message.returned = f"no queue is bound for it ({method.reply_text})"
                    return

    def _on_channel_closed(self, channel: Channel, error: BaseException) -> None:
        self._channel = None
        connection = channel.connection
        text = str(getattr(error, "reply_text", ""))
        if not connection.is_open or not text:
            return
        with self._changed:
            self._blame(text)
            self._changed.notify_all()
        self._open(connection)  # the others go again, in their order

    def _blame(self, text: str) -> None:
        guilty = {
            tag: message
            for tag, message in self._unconfirmed.items()
            if f"exchange '{message.exchange}'" in text
            and ("topic '" not in text or f"topic '{message.key}'" in text)
        }
        # Not to know which one it was and to send all again would close the channel for ever.
        for tag, message in (guilty or dict(self._unconfirmed)).items():
            del self._unconfirmed[tag]
            self._failures.append(Failure(message, text))

    def _on_lost(self, problem: Problem) -> None:
        with self._changed:
            if problem is not self._link.blocked:
                self._channel = None
            self._changed.notify_all()
