"""The last chapter: count again at every hop and put the result together."""

import os
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from chassis.plain.rpc import Ask
from demo.history import Customer, History
from demo.result import (
    Check,
    Column,
    Counter,
    Flow,
    Hop,
    Import,
    Latency,
    Month,
    Stage,
    Unit,
)
from demo.story import books
from demo.story.desk import Desk
from demo.story.trading import Trade
from deploy.local import status
from deploy.local.house import House, Kind

SETTLE_SECONDS = 60.0
PAUSE_SECONDS = 0.25
LAG_SECONDS = 1.0  # what the broker tells of its queues is up to so old
UNFINISHED = "status in ('running', 'acting', 'undoing')"


def settle(desk: Desk, orders: int, heard: Path) -> None:
    """Wait until all orders have arrived and nothing is under way any more."""

    def arrived() -> bool:
        applied = books.count(desk, "accounts", "interactions", "source = 'sales.order'")
        return books.read_notes(heard).get("orders") == orders == applied

    _until(arrived)
    quiet(desk)


def quiet(desk: Desk) -> None:
    """Wait until nothing is under way: outboxes, queues, processes.

    Only two looks tell, so far apart that the second one sees the queues of the first.
    """

    def still() -> bool:
        if under_way(desk):
            return False
        time.sleep(LAG_SECONDS)
        return not under_way(desk)

    _until(still)


def _until(condition: Callable[[], bool]) -> None:
    """Wait, but not for ever: what has not arrived by then is counted as missing."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < deadline and not condition():
        time.sleep(PAUSE_SECONDS)


def under_way(desk: Desk) -> int:
    """Count what is not finished: messages in queues, rows in outboxes, processes."""
    waiting = sum(
        queue.ready + queue.unacked
        for queue in status.look(desk.house).queues
        if not queue.name.endswith(".parked")
        and not queue.name.startswith("partner.")  # whoever is outside reads when it likes
        and queue.kind != "stream"
    )
    pending = sum(books.count(desk, service, "outbox") for service in desk.house.databases)
    running = sum(
        books.count(desk, service, "processes", UNFINISHED) for service in desk.house.databases
    )
    desk.console.progress(
        f"{pending} in outboxes, {waiting} in queues, {running} unfinished processes"
    )
    return waiting + pending + running


def order_flow(desk: Desk, history: History, heard: Path) -> tuple[Flow, int]:
    """Follow the orders from the file to whoever listens; also return the events in the log."""
    truth = (len(history.orders), history.lines, history.total_minor)
    in_log, events = books.published(desk)
    notes = books.read_notes(heard)
    outside = (notes.get("orders"), notes.get("lines"), notes.get("amount_minor"))
    applied = books.count(desk, "accounts", "interactions", "source = 'sales.order'")
    hops = (
        Hop("source", "In the history", "data/superstore.csv.xz", truth),
        Hop(
            "sent", "Sent", "the ERP's ledger, newest revision of each order", books.erp_sent(desk)
        ),
        Hop("accepted", "Accepted", "verdicts told back to the ERP", books.erp_accepted(desk)),
        Hop("stored", "Stored", "sales.totals", books.stored(desk)),
        Hop("published", "Published", "crm.log, read from its first event", in_log),
        Hop(
            "applied",
            "Applied",
            "accounts, sales on the customers' timelines",
            (applied, None, None),
        ),
        Hop("heard", "Heard outside", "a bare AMQP consumer", outside),
    )
    columns = (Column("Orders"), Column("Lines"), Column("Amount", Unit.MONEY))
    return Flow("orders", "Orders", columns, hops), events


def customer_flow(desk: Desk, imported: Import, trade: Trade, expected: int) -> Flow:
    """Follow the customers from the files to sales' copy."""
    accepted = imported.accepted + imported.accepted_after_correction
    accepted += trade.funnel["customers created"]
    hops = (
        Hop("source", "In the history", "data/superstore.csv.xz", (expected,)),
        Hop("accepted", "Accepted", "by import and by conversion", (accepted,)),
        Hop(
            "stored",
            "Stored",
            "accounts, table customers",
            (books.count(desk, "accounts", "customers"),),
        ),
        Hop(
            "applied",
            "Copied",
            "sales, its copy of the customers",
            (books.count(desk, "sales", "customer_refs"),),
        ),
    )
    return Flow("customers", "Customers", (Column("Customers"),), hops)


