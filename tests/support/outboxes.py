"""Events in an outbox, and a bare listener that notes what arrives."""

import contextlib
import json
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pika
import pytest
from sqlalchemy import func, insert, select

from chassis.database import Database
from chassis.envelope import Envelope, encode
from chassis.plain.stream import StreamReader
from chassis.tables import OUTBOX
from chassis.topology.names import LOG_STREAM
from deploy.local.broker import Broker
from tests.support.made import make_tables

EXCHANGE, QUEUE, TYPE = "sales.events", "listener.q1", "sales.test_thing.changed.v1"
SUBJECTS = 50
IDLE_SECONDS = 1.0


@pytest.fixture
def uri(broker: Broker) -> str:
    """A broker with a listener and a log."""
    make_listener(broker.amqp_uri)
    return broker.amqp_uri


def a_database(url: str) -> Database:
    """Open a database with the tables of the chassis."""
    database = Database(url)
    make_tables(database.engine)
    return database


def all_ids(count: int) -> set[str]:
    """Return the ids of that many events from the first on."""
    return {f"e{number}" for number in range(count)}


def depth(amqp_uri: str) -> int:
    """Count what waits in the queue."""
    with channel_of(amqp_uri) as channel:
        count: int = channel.queue_declare(QUEUE, passive=True).method.message_count
        return count


def commit_events(database: Database, start: int, count: int, body: str = "x") -> None:
    """Commit events of ``SUBJECTS`` aggregates in one transaction."""
    with database.begin() as session:
        session.execute(insert(OUTBOX), [event_row(n, body) for n in range(start, start + count)])


def event_row(number: int, body: str = "x") -> dict[str, object]:
    """Make the row of one event; its sequence ascends within its aggregate."""
    envelope = Envelope(
        id=f"e{number}", source="/crm/sales", type=TYPE, time="2024-05-01T10:00:00.000000Z",
        subject=f"s{number % SUBJECTS}", dataschema="", correlation_id="c", causation_id="c",
        sequence=number // SUBJECTS + 1,
    )  # fmt: skip
    return {
        "id": envelope.id, "exchange": EXCHANGE, "routing_key": TYPE, "recorded_at": time.time(),
        "headers": encode(envelope.headers()).decode(), "body": json.dumps({"n": number, "text": body}),
    }  # fmt: skip


def pending(database: Database) -> int:
    """Count what is in the outbox."""
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(OUTBOX)) or 0


@dataclass
class Heard:
    """What a listener has got."""

    ids: list[str] = field(default_factory=list)
    messages: list[tuple[pika.spec.Basic.Deliver, pika.BasicProperties, bytes]] = field(
        default_factory=list
    )

    def firsts_out_of_order(self) -> int:
        """Count aggregates' events that first arrived after a newer one."""
        newest: dict[str, int] = defaultdict(int)
        seen: set[str] = set()
        wrong = 0
        for _, properties, _ in self.messages:
            envelope = Envelope.of(properties.headers)
            if envelope.id not in seen:
                seen.add(envelope.id)
                wrong += envelope.sequence < newest[envelope.subject]
                newest[envelope.subject] = max(newest[envelope.subject], envelope.sequence)
        return wrong


@contextlib.contextmanager
def channel_of(amqp_uri: str) -> Iterator[pika.adapters.blocking_connection.BlockingChannel]:
    """Open a plain channel."""
    connection = pika.BlockingConnection(pika.URLParameters(amqp_uri))
    try:
        yield connection.channel()
    finally:
        connection.close()


def make_listener(amqp_uri: str, arguments: dict[str, object] | None = None) -> None:
    """Declare the exchange, a queue that gets everything, and the log."""
    make_log(amqp_uri)
    with channel_of(amqp_uri) as channel:
        channel.exchange_declare(EXCHANGE, "topic", durable=True)
        channel.queue_declare(
            QUEUE, durable=True, arguments=arguments or {"x-queue-type": "quorum"}
        )
        channel.queue_bind(QUEUE, EXCHANGE, "#")


def make_log(amqp_uri: str) -> None:
    """Declare the log, without which no relay publishes; nothing is bound to it."""
    with channel_of(amqp_uri) as channel:
        channel.queue_declare(LOG_STREAM, durable=True, arguments={"x-queue-type": "stream"})


def written_down(broker: Broker) -> None:
    """Have the broker write down what was declared: a kill takes bindings of the last seconds."""
    broker.control("eval", "mnesia:sync_log().")


def logged(amqp_uri: str) -> list[str]:
    """Return the ids of what the log holds."""
    with StreamReader(amqp_uri, place="first") as reader:
        return [delivery.message_id for delivery in reader.read(IDLE_SECONDS)]


def listen(amqp_uri: str) -> Heard:
    """Take everything that is in the queue by now: up to a mark that is put behind it."""
    heard, mark, marked = Heard(), str(uuid.uuid4()), threading.Event()

    def hear(channel: Any, method: Any, properties: pika.BasicProperties, body: bytes) -> None:
        if marked.is_set():
            return  # not acknowledged: it goes back into the queue
        channel.basic_ack(method.delivery_tag)
        if properties.message_id == mark:
            marked.set()
            return
        heard.ids.append(properties.message_id)
        heard.messages.append((method, properties, body))

    with channel_of(amqp_uri) as channel:
        channel.basic_consume(QUEUE, hear)
        _put(channel.connection, mark)
        while not marked.is_set():
            channel.connection.process_data_events(1)
    return heard


def _put(connection: pika.BlockingConnection, mark: str) -> None:
    sender = connection.channel()
    sender.confirm_delivery()
    while True:
        try:
            sender.basic_publish("", QUEUE, b"", pika.BasicProperties(message_id=mark))
            return
        except pika.exceptions.NackError:  # it is full, until what is in it was taken
            connection.process_data_events(0.1)
