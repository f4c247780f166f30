"""Messages of a handler that are held back for a while, and delivered later in an order of ours."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import pika
from pika.adapters.blocking_connection import BlockingChannel

from chassis.plain import parked as header
from chassis.plain.connection import open_connection
from chassis.topology.declare import bind, unbind
from chassis.topology.names import redeliver_exchange
from chassis.topology.shapes import Binding, Topology

Held = tuple[str, str, pika.BasicProperties, bytes]  # exchange, routing key, the message itself
Order = Callable[[list[Held]], Sequence[Held]]
_QUORUM = {"x-queue-type": "quorum"}


@dataclass(frozen=True, slots=True)
class Holding:
    """A handler's queue, and what is bound to it."""

    queue: str
    bindings: tuple[Binding, ...]

    @property
    def aside(self) -> str:
        """Name the queue in which its messages wait."""
        return f"chaos.held.{self.queue}"

    @property
    def service(self) -> str:
        """Name whose handler it is."""
        return self.queue.partition(".")[0]


def holdings(topology: Topology, service: str) -> list[Holding]:
    """List the handler queues of a service with what they hear."""
    found: dict[str, list[Binding]] = {}
    for one in topology.bindings:
        own = one.source == redeliver_exchange(service)
        if one.target.startswith(f"{service}.") and not one.to_exchange and own:
            found.setdefault(one.target, [])
    for one in topology.bindings:
        if one.target in found and one.source != redeliver_exchange(service):
            found[one.target].append(one)
    return [Holding(queue, tuple(bound)) for queue, bound in sorted(found.items())]


@contextmanager
def held_back(amqp_uri: str, held: Sequence[Holding], order: Order) -> Iterator[None]:
    """Lead everything past some handlers for a while; then deliver it in the given order.

    What comes at the turn of either end is there twice, with one id; nothing is ever nowhere.
    """
    with _channel(amqp_uri) as channel:
        for one in held:
            channel.queue_declare(one.aside, durable=True, arguments=_QUORUM)
            for bound in one.bindings:
                bind(channel, Binding(bound.source, one.aside, bound.key))
                unbind(channel, bound)
    try:
        yield
    finally:
        with _channel(amqp_uri) as channel:
            for one in held:
                for bound in one.bindings:
                    bind(channel, bound)
                    unbind(channel, Binding(bound.source, one.aside, bound.key))
                move(channel, one.aside, one, order)
                channel.queue_delete(one.aside)


def move(
    channel: BlockingChannel, source: str, holding: Holding, order: Order, *, back: bool = True
) -> int:
    """Move all messages of a queue back to a handler's queue, or aside; return how many."""
    messages, last = [], 0
    while True:
        method, properties, body = channel.basic_get(source)
        if method is None or properties is None or body is None:
            break
        messages.append((str(method.exchange), str(method.routing_key), properties, body))
        last = int(method.delivery_tag or 0)
    exchange = redeliver_exchange(holding.service) if back else ""
    for came_by, key, properties, body in order(messages):
        first = {header.FIRST_EXCHANGE: came_by, header.FIRST_ROUTING_KEY: key}
        # What was moved aside before says itself where it first came from.
        properties.headers = first | (properties.headers or {})
        channel.basic_publish(exchange, holding.queue if back else holding.aside, body, properties)
    if last:
        channel.basic_ack(last, multiple=True)
    return len(messages)


@contextmanager
def _channel(amqp_uri: str) -> Iterator[BlockingChannel]:
    connection = open_connection(amqp_uri, name="chaos holding")
    try:
        channel = connection.channel()
        channel.confirm_delivery()
        yield channel
    finally:
        if connection.is_open:
            connection.close()
