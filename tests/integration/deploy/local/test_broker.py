"""Our own broker: found again, on loopback only, and the same after a power cut."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pika
import pytest
from pika.adapters.blocking_connection import BlockingChannel

from deploy.local import management
from deploy.local.broker import Broker
from deploy.local.machine import port_answers
from tests.support.waiting import eventually, stays

QUORUM = {"x-queue-type": "quorum"}
TIER = QUORUM | {
    "x-dead-letter-exchange": "later",
    "x-dead-letter-strategy": "at-least-once",
    "x-overflow": "reject-publish",
    "x-message-ttl": 1,
}
LISTENS = "0A"  # in the kernel's tables
LOOPBACK_IN = {
    Path("/proc/net/tcp"): "0100007F",
    Path("/proc/net/tcp6"): "00000000000000000000000001000000",
}
STREAM = {"x-queue-type": "stream"}


@contextmanager
def channel(broker: Broker) -> Iterator[BlockingChannel]:
    connection = pika.BlockingConnection(pika.URLParameters(broker.amqp_uri))
    yield connection.channel()
    connection.close()


def listeners(table: Path) -> list[tuple[str, str]]:
    """Read address and port, both hexadecimal, of what listens in one of the kernel's tables."""
    rows = [line.split() for line in table.read_text().splitlines()[1:]]
    return [tuple(row[1].split(":")) for row in rows if row[3] == LISTENS]


def ready(broker: Broker) -> dict[str, int]:
    return {queue.name: queue.ready for queue in management.queues(broker.management_uri)}


def held(broker: Broker) -> dict[str, int]:
    return {queue.name: queue.held for queue in management.queues(broker.management_uri)}


def test_another_command_finds_it_again(broker: Broker) -> None:
    again = Broker(broker.directory)

    assert (again.is_up(), again.pid, again.amqp_uri) == (True, broker.pid, broker.amqp_uri)


def test_listens_on_loopback_only(broker: Broker) -> None:
    state = broker._state
    ours = {state.amqp, state.management, state.distribution, state.epmd}

    listening = {
        (int(port, 16), address)
        for table, loopback in LOOPBACK_IN.items()
        for address, port in listeners(table)
        if int(port, 16) in ours and address != loopback
    }

    assert listening == set()
    assert all(port_answers(port) for port in ours)


def test_a_reset_leaves_nothing(broker: Broker) -> None:
    with channel(broker) as open_:
        open_.queue_declare("left", durable=True, arguments=QUORUM)

    management.reset(broker.management_uri)

    assert management.queues(broker.management_uri) == []


@pytest.mark.parametrize("offset", [None, "first"], ids=["quorum", "stream"])
def test_keeps_what_it_confirmed_through_a_power_cut(broker: Broker, offset: str | None) -> None:
    with channel(broker) as before:
        before.confirm_delivery()
        before.queue_declare("kept", durable=True, arguments=STREAM if offset else QUORUM)
        # A crash within half a second would lose the queue: its name is not yet on disk.
        stays(broker.is_up, seconds=1)
        before.basic_publish("", "kept", b"first", pika.BasicProperties(delivery_mode=2))

    broker.kill()
    assert not broker.is_up()
    broker.start()

    with channel(broker) as after:
        after.basic_qos(prefetch_count=1)
        arguments = {"x-stream-offset": offset} if offset else {}
        found = next(after.consume("kept", arguments=arguments, inactivity_timeout=60))
        assert found[2] == b"first"


@pytest.mark.parametrize("arguments", [{}, QUORUM, STREAM], ids=["classic", "quorum", "stream"])
def test_counts_what_waits(broker: Broker, arguments: dict[str, str]) -> None:
    with channel(broker) as open_:
        open_.confirm_delivery()
        open_.queue_declare("counted", durable=True, arguments=arguments)
        for _ in range(3):
            open_.basic_publish("", "counted", b"x")

        eventually(lambda: ready(broker) == {"counted": 3})


def test_soon_gives_back_what_had_no_way_back_when_it_was_due(broker: Broker) -> None:
    with channel(broker) as there:
        there.queue_declare("tier", durable=True, arguments=TIER)
        there.basic_publish("", "tier", b"x")
        eventually(lambda: held(broker) == {"tier": 1})
        assert ready(broker) == {"tier": 0}

        there.exchange_declare("later", "fanout", durable=True)
        there.queue_declare("target", durable=True, arguments=QUORUM)
        there.queue_bind("target", "later")

        eventually(lambda: ready(broker)["target"] == 1, seconds=60)
