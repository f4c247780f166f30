"""Parked messages: list, show, replay and drop them without ever losing one."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from pika import exceptions
from pika.adapters.blocking_connection import BlockingChannel

from chassis.errors import NotFound
from chassis.plain import parked as header
from chassis.plain.connection import open_connection, refused
from chassis.plain.delivery import Delivery
from chassis.topology.names import parked_queue, redeliver_exchange

MAX_SCAN = 10_000  # how many parked messages one command looks at
REF_LENGTH = 12
# How it first came must survive: a partner's message names its kind nowhere else.
KEPT = frozenset({header.FIRST_EXCHANGE, header.FIRST_ROUTING_KEY})
# What the broker says of a message that it parked itself, in place of a sentence of ours.
_BROKER_REASONS = {
    "delivery_limit": "It was delivered too often without an answer: its handler kills the process.",
    "rejected": "It was rejected without a reason.",
    "expired": "It expired.",
    "maxlen": "Its queue was full.",
}


@dataclass(frozen=True, slots=True)
class Parked:
    """One parked message; ``ref`` names it in commands, ``handler`` is its handler's queue."""

    ref: str
    message_id: str
    type: str
    handler: str
    reason_code: str
    reason: str
    attempts: int
    parked_at: str
    exchange: str  # how it first came
    routing_key: str
    delivery: Delivery

    @property
    def replayable(self) -> bool:
        """Say whether it is known where it should go."""
        return bool(self.handler)


