"""Events as the log holds them, a warehouse in memory, and one that runs on a real log."""

import contextlib
import dataclasses
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import httpx
import orjson
import pika

from chassis.envelope import Envelope, encode
from chassis.errors import Unavailable
from chassis.ids import new_id
from chassis.plain.delivery import Delivery
from chassis.plain.publish import Publisher
from chassis.tokens import generate_keypair
from contracts import sales
from contracts.base import body as fields_of
from contracts.base import describe
from deploy.local.machine import base_environment, free_ports
from services.analytics.warehouse import progress, star
from services.analytics.warehouse.arrivals import receive
from services.analytics.warehouse.asking import ask
from services.analytics.warehouse.landing import Landed, land
from tests.support.bus import Bus
from tests.support.waiting import eventually

PROJECT = Path(__file__).resolve().parents[2]
NOON = datetime(2017, 3, 1, 12, tzinfo=UTC)
SECONDS = 60.0  # a bound, not a measure: the machine may be busy


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """An event on its way into the log."""

    exchange: str
    key: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["ce-id"]

    def at(self, offset: int) -> Delivery:
        """Return it as it stands in the log."""
        properties = pika.BasicProperties(headers=dict(self.headers), message_id=self.id)
        return Delivery(self.exchange, self.key, self.body, properties, offset=offset)

    def but(self, **fields: object) -> "Message":
        """Return it with other fields in the body, under the same id."""
        return dataclasses.replace(self, body=encode(orjson.loads(self.body) | fields))


def message(
    told: object, *, sequence: int = 1, at: datetime = NOON, id_: str | None = None
) -> Message:
    """Put an event into its envelope, as the outbox does."""
    known = describe(type(told))
    envelope = Envelope(
        id=id_ or new_id(),
        source=f"/crm/{known.service}",
        type=known.name,
        time="2026-11-21T10:00:00.000000Z",
        subject=getattr(told, known.subject),
        dataschema=known.dataschema,
        correlation_id="correlation",
        causation_id="cause",
        sequence=sequence,
    )
    common = {"actor": "service:test", "occurred_at": at, "origin": "test", "changed": {}}
    return Message(
        exchange=known.exchange,
        key=known.name,
        headers=envelope.headers(),
        body=encode(fields_of(told) | common),
    )


def an_order(number: int = 1, *, lines: int = 2, amount_minor: int = 1000, **but: object) -> object:
    """Make an order that was placed, of lines of equal amount."""
    fields: dict[str, Any] = {
        "order_id": f"order-{number}",
        "version": 1,
        "external_system": "erp",
        "external_id": f"CA-{number}",
        "revision": 1,
        "customer_id": f"customer-{number % 7}",
        "ordered_on": "2016-11-08",
        "currency": "USD",
        "total_minor": lines * amount_minor,
        "line_count": lines,
        "lines": tuple(
            sales.OrderLine(
                line_key=str(line + 1),
                product_id="product-1",
                quantity=2,
                discount="0.2",
                amount_minor=amount_minor,
                sku="FUR-1",
            )
            for line in range(lines)
        ),
        "status": "placed",
        "ship_region": "South",
    } | but
    kind = sales.OrderRevised if fields["revision"] != 1 else sales.OrderPlaced
    return kind(**fields)


def a_warehouse() -> duckdb.DuckDBPyConnection:
    """Make an empty warehouse in memory."""
    con = duckdb.connect()
    star.create(con)
    return con


def landed(con: duckdb.DuckDBPyConnection, messages: Sequence[Message]) -> Landed:
    """Land messages behind what is there, as one batch."""
    place = progress.current(con, "crm.log") or progress.begin(con, "crm.log", "first")
    first = 0 if place.offset is None else place.offset + 1
    batch = [receive(one.at(first + index)) for index, one in enumerate(messages)]
    return land(con, batch, place.at(first + len(batch) - 1, "mark"))


