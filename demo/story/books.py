"""The figures of every hop, each asked where it stands."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import create_engine, text

from chassis.plain.stream import StreamReader
from chassis.topology.names import OPERATOR
from demo.result import Bucket, Latency
from demo.story.desk import Desk
from deploy.local.services import metrics_text

PLACED = "sales.order.placed.v1", "sales.order.revised.v1"
CALLS = "telephony.call.ended.v1", "telephony.call.corrected.v1"
CASE_OPENED, CASE_CLOSED = "service_desk.case.opened.v1", "service_desk.case.closed.v1"
TOUCHED = "marketing.touch.settled.v1"
SENT = "sent"  # among the fates of a message
QUIET_SECONDS = 1.5  # the log has been read to its end
Figures = tuple[int | None, ...]
Told = tuple[str, dict[str, Any]]  # the type of an event, and what it says


def erp_sent(desk: Desk) -> Figures:
    """Sum up the newest revision of each order that the ERP posted."""
    return _ledger(desk, "select external_id, lines, amount_minor, max(revision) from sent")


def erp_accepted(desk: Desk) -> Figures:
    """Sum up the newest revision of each order that the ERP was told is accepted."""
    return _ledger(
        desk,
        "select external_id, lines, amount_minor, max(revision) from sent"
        " join verdicts on verdicts.message_id = sent.message_id and accepted",
    )


def _ledger(desk: Desk, newest: str) -> Figures:
    query = f"{newest} where key = 'erp.order.upsert.v1' group by external_id"
    with closing(sqlite3.connect(desk.folder / "erp.db")) as ledger:
        found: Figures = ledger.execute(
            f"select count(*), coalesce(sum(lines), 0), coalesce(sum(amount_minor), 0) from ({query})"  # noqa: S608  # our own text
        ).fetchone()
    return found


def stored(desk: Desk) -> Figures:
    """Ask sales what stands in its books."""
    found = desk.call("sales.totals", {"external_system": "erp"})
    return found["orders"], found["lines"], found["line_amounts"].get("USD", 0)


def published(desk: Desk) -> tuple[Figures, int]:
    """Read the whole log and sum up the orders in it; return also how many events it holds."""
    newest: dict[str, tuple[int, int, int]] = {}
    events = 0
    with StreamReader(desk.house.uri_of(OPERATOR), place="first") as log:
        for delivery in log.read(idle_seconds=QUIET_SECONDS):
            events += 1
            if delivery.routing_key in PLACED:
                data = json.loads(delivery.body)
                told = (data["revision"], data["line_count"], data["total_minor"])
                newest[data["order_id"]] = max(told, newest.get(data["order_id"], told))
    lines = sum(told[1] for told in newest.values())
    return (len(newest), lines, sum(told[2] for told in newest.values())), events


def told(desk: Desk, *types: str) -> Iterator[Told]:
    """Read the whole log and yield what it says of these types, oldest first."""
    with StreamReader(desk.house.uri_of(OPERATOR), place="first") as log:
        for delivery in log.read(idle_seconds=QUIET_SECONDS):
            if delivery.routing_key in types:
                yield delivery.routing_key, json.loads(delivery.body)


def calls_told(log: Sequence[Told]) -> tuple[int, int]:
    """Count the calls that ended in the log, and those with a customer."""
    known = {
        data["call_id"]: data["customer_id"] is not None for type_, data in log if type_ in CALLS
    }
    return len(known), sum(known.values())


def cases_told(log: Sequence[Told]) -> tuple[int, int]:
    """Count the cases that were opened in the log, and those that were closed."""
    opened, closed = (
        {data["case_id"] for type_, data in log if type_ == wanted}
        for wanted in (CASE_OPENED, CASE_CLOSED)
    )
    return len(opened), len(closed)


def touches_told(log: Sequence[Told], campaign_id: str) -> tuple[int, int]:
    """Count the messages of a campaign that came to a fate in the log, and those that were sent."""
    fates = {
        data["send_id"]: data["fate"]
        for type_, data in log
        if type_ == TOUCHED and data["campaign_id"] == campaign_id
    }
    return len(fates), sum(fate == SENT for fate in fates.values())


def count(desk: Desk, service: str, table: str, where: str = "1 = 1") -> int:
    """Count the rows of a table in a service's own database."""
    query = f"select count(*) from {table} where {where}"  # noqa: S608  # our own text
    ((found,),) = rows(desk, service, query)
    return int(found)


def rows(desk: Desk, service: str, query: str) -> list[tuple[Any, ...]]:
    """Read from a service's own database."""
    engine = create_engine(desk.house.places[service].database_url)
    try:
        with engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query))]
    finally:
        engine.dispose()


def metric(desk: Desk, service: str, name: str, **labels: str) -> int:
    """Sum up a counter of a service over its labels."""
    return int(sum(sample.value for sample in _samples(desk, service, name, labels)))


def latency(desk: Desk, service: str, handler: str, title: str, note: str) -> Latency:
    """Read a handler's histogram of commit to applied; quantiles are interpolated."""
    name = "crm_event_delivery_delay_seconds_bucket"
    found = _samples(desk, service, name, {"handler": handler})
    cumulative = sorted((float(one.labels["le"]), int(one.value)) for one in found)
    buckets, before = [], 0
    for bound, total in cumulative:
        upto = None if bound == float("inf") else bound * 1000
        buckets.append(Bucket(upto, total - before))
        before = total
    p50, p95, p99, top = (_quantile(cumulative, share) for share in (0.5, 0.95, 0.99, 1.0))
    return Latency(title, note, before, p50, p95, p99, top, tuple(buckets))


def heard_latency(delays_ms: list[float], title: str, note: str) -> Latency:
    """Sum up delays that were measured one by one."""
    if not delays_ms:
        return Latency(title, note, 0, 0.0, 0.0, 0.0, 0.0)
    last = len(delays_ms) - 1
    p50, p95, p99 = (
        delays_ms[min(last, int(share * len(delays_ms)))] for share in (0.5, 0.95, 0.99)
    )
    return Latency(title, note, len(delays_ms), p50, p95, p99, delays_ms[-1])


def read_notes(file: Path) -> dict[str, Any]:
    """Read what a stranger wrote down."""
    found: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    return found


def _samples(desk: Desk, service: str, name: str, labels: dict[str, str]) -> list[Any]:
    exported = metrics_text(desk.house.places[service])
    return [
        sample
        for family in text_string_to_metric_families(exported)
        for sample in family.samples
        if sample.name == name
        and all(sample.labels.get(key) == value for key, value in labels.items())
    ]


def _quantile(cumulative: list[tuple[float, int]], share: float) -> float:
    """Interpolate a quantile within its bucket, in milliseconds; beyond the last bound, that."""
    if not cumulative or not cumulative[-1][1]:
        return 0.0
    wanted = share * cumulative[-1][1]
    low, below = 0.0, 0
    for bound, total in cumulative:
        if total >= wanted:
            if bound == float("inf"):
                return round(low * 1000, 1)
            part = (wanted - below) / max(total - below, 1)
            return round((low + (bound - low) * part) * 1000, 1)
        low, below = bound, total
    return round(low * 1000, 1)
