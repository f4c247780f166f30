"""Declare on a broker, and look without changing anything; each refusal costs a channel."""

from collections.abc import Callable

import pika
from pika import exceptions
from pika.adapters.blocking_connection import BlockingChannel

from chassis.topology.shapes import Binding, Exchange, Queue

NOT_FOUND = 404
ACCESS_REFUSED = 403
PRECONDITION_FAILED = 406


def version_of(connection: pika.BlockingConnection) -> str:
    """Return the broker's version."""
    properties = connection._impl.server_properties or {}  # noqa: SLF001 - pika tells it nowhere else
    found = properties.get("version", "0")
    return found.decode() if isinstance(found, bytes) else str(found)


def declare_exchange(channel: BlockingChannel, exchange: Exchange) -> None:
    """Create an exchange, or do nothing if it is there as wanted."""
    channel.exchange_declare(exchange.name, exchange.kind.value, durable=True)


def declare_queue(channel: BlockingChannel, queue: Queue, version: str) -> None:
    """Create a queue, or do nothing if it is there as wanted."""
    channel.queue_declare(queue.name, durable=True, arguments=queue.arguments_on(version))


def bind(channel: BlockingChannel, binding: Binding) -> None:
    """Create a binding, or do nothing if it is there."""
    if binding.to_exchange:
        channel.exchange_bind(binding.target, binding.source, binding.key)
    else:
        channel.queue_bind(binding.target, binding.source, binding.key)


def unbind(channel: BlockingChannel, binding: Binding) -> None:
    """Remove a binding, or do nothing if it is not there."""
    if binding.to_exchange:
        channel.exchange_unbind(binding.target, binding.source, binding.key)
    else:
        channel.queue_unbind(binding.target, binding.source, binding.key)


def refusal(
    connection: pika.BlockingConnection, task: Callable[[BlockingChannel], object]
) -> tuple[int, str] | None:
    """Try something on a channel of its own; return the broker's code and words if it refused."""
    channel = connection.channel()
    try:
        task(channel)
    except exceptions.ChannelClosedByBroker as closed:
        return closed.reply_code, closed.reply_text
    channel.close()
    return None


def queue_missing(connection: pika.BlockingConnection, name: str) -> str | None:
    """Say that a queue is missing; None if it is there."""
    refused = refusal(connection, lambda channel: channel.queue_declare(name, passive=True))
    return f"Queue {name} is missing." if refused else None


def exchange_missing(connection: pika.BlockingConnection, name: str) -> str | None:
    """Say that an exchange is missing; None if it is there."""
    refused = refusal(connection, lambda channel: channel.exchange_declare(name, passive=True))
    return f"Exchange {name} is missing." if refused else None


def queue_problem(connection: pika.BlockingConnection, queue: Queue, version: str) -> str | None:
    """Say what is wrong with a queue, without creating it; None if nothing is.

    Its arguments are compared only where this user may configure it.
    """
    name = queue.name
    missing = queue_missing(connection, name)
    if missing:
        return missing
    refused = refusal(connection, lambda channel: declare_queue(channel, queue, version))
    if refused is not None and refused[0] == PRECONDITION_FAILED:
        return f"Queue {name} has other arguments: {_short(refused[1])}."
    return None


def exchange_problem(connection: pika.BlockingConnection, exchange: Exchange) -> str | None:
    """Say what is wrong with an exchange, without creating it; None if nothing is."""
    name = exchange.name
    missing = exchange_missing(connection, name)
    if missing:
        return missing
    refused = refusal(connection, lambda channel: declare_exchange(channel, exchange))
    if refused is not None and refused[0] == PRECONDITION_FAILED:
        return f"Exchange {name} is of another kind: {_short(refused[1])}."
    return None


def _short(text: str) -> str:
    return text.removeprefix("PRECONDITION_FAILED - ").rstrip(".")