def rows(con: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    """Return the rows of a query."""
    return con.execute(query).fetchall()


def publish(uri: str, messages: Sequence[Message]) -> None:
    """Tell events the way a service does: confirmed, through its own exchange."""
    with Publisher(uri) as publisher:
        for one in messages:
            properties = pika.BasicProperties(
                delivery_mode=2, headers=dict(one.headers), message_id=one.id
            )
            publisher.publish(one.exchange, one.key, one.body, properties)


@dataclass(slots=True)
class Running:
    """The process of the warehouse, on a real log."""

    folder: Path
    amqp_uri: str
    process: "subprocess.Popen[bytes] | None" = None
    port: int = 0

    @property
    def file(self) -> Path:
        return self.folder / "warehouse.duckdb"

    @property
    def socket(self) -> Path:
        return self.folder / "w.sock"

    @property
    def log(self) -> Path:
        return self.folder / "warehouse.log"

    def environ(self, **changes: str) -> dict[str, str]:
        """Return the settings of the process."""
        keys = self.folder / "keys"
        if not keys.exists():
            keys.mkdir()
            generate_keypair(keys, "warehouse")
        return (
            base_environment()
            | {
                "RAPPORT_AMQP_URI": self.amqp_uri,
                "RAPPORT_OPS_PORT": str(self.port),
                "RAPPORT_SIGNING_KEY": str(keys / "warehouse.key"),
                "RAPPORT_PUBLIC_KEYS": str(keys),
                "RAPPORT_ENVIRONMENT": "test",
                "RAPPORT_WAREHOUSE_FILE": str(self.file),
                "RAPPORT_WAREHOUSE_SOCKET": str(self.socket),
            }
            | changes
        )

    def start(self) -> None:
        """Start the process; it may not be ready yet."""
        (self.port,) = free_ports(1)
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "services.analytics.warehouse"],
                cwd=PROJECT,
                env=self.environ(),
                stdout=out,
                stderr=out,
            )

    def kill(self) -> None:
        """Kill the process as a power cut does."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(SECONDS)

    def stop(self) -> int:
        """Ask the process to end and return its status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(SECONDS)

    def run(self, *words: str, **changes: str) -> tuple[int, str, str]:
        """Run the command to its end; return status, stdout and stderr."""
        done = subprocess.run(
            [sys.executable, "-m", "services.analytics.warehouse", *words],
            cwd=PROJECT,
            env=self.environ(**changes),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert "Traceback" not in done.stdout + done.stderr, done.stderr
        return done.returncode, done.stdout.strip(), done.stderr.strip()

    def ask(self, question: str, **parameters: object) -> dict[str, object]:
        """Ask a question whose answer is an object."""
        answer = ask(self.socket, question, parameters, 30)
        assert isinstance(answer, dict)
        return answer

    def get(self, path: str) -> httpx.Response:
        """Ask the ops port."""
        with httpx.Client(trust_env=False, timeout=60) as http:
            return http.get(f"http://127.0.0.1:{self.port}{path}")

    def ask_list(self, question: str, **parameters: object) -> list[dict[str, object]]:
        """Ask a question whose answer is a list."""
        answer = ask(self.socket, question, parameters, 30)
        assert isinstance(answer, list)
        return answer

    def applied(self) -> float:
        """Return how many events this run has applied."""
        lines = self.get("/metrics").text.splitlines()
        (found,) = (one for one in lines if one.startswith("crm_warehouse_applied_total "))
        return float(found.split()[1])

    def caught_up(self, offset: int) -> dict[str, object]:
        """Wait until an offset is applied; return the status then."""
        return self.until(lambda status: _number(status.get("applied_offset")) >= offset)

    def until(self, holds: Callable[[dict[str, object]], bool]) -> dict[str, object]:
        """Wait for a status; the process may not answer yet."""

        def probe() -> dict[str, object] | None:
            assert self.process is not None
            assert self.process.poll() is None, self.log.read_text()[-3000:]
            with contextlib.suppress(Unavailable):
                status = self.ask("status")
                return status if holds(status) else None
            return None

        return eventually(probe, seconds=SECONDS)


def _number(value: object) -> int:
    return value if isinstance(value, int) else -1


@contextlib.contextmanager
def running(folder: Path, bus: Bus, user: str = "warehouse") -> Iterator[Running]:
    """Run a warehouse on the log of a bus, and leave no process behind."""
    found = Running(folder, bus.uri_of(user))
    found.start()
    try:
        yield found
    finally:
        if found.process is not None and found.process.poll() is None:
            found.kill()
