"""Plain connections to the broker, for floors and for filling queues."""

import time
from collections.abc import Iterable
from typing import Any, TypeAlias

import amqp
from kombu.utils.url import parse_url

Message: TypeAlias = tuple[str, str, Any]  # exchange, routing key, amqp.Message
SETTLE_SECONDS = 0.01
PATIENCE_SECONDS = 60.0


def entrypoint(method: Any, extension: Any) -> None:
    """Mark a method as nameko's own decorators do."""
    method.nameko_entrypoints = {extension}


def connected(uri: str, **options: object) -> Any:
    """Connect to the broker."""
    where = parse_url(uri)
    connection = amqp.Connection(
        host=f"{where['hostname']}:{where['port']}",
        userid=where["userid"],
        password=where["password"],
        virtual_host=where["virtual_host"] or "/",
        **options,
    )
    connection.connect()
    return connection


def fill(uri: str, queue: str, messages: Iterable[Message]) -> None:
    """Put messages where they are routed, and wait until a queue that was empty has all of them.

    :raises TimeoutError: if it does not get them.
    """
    connection = connected(uri)
    channel = connection.channel()
    channel.queue_purge(queue)
    count = 0
    for exchange, key, message in messages:
        channel.basic_publish(message, exchange, key)
        count += 1
    until = time.monotonic() + PATIENCE_SECONDS
    while channel.queue_declare(queue, passive=True).message_count < count:
        if time.monotonic() > until:
            raise TimeoutError(f"{queue} did not get {count} messages")
        time.sleep(SETTLE_SECONDS)
    connection.close()


def purge(uri: str, *queues: str) -> None:
    """Empty queues."""
    connection = connected(uri)
    channel = connection.channel()
    for queue in queues:
        channel.queue_purge(queue)
    connection.close()