@dataclass(frozen=True, slots=True)
class Choice:
    """Which parked messages are meant; what is left empty does not restrict."""

    refs: frozenset[str] = frozenset()  # refs or message ids
    handler: str = ""
    reason_code: str = ""

    def takes(self, message: Parked) -> bool:
        """Say whether a message is meant."""
        named = not self.refs or message.ref in self.refs or message.message_id in self.refs
        handled = not self.handler or message.handler == self.handler
        return named and handled and self.reason_code in {"", message.reason_code}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one message that was to be replayed."""

    message: Parked
    replayed: bool
    why_not: str = ""


EVERYTHING = Choice()


def list_parked(amqp_uri: str, service: str, choice: Choice = EVERYTHING) -> list[Parked]:
    """Return the parked messages of a service, oldest first; they stay where they are.

    :raises NotFound: if the service has no parked queue.
    """
    with _channel(amqp_uri, service) as channel:
        # Closing the connection gives all of them back, also if this process is killed.
        return [message for _, message in _scan(channel, service) if choice.takes(message)]


def show(amqp_uri: str, service: str, ref: str) -> Parked:
    """Return one parked message.

    :raises NotFound: if no parked message has this ref or message id.
    """
    found = list_parked(amqp_uri, service, Choice(refs=frozenset({ref})))
    if not found:
        raise NotFound(f"{service} has no parked message {ref}.", code="parked.unknown")
    return found[0]


def replay(
    amqp_uri: str, service: str, choice: Choice = EVERYTHING, *, to: str | None = None
) -> list[Outcome]:
    """Send parked messages back to their handlers' queues (or to another one, after a rename).

    Each is confirmed there before it leaves the parked queue: killed in between it is in both, with
    one id, and the handler's inbox absorbs the second.

    :raises NotFound: if the service has no parked queue.
    """
    outcomes = []
    with _channel(amqp_uri, service) as channel:
        channel.confirm_delivery()
        for tag, message in _scan(channel, service):
            if choice.takes(message):
                why_not = _resend(channel, service, message, queue=to or message.handler)
                outcomes.append(Outcome(message, not why_not, why_not))
                if not why_not:
                    channel.basic_ack(tag)
    return outcomes


def drop(
    amqp_uri: str, service: str, choice: Choice, *, keep: Callable[[Parked], None]
) -> list[Parked]:
    """Remove parked messages for good; each is first handed to ``keep``, which prints or stores it.

    :raises NotFound: if the service has no parked queue.
    """
    dropped = []
    with _channel(amqp_uri, service) as channel:
        for tag, message in _scan(channel, service):
            if choice.takes(message):
                keep(message)
                channel.basic_ack(tag)
                dropped.append(message)
    return dropped


def read_parked(delivery: Delivery) -> Parked:
    """Read what is known of a parked message, however little that is."""
    headers = delivery.headers
    death = _broker_parked(headers)
    handler = death.get("queue") or _text(headers, header.HANDLER)
    code = death.get("reason") or _text(headers, header.REASON_CODE) or "unknown"
    said = "" if death else _text(headers, header.REASON)
    known = delivery.message_id.encode(), handler.encode(), delivery.body
    return Parked(
        ref=hashlib.sha256(b"\x1f".join(known)).hexdigest()[:REF_LENGTH],
        message_id=delivery.message_id,
        type=_text(headers, "ce-type") or str(delivery.properties.type or ""),
        handler=handler,
        reason_code=code,
        reason=said or _BROKER_REASONS.get(code, "Nobody wrote down why."),
        attempts=_number(headers, header.ATTEMPT),
        parked_at=_text(headers, header.PARKED_AT),
        exchange=_text(headers, header.FIRST_EXCHANGE) or death.get("exchange", ""),
        routing_key=_text(headers, header.FIRST_ROUTING_KEY) or delivery.routing_key,
        delivery=delivery,
    )


@contextmanager
def _channel(amqp_uri: str, service: str) -> Iterator[BlockingChannel]:
    connection = open_connection(amqp_uri, name=f"parked {service}")
    try:
        yield connection.channel()
    except exceptions.ChannelClosedByBroker as closed:
        raise refused(closed) from closed
    finally:
        if connection.is_open:
            connection.close()


def _scan(channel: BlockingChannel, service: str) -> Iterator[tuple[int, Parked]]:
    queue = parked_queue(service)
    # Bounded by what was there at first: a replayed message that is parked again is not met again.
    present = channel.queue_declare(queue, passive=True).method.message_count
    for _ in range(min(present, MAX_SCAN)):
        method, properties, body = channel.basic_get(queue)
        if method is None or properties is None or body is None:
            return
        delivery = Delivery(
            method.exchange, method.routing_key, body, properties, method.redelivered
        )
        yield method.delivery_tag, read_parked(delivery)


def _resend(channel: BlockingChannel, service: str, message: Parked, *, queue: str) -> str:
    if not queue:
        return "It is not known which handler it was for; name one."
    headers = {
        name: value
        for name, value in message.delivery.headers.items()
        if not name.startswith("x-") or name in KEPT
    }
    headers |= {
        header.FIRST_EXCHANGE: message.exchange,
        header.FIRST_ROUTING_KEY: message.routing_key,
    }
    properties = header.onward(message.delivery.properties, headers)
    properties.delivery_mode = 2
    try:
        channel.basic_publish(
            redeliver_exchange(service), queue, message.delivery.body, properties, mandatory=True
        )
    except exceptions.UnroutableError:
        return f"There is no queue {queue}."
    except exceptions.NackError:
        return f"Queue {queue} did not take it."
    return ""


def _broker_parked(headers: Mapping[str, object]) -> dict[str, str]:
    """Return what the broker wrote when it parked the message itself; empty if a handler did."""
    deaths = headers.get("x-death")
    newest = deaths[0] if isinstance(deaths, list) and deaths else None
    # "expired" only tells that it waited in a tier.
    if not isinstance(newest, dict) or newest.get("reason") in {None, "expired"}:
        return {}
    return {name: str(newest.get(name, "")) for name in ("queue", "reason", "exchange")}


def _text(headers: Mapping[str, object], name: str) -> str:
    value = headers.get(name)
    return value if isinstance(value, str) else ""


def _number(headers: Mapping[str, object], name: str) -> int:
    value = headers.get(name)
    return value if isinstance(value, int) else 0
