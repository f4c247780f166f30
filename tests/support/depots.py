"""Start depots and callers, send them things, and hold the line to the broker open but dead."""

import contextlib
import itertools
import json
import queue
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pika
import pytest
from pika.adapters.blocking_connection import BlockingChannel

from chaos.lines import Line
from chassis.topology.shapes import HandlerShape, ServiceShape
from deploy.local.broker import Broker
from tests.support.bus import Bus, a_bus
from tests.support.waiting import PATIENCE_SECONDS, eventually

ROOT = Path(__file__).parents[2]
SHAPES = (
    ServiceShape(
        "depot",
        (
            HandlerShape("parcels", (("depot.events", "depot.parcel.#"),)),
            HandlerShape("letters", (("depot.events", "depot.letter.#"),)),
            HandlerShape("foreign", (("depot.events", "depot.foreign.#"),)),
        ),
    ),
    ServiceShape("customer", (), ("depot", "nowhere")),
    ServiceShape("stranger"),
)


class Depot:
    """One process of the service, and its journal."""

    def __init__(self, uri: str, journal: Path, **config: object) -> None:
        self.journal = journal
        journal.touch()
        self._started = self.count("started")
        command = [sys.executable, "-m", "tests.support.depot", "serve"]
        with journal.with_suffix(".log").open("ab") as log:
            self.process = subprocess.Popen(
                [*command, uri, str(journal), json.dumps(config)],
                cwd=ROOT,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def wait_started(self) -> "Depot":
        """Wait until it has started, and consumes if the broker is there."""
        eventually(lambda: self.count("started") > self._started or self._died())
        return self

    def _died(self) -> bool:
        assert self.process.poll() is None, self.log()[-3000:]
        return False

    def lines(self) -> list[str]:
        """Return what it has done, in order."""
        return self.journal.read_text().splitlines()

    def count(self, start: str) -> int:
        """Count the lines that begin like this."""
        return sum(line == start or line.startswith(f"{start} ") for line in self.lines())

    def wait_for(self, start: str, times: int = 1, seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until lines that begin like this are in the journal."""
        eventually(lambda: self.count(start) >= times, seconds=seconds)

    def log(self) -> str:
        """Return what it printed."""
        return self.journal.with_suffix(".log").read_text()

    def terminate(self, seconds: float = PATIENCE_SECONDS) -> int:
        """Ask it to stop and return its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def close(self) -> None:
        """End it, whatever it does."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


class Caller:
    """One process that calls through a ReplyLink."""

    def __init__(self, uri: str, user: str = "customer") -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.depot", "call", uri, user],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._numbers = itertools.count()
        self._answers: dict[int, dict[str, Any]] = {}
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if b'"waiting"' in line:
                self._lines.put(line.decode())
            else:
                print("caller:", line.decode().rstrip())  # for whoever reads a failure

    def begin(self, to: str, payload: dict[str, Any] | None = None, **options: Any) -> int:
        """Begin a call and return its number."""
        number = next(self._numbers)
        order = {"n": number, "to": to, "payload": payload or {}, "options": options}
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        self._process.stdin.flush()
        return number

    def end(self, number: int, seconds: float = 2 * PATIENCE_SECONDS) -> dict[str, Any]:
        """Wait for the answer of a call."""
        while number not in self._answers:
            answer = json.loads(self._lines.get(timeout=seconds))
            self._answers[answer["n"]] = answer
        return self._answers[number]

    def call(
        self, to: str, payload: dict[str, Any] | None = None, **options: Any
    ) -> dict[str, Any]:
        """Call and wait for the answer."""
        return self.end(self.begin(to, payload, **options))

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()


def envelope(type_: str, id_: str | None = None) -> dict[str, str]:
    """Return the headers of an event."""
    return {
        "ce-id": id_ or str(uuid.uuid4()),
        "ce-source": "depot",
        "ce-type": type_,
        "ce-specversion": "1.0",
        "ce-time": "2026-01-01T00:00:00.000000Z",
        "ce-subject": "p1",
        "ce-dataschema": type_,
        "ce-correlationid": "c1",
        "ce-causationid": "c0",
        "ce-sequence": "00000000000000000007",
    }


class Post:
    """A plain AMQP client with every right, to send with and to look."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._connection = bus.connect()
        self.channel: BlockingChannel = self._connection.channel()
        self.channel.confirm_delivery()

    def order(
        self, do: str, id_: str = "o1", key: str = "depot.parcel.sent.v1", **more: Any
    ) -> None:
        """Tell an event that has the depot do something."""
        self.send(key, json.dumps({"do": do, "id": id_, **more}).encode(), envelope(key))

    def send(
        self, key: str, body: bytes, headers: dict[str, Any] | None, **properties: Any
    ) -> None:
        """Publish to the depot's events."""
        known = pika.BasicProperties(headers=headers, delivery_mode=2, **properties)
        self.channel.basic_publish("depot.events", key, body, known)

    def request(self, method: str, body: bytes, **properties: Any) -> None:
        """Publish a request to the depot."""
        known = pika.BasicProperties(**properties)
        self.channel.basic_publish("nameko-rpc", f"depot.{method}", body, known)

    def parked(
        self, seconds: float = PATIENCE_SECONDS
    ) -> tuple[dict[str, Any], pika.BasicProperties, bytes]:
        """Wait for a parked message and take it."""

        def take() -> Any:
            method, properties, body = self.channel.basic_get("depot.parked", auto_ack=True)
            return method and (properties.headers, properties, body)

        found: tuple[dict[str, Any], pika.BasicProperties, bytes] = eventually(
            take, seconds=seconds
        )
        return found

    def depth(self, name: str) -> int:
        """Count the messages that are ready in a queue."""
        return int(self.channel.queue_declare(name, passive=True).method.message_count)

    def close(self) -> None:
        """Disconnect."""
        with contextlib.suppress(pika.exceptions.AMQPError):
            self._connection.close()


QUEUES = ("depot.parcels.q1", "depot.letters.q1", "depot.foreign.q1", "depot.parked", "rpc-depot")


@pytest.fixture(scope="module")
def depot_bus(session_broker: Broker) -> Iterator[Bus]:
    """A virtual host with the depot's topology."""
    with a_bus(session_broker, SHAPES, ()) as found:
        yield found


@pytest.fixture
def post(depot_bus: Bus) -> Iterator[Post]:
    """Something to send with; the queues are empty."""
    found = Post(depot_bus)
    for queue_ in QUEUES:
        found.channel.queue_purge(queue_)
    yield found
    found.close()


@pytest.fixture
def start(depot_bus: Bus, tmp_path: Path) -> Iterator[Callable[..., Depot]]:
    """Start a depot with its own rights; all of a test share one journal."""
    running: list[Depot] = []

    def make(uri: str | None = None, **config: object) -> Depot:
        depot = Depot(uri or depot_bus.uri_of("depot"), tmp_path / "journal", **config)
        running.append(depot)
        return depot

    yield make
    for depot in running:
        depot.close()


@pytest.fixture(scope="module")
def lasting_depot(depot_bus: Bus, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Depot]:
    """A depot for all tests of a module."""
    depot = Depot(depot_bus.uri_of("depot"), tmp_path_factory.mktemp("depot") / "journal")
    yield depot.wait_started()
    depot.close()


@pytest.fixture
def depot(lasting_depot: Depot, post: Post) -> Depot:
    """The module's depot, its journal empty and nothing waiting for it."""
    lasting_depot.journal.write_text("")
    return lasting_depot


@pytest.fixture(scope="module")
def caller(depot_bus: Bus) -> Iterator[Caller]:
    """A process that may call the depot."""
    found = Caller(depot_bus.uri_of("customer"))
    yield found
    found.close()


@pytest.fixture
def line(depot_bus: Bus) -> Iterator[Line]:
    """A line to the broker that can be cut or held."""
    found = Line(depot_bus.port)
    yield found
    found.close()
