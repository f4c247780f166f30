"""A warehouse that hears events, its door, and the trading history as events."""

import itertools
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from chassis.envelope import Envelope, decode, encode
from chassis.ids import natural_id
from chassis.schemas import Nothing, loaded
from contracts import base as contracts
from contracts.accounts import CustomerCreated
from contracts.sales import OrderLine, OrderPlaced, OrderRevised, RecordChanged
from demo import history
from services.analytics.config import Own
from services.analytics.service import Analytics
from services.analytics.warehouse import star
from services.analytics.warehouse.answering import Door
from services.analytics.warehouse.methods import QUESTIONS
from services.analytics.warehouse.question import Question
from services.analytics.warehouse.store import Means, Store
from tests.support.sales import Room, a_room

NOW = datetime(2018, 1, 1, 9, tzinfo=UTC)
LONG_AGO = datetime(2016, 1, 1, tzinfo=UTC)
_METHODS = {question.name: question for question in QUESTIONS}
_numbers = itertools.count(1)
BATCH = 5_000


@dataclass(frozen=True)
class Told:
    """One event as it stands in the log."""

    event: object
    at: datetime
    sequence: int


class Warehouse:
    """A star, in memory by itself; events go in by the warehouse's own way from raw to facts."""

    def __init__(self, con: duckdb.DuckDBPyConnection | None = None) -> None:
        self.con = con or duckdb.connect()
        if con is None:
            star.create(self.con)
        self._read = 0

    def hear(self, *told: Told) -> None:
        """Take events in, in batches and in the given order."""
        for start in range(0, len(told), BATCH):
            self._load(told[start : start + BATCH])

    def tell(self, *events: object, at: datetime = NOW) -> None:
        """Take events in that happen one after the other."""
        self.hear(*(Told(event, at, next(_numbers)) for event in events))

    def read_log(self, room: Room, *, anew: bool = False) -> None:
        """Take in what a room has told since the last time, as the log would hold it."""
        self._read = 0 if anew else self._read
        fresh = [row for row in room.outbox() if row.position > self._read]
        self._read = max([self._read, *(row.position for row in fresh)])
        self._load_rows([_logged(row) for row in fresh])

    def ask(self, question: str, **parameters: Any) -> Any:
        """Ask as the door does: JSON in, the schema, JSON out."""
        known = _METHODS[question]
        accepted = loaded(known.accepts, decode(encode(parameters)))
        return decode(encode(known.run(self.con, accepted)))

    def _load(self, told: Iterable[Told]) -> None:
        self._load_rows([_raw(one) for one in told])

    def _load_rows(self, rows: list[tuple[object, ...]]) -> None:
        if not rows:
            return
        names = [name for name, *_ in self.con.execute("DESCRIBE raw_event").fetchall()]
        columns = zip(*rows, strict=True)
        self.con.register("told", pa.table(dict(zip(names, columns, strict=True))))
        self.con.execute("CREATE OR REPLACE TEMP TABLE arrived AS SELECT * FROM raw_event LIMIT 0")
        self.con.execute("INSERT INTO arrived BY NAME SELECT * FROM told")
        self.con.execute("INSERT INTO raw_event SELECT * FROM arrived")
        star.load(self.con, "arrived", {row[3] for row in rows})


def _raw(told: Told) -> tuple[object, ...]:
    known = contracts.describe(type(told.event))
    common = {"actor": "service:test", "occurred_at": told.at, "origin": "test", "changed": {}}
    body = encode(contracts.body(told.event) | common).decode()
    number = next(_numbers)
    subject = str(getattr(told.event, known.subject))
    return (
        number, "one", natural_id(known.name, str(number)), known.name, known.service, subject,
        told.sequence, told.at, told.at, "c", "service:test", body, str(hash(body)),
    )  # fmt: skip


def _logged(row: Any) -> tuple[object, ...]:
    """Return what the log would hold of a row of an outbox."""
    envelope = Envelope.of(json.loads(row.headers))
    at = datetime.fromisoformat(json.loads(row.body)["occurred_at"])
    return (
        next(_numbers), "one", envelope.id, envelope.type, envelope.source, envelope.subject,
        envelope.sequence, at, at, envelope.correlation_id, "service:test", row.body,
        str(hash(row.body)),
    )  # fmt: skip


# -- the service beside its warehouse --------------------------------------------------------------


class Standing:
    """What the warehouse says of its own progress; a test sets it."""

    def __init__(self) -> None:
        self.lag_events, self.lag_seconds = 0, 0.0
        self.last_offset, self.grows_by = 100, 0  # from one question to the next

    def answer(self, *_: object) -> dict[str, object]:
        """Answer as the running process does."""
        self.last_offset += self.grows_by
        return {
            "last_offset": self.last_offset, "applied_offset": self.last_offset - self.lag_events,
            "lag_events": self.lag_events, "lag_seconds": self.lag_seconds, "gaps": 0,
            "duplicates": 0, "quarantined": 0,
        }  # fmt: skip


