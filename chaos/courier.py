"""Whoever has a user's password: sends what its rights allow, however wrong that is."""

import json
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import pika
from pika.adapters.blocking_connection import BlockingChannel

from chassis.envelope import CONTENT_TYPE, encode
from chassis.plain.connection import open_connection
from chassis.plain.delivery import Delivery
from chassis.topology.names import RPC_EXCHANGE, reply_queue
from deploy.local.machine import CannotRun

ANSWER_SECONDS = 20.0
PAUSE_SECONDS = 0.02
PERSISTENT = 2


class Courier:
    """One confirmed channel of one user."""

    def __init__(self, user: str, connection: pika.BlockingConnection) -> None:
        self.connection = connection
        self.channel: BlockingChannel = connection.channel()
        self.channel.confirm_delivery()
        self._reply_to = reply_queue(user, uuid.uuid4().hex)

    def send(self, exchange: str, key: str, body: object, **properties: Any) -> None:
        """Publish a body, bytes as they are and anything else as JSON, and have it confirmed."""
        known = {"content_type": CONTENT_TYPE, "delivery_mode": PERSISTENT} | properties
        raw = body if isinstance(body, bytes) else encode(body)
        self.channel.basic_publish(exchange, key, raw, pika.BasicProperties(**known))

    def pass_on(self, delivery: Delivery) -> None:
        """Publish a message once more as it was, where it came from."""
        known = delivery.properties
        headers = {name: said for name, said in delivery.headers.items() if name[:2] != "x-"}
        told = {
            name: getattr(known, name)
            for name in ("content_type", "content_encoding", "message_id", "type", "app_id")
        }
        self.send(
            delivery.exchange, delivery.routing_key, delivery.body,
            headers=headers, timestamp=known.timestamp, **told,
        )  # fmt: skip

    def listen(self) -> None:
        """Have a queue for answers."""
        self.channel.queue_declare(self._reply_to, exclusive=True, auto_delete=True)
        self.channel.queue_bind(self._reply_to, RPC_EXCHANGE, self._reply_to)

    def ask(self, method: str, body: object, **properties: Any) -> dict[str, Any]:
        """Send a request and return the whole answer.

        :raises CannotRun: if nobody answers.
        """
        id_ = str(uuid.uuid4())
        known = {"reply_to": self._reply_to, "correlation_id": id_, "delivery_mode": 1}
        self.send(RPC_EXCHANGE, method, body, **(known | properties))
        deadline = time.monotonic() + ANSWER_SECONDS
        while time.monotonic() < deadline:
            answered, found, said = self.channel.basic_get(self._reply_to, auto_ack=True)
            if answered is not None and found is not None and found.correlation_id == id_:
                return cast(dict[str, Any], json.loads(said or b"null"))
            self.connection.process_data_events(PAUSE_SECONDS)
        raise CannotRun(f"nobody answered {method}")


@contextmanager
def courier(user: str, amqp_uri: str) -> Iterator[Courier]:
    """Connect as a user for a while."""
    connection = open_connection(amqp_uri, name=f"chaos {user}")
    try:
        yield Courier(user, connection)
    finally:
        if connection.is_open:
            connection.close()


def request(**kwargs: Any) -> dict[str, Any]:
    """Write the body of a request as nameko does."""
    return {"args": [], "kwargs": kwargs}