def funnel(trade: Trade, new: list[Customer]) -> tuple[Stage, ...]:
    """Say how far the leads came."""
    size = len(new)
    rows = (
        ("Captured", "captured", size, "web form, sent twice"),
        ("Known already", "known already", 0, "matched against all customers"),
        ("Assigned", "assigned", size, "by territory, in turn"),
        ("Qualified", "qualified", size, ""),
        ("Converted", "converted", size, "customer, contact, opportunity"),
        ("Won", "won", size, "one quote each, accepted"),
    )
    return tuple(Stage(title, trade.funnel[name], want, note) for title, name, want, note in rows)


def months(desk: Desk) -> tuple[Month, ...]:
    """Read the orders over time from sales."""
    found = desk.call("sales.orders_by_month", {"external_system": "erp"})
    return tuple(Month(m["month"], m["orders"], m["amount_minor"]) for m in found["months"])


def counters(desk: Desk, trade: Trade, events: int) -> tuple[Counter, ...]:
    """Say what the bus had to cope with."""
    orders: dict[str, Any] = trade.ledger["orders"]
    repeated = orders["posted"] - orders["messages"]
    consumed = "crm_events_consumed_total"
    absorbed = books.metric(desk, "sales", consumed, handler="erp_orders", outcome="duplicate")
    retried, parked = (
        sum(
            books.metric(desk, service, consumed, outcome=outcome)
            for service in desk.house.databases
        )
        for outcome in ("retried", "parked")
    )
    superseded = orders["outcomes"].get("superseded", 0) + orders["outcomes"].get("revised", 0)
    overtaken = orders["messages"] - orders["orders"]
    return (
        Counter(
            "messages", "Messages posted", orders["posted"], None, "by the ERP, repeats included"
        ),
        Counter(
            "duplicates", "Duplicates absorbed", absorbed, repeated, "every twentieth order, twice"
        ),
        Counter(
            "revisions",
            "Older or newer revisions",
            superseded,
            overtaken,
            "every fiftieth, out of order",
        ),
        Counter("unanswered", "Messages without a verdict", orders["outstanding"], 0),
        Counter("refused", "Orders refused", orders["refused"], 0),
        Counter("retries", "Retries", retried, None, "what had to wait for something else"),
        Counter("parked", "Parked", parked, 0, "nothing was given up"),
        Counter("events", "Events in the log", events, None, "none with personal data"),
    )


def latencies(desk: Desk, trade: Trade, heard: Path) -> tuple[Latency, ...]:
    """Say how long things took while the history was replayed as fast as it went."""
    orders = trade.ledger["orders"]
    outside = books.read_notes(heard).get("delays_ms", [])
    return (
        books.latency(
            desk,
            "accounts",
            "sales_made",
            "Commit to applied",
            "an order of sales to its customer's timeline; promised: 95 of 100 within 2 s",
        ),
        books.heard_latency(outside, "Commit to heard outside", "sales to a bare AMQP consumer"),
        Latency(
            "Posted to verdict",
            "the ERP's own round trip, 25 in flight",
            orders["messages"],
            orders["round_trip_p50_ms"] or 0.0,
            orders["round_trip_p95_ms"] or 0.0,
            orders["round_trip_p99_ms"] or 0.0,
            orders["round_trip_p99_ms"] or 0.0,
        ),
    )


def repeatable(desk: Desk) -> Check:
    """A command that is sent twice with one key has one effect and one answer."""
    record: dict[str, object] = {"kind": "team", "values": {"name": "Twice told"}}
    ask = Ask(token=desk.tokens["admin"], idempotency_key="demo-twice")
    first, second = (
        desk.client.submit("accounts", "create_record", record, ask=ask).result(20)
        for _ in range(2)
    )
    return Check("A command sent twice has one effect and one answer", first == second)


def machine(house: House) -> tuple[str, str, str, int]:
    """Say where it ran."""
    database = "PostgreSQL" if house.kind is Kind.POSTGRESQL else "SQLite"
    return database, "RabbitMQ", platform.python_version(), os.cpu_count() or 1