class Depot:
    """A warehouse in a file behind its own door, without a log to read from."""

    def __init__(self, folder: Path) -> None:
        self.store = Store(folder / "warehouse.duckdb", Means(threads=1))
        self.store.open()
        self.warehouse, self.standing = Warehouse(self.store.writing), Standing()
        self.socket = folder / "warehouse.sock"
        self._door: Door | None = None

    def open(self) -> None:
        """Let questions in."""
        status = Question("status", self.standing.answer, Nothing())
        questions = {one.name: one for one in (*QUESTIONS, status)}
        self._door = Door(self.socket, self.store, questions, lambda: NOW)
        self._door.start()

    def close(self) -> None:
        """Answer no more."""
        if self._door is not None:
            self._door.stop()
            self._door = None


@contextmanager
def a_depot(folder: Path) -> Iterator[Depot]:
    """Open a warehouse and its door."""
    depot = Depot(folder)
    depot.open()
    try:
        yield depot
    finally:
        depot.close()
        depot.store.close()


@contextmanager
def an_analytics(url: str, folder: Path, depot: Depot) -> Iterator[Room]:
    """Open analytics beside a warehouse, in the year after the history."""
    with a_room(Analytics, url, folder) as room:
        room.runtime.own = Own(warehouse_socket=depot.socket)
        room.clock.instant = NOW
        yield room


def an_order(
    order_id: str, customer_id: str, amount_minor: int, on: str = "2017-06-01", **fields: Any
) -> OrderPlaced | OrderRevised:
    """Return an order of one line; from revision 2 on it is told as a revision."""
    revision = fields.pop("revision", 1)
    given: dict[str, Any] = {
        "order_id": order_id, "version": revision, "external_system": "erp",
        "external_id": order_id, "revision": revision, "customer_id": customer_id,
        "ordered_on": on, "currency": "USD", "total_minor": amount_minor, "line_count": 1,
        "lines": (a_line("1", amount_minor),), "status": "placed", "ship_region": "West",
    }  # fmt: skip
    kind = OrderPlaced if revision == 1 else OrderRevised
    return kind(**given | fields)


def a_line(key: str, amount_minor: int, product_id: str = "p1", quantity: int = 1) -> OrderLine:
    """Return a line."""
    return OrderLine(
        line_key=key, product_id=product_id, quantity=quantity, discount="0",
        amount_minor=amount_minor, sku=product_id,
    )  # fmt: skip


def a_customer(customer_id: str, **fields: Any) -> CustomerCreated:
    """Return a customer that became known."""
    return CustomerCreated(**{"customer_id": customer_id, "version": 1, "kind": "person"} | fields)


def a_product(product_id: str, category: str) -> RecordChanged:
    """Return a product that entered the catalogue."""
    named = {"sku": product_id, "name": product_id, "category": category, "sub_category": category}
    shown = {name: json.dumps(value) for name, value in named.items()} | {"active": "true"}
    return RecordChanged(id=product_id, kind="product", version=1, verb="created", fields=shown)


# -- the trading history ---------------------------------------------------------------------------


def traded(whole: history.History) -> Iterator[Told]:
    """Tell the whole trading history on the days on which it happened."""
    for customer in whole.customers:
        known = a_customer(customer.id, segment=customer.segment)
        yield Told(known, _at(customer.first_order - timedelta(days=1)), 1)
    lines = {line.product_id: line for order in whole.orders for line in order.lines}
    for line in lines.values():
        yield Told(_product(line), _at(date(2013, 12, 31)), 1)
    for order in whole.orders:
        yield Told(_order(order), _at(order.date), 1)


def _product(line: history.Line) -> RecordChanged:
    named = {
        "sku": line.product_id, "name": line.product_name, "category": line.category,
        "sub_category": line.sub_category,
    }  # fmt: skip
    shown = {name: json.dumps(value) for name, value in named.items()} | {"active": "true"}
    return RecordChanged(
        id=line.product_id, kind="product", version=1, verb="created", fields=shown
    )


def _order(order: history.Order) -> OrderPlaced:
    lines = tuple(
        OrderLine(
            line_key=str(line.row_id), product_id=line.product_id, quantity=line.quantity,
            discount=str(line.discount), amount_minor=line.amount_minor, sku=line.product_id,
        )
        for line in order.lines
    )  # fmt: skip
    return OrderPlaced(
        order_id=order.id, version=1, external_system="erp", external_id=order.id, revision=1,
        customer_id=order.customer_id, ordered_on=order.date.isoformat(),
        currency=history.CURRENCY, total_minor=order.total_minor, line_count=len(lines),
        lines=lines, status="placed", ship_country=order.ship_to.country,
        ship_region=order.ship_to.region, ship_state=order.ship_to.state,
    )  # fmt: skip


def _at(day: date) -> datetime:
    return datetime.combine(day, time(9), UTC)
