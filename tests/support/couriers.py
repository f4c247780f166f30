"""Whoever sends a house whatever a broker user can send, and looks at where it ends."""

import contextlib
import json
import sqlite3
import uuid
from typing import Any

import pika
from sqlalchemy.engine import make_url

from chassis.envelope import encode
from deploy.local.house import House
from tests.support.waiting import eventually

JSON = "application/json"
SECONDS = 60.0  # a bound, not a measure: the machine may be busy


class Courier:
    """One connection as a user of the house, which may get anything wrong."""

    def __init__(self, house: House, user: str) -> None:
        self._connection = pika.BlockingConnection(pika.URLParameters(house.uri_of(user)))
        self.channel = self._connection.channel()
        self.channel.confirm_delivery()
        self.reply_to = f"reply.{user}.{uuid.uuid4()}"

    def send(self, exchange: str, key: str, body: object, **properties: Any) -> None:
        """Publish a body, bytes as they are and anything else as JSON, and have it confirmed."""
        known = pika.BasicProperties(**({"content_type": JSON, "delivery_mode": 2} | properties))
        self.channel.basic_publish(exchange, key, raw(body), known)

    def listen(self) -> None:
        """Have a queue for answers."""
        self.channel.queue_declare(self.reply_to, exclusive=True, auto_delete=True)
        self.channel.queue_bind(self.reply_to, "nameko-rpc", self.reply_to)

    def ask(self, method: str, body: object, **properties: Any) -> dict[str, Any]:
        """Send a request and return the whole answer."""
        id_ = str(uuid.uuid4())
        known = {"reply_to": self.reply_to, "correlation_id": id_, "delivery_mode": 1}
        self.send("nameko-rpc", method, body, **(known | properties))
        answered, found = self.take(self.reply_to)
        assert answered.correlation_id == id_
        answer: dict[str, Any] = json.loads(found)
        return answer

    def take(self, queue: str) -> tuple[pika.BasicProperties, bytes]:
        """Wait for a message and take it out of its queue."""

        def get() -> Any:
            method, properties, body = self.channel.basic_get(queue, auto_ack=True)
            return method and (properties, body)

        found: tuple[pika.BasicProperties, bytes] = eventually(
            get, seconds=SECONDS, because=f"something is in {queue}"
        )
        return found

    def depth(self, queue: str) -> int:
        """Count the messages that are ready in a queue."""
        return int(self.channel.queue_declare(queue, passive=True).method.message_count)

    def close(self) -> None:
        """Disconnect."""
        with contextlib.suppress(pika.exceptions.AMQPError):
            self._connection.close()


def raw(body: object) -> bytes:
    """Write a body as it goes over the wire."""
    return body if isinstance(body, bytes) else encode(body)


def request(**kwargs: Any) -> dict[str, Any]:
    """Write the body of a request as nameko does."""
    return {"args": [], "kwargs": kwargs}


def stored(house: House, service: str, *tables: str) -> dict[str, list[tuple[Any, ...]]]:
    """Return all rows of some tables of a service on SQLite."""
    file = make_url(house.places[service].database_url).database
    with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        return {
            table: connection.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall()
            for table in tables
        }
