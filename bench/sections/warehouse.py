"""From the log into the warehouse against a bare append; pyramid and RFM against the bare query."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import duckdb
import pika

from bench.ground import Ground
from bench.lines import Line, median_of, rate, ratio
from bench.scale import Scale
from chassis.envelope import Envelope, encode
from chassis.ids import new_id
from chassis.plain.publish import Publisher
from chassis.topology.names import LOG_STREAM
from contracts import sales
from contracts.base import body, describe
from deploy.local.machine import CannotRun
from services.analytics.warehouse import progress
from services.analytics.warehouse.arrivals import SCHEMA, Arrival, receive, table_of
from services.analytics.warehouse.following import BATCH_EVENTS, Following
from services.analytics.warehouse.landing import land
from services.analytics.warehouse.methods import QUESTIONS
from services.analytics.warehouse.store import Means, connect, open_file

EVENTS, LINES = 50_000, 10_000_000
LINES_PER_ORDER, ORDERS_PER_CUSTOMER = 2, 5
NOON = datetime(2017, 3, 1, 12, tzinfo=UTC)
MEANS = Means()

# One row per order, in its order of arrival: the same that the events would have made.
_ORDERS = """
    INSERT INTO fact_order BY NAME
    SELECT 'event-' || n AS event_id, 'sales.order.placed.v1' AS type, 1 AS sequence, 1 AS version,
        TIMESTAMPTZ '2017-03-01 12:00:00+00' AS occurred_at, 'order-' || n AS order_id,
        'erp' AS external_system, 'CA-' || n AS external_id,
        'customer-' || (hash(n) % ?) AS customer_id, 'USD' AS currency, 'placed' AS status,
        'group' AS entity_id, DATE '2014-01-01' + (hash(n + 1) % 1400)::INTEGER AS ordered_on,
        1 AS revision, 0 AS total_minor, 2 AS line_count
    FROM range(?) AS numbers(n)"""
_LINES = """
    INSERT INTO fact_order_line BY NAME
    SELECT * EXCLUDE (total_minor, line_count, line), total_minor AS order_total_minor,
        line::VARCHAR AS line_key, 'product-' || (hash(order_id) % 1000) AS product_id,
        'sku' AS sku, 1 AS quantity, 0 AS discount,
        (hash(order_id || line) % 100000)::BIGINT AS amount_minor
    FROM fact_order, range(?) AS lines(line)"""
_BARE = {
    "pyramid": """
        WITH spend AS (
            SELECT customer_id, sum(amount_minor) AS spend, max(ordered_on) AS last_on
            FROM fact_order_line GROUP BY customer_id),
        ranked AS (
            SELECT *, row_number() OVER (ORDER BY spend DESC, last_on DESC, customer_id) AS rank
            FROM spend)
        SELECT CASE WHEN rank <= 0.01 * n THEN 1 WHEN rank <= 0.05 * n THEN 2
            WHEN rank <= 0.2 * n THEN 3 ELSE 4 END AS tier, count(*), sum(spend)
        FROM ranked, (SELECT count(*) AS n FROM spend) GROUP BY tier""",
    "rfm": """
        WITH bought AS (
            SELECT customer_id, max(ordered_on) AS r, count(DISTINCT order_id) AS f,
                sum(amount_minor) AS m
            FROM fact_order_line GROUP BY customer_id),
        binned AS (
            SELECT ntile(5) OVER (ORDER BY r) AS r, ntile(5) OVER (ORDER BY f) AS f,
                ntile(5) OVER (ORDER BY m) AS m
            FROM bought)
        SELECT r, f, m, count(*) FROM binned GROUP BY r, f, m""",
}


def measure(ground: Ground, scale: Scale) -> list[Line]:
    """Fill the log once and read it into a new file each round; then ask both questions."""
    folder = ground.directory / "warehouse"
    folder.mkdir(exist_ok=True)
    return [*_following(ground, scale, folder), *_methods(scale, folder)]


def _following(ground: Ground, scale: Scale, folder: Path) -> list[Line]:
    count = scale.of(EVENTS)
    _publish(ground.broker.amqp_uri, count)
    followed: list[float] = []
    landed: list[float] = []
    bare: list[float] = []
    for _ in range(scale.rounds):
        arrivals = _read(ground.broker.amqp_uri, folder, count, followed)
        landed.append(count / _seconds(partial(_land, _fresh(folder), arrivals)))
        bare.append(count / _seconds(partial(_append, _fresh(folder), arrivals)))
    return [
        rate("bare Arrow append of the same rows", bare),
        rate("landing alone: raw, star and place in one transaction", landed),
        rate("from the log to the last commit", followed),
        ratio("landing / bare append", landed, bare),
        ratio("from the log / bare append", followed, bare),
    ]


def _publish(amqp_uri: str, count: int) -> None:
    """Put orders into the log itself: the way there is measured elsewhere."""
    with Publisher(amqp_uri) as publisher:
        for number in range(count):
            headers, told = _order(number)
            properties = pika.BasicProperties(delivery_mode=2, headers=headers)
            publisher.publish("", LOG_STREAM, told, properties)


def _order(number: int) -> tuple[dict[str, str], bytes]:
    lines = tuple(
        sales.OrderLine(
            line_key=str(line),
            product_id=f"product-{number % 1000}",
            quantity=2,
            discount="0.2",
            amount_minor=1000 + number % 977,
            sku="FUR-BO-10001798",
        )
        for line in range(LINES_PER_ORDER)
    )
    told = sales.OrderPlaced(
        order_id=f"order-{number}",
        version=1,
        external_system="erp",
        external_id=f"CA-{number}",
        revision=1,
        customer_id=f"customer-{number % 793}",
        ordered_on="2016-11-08",
        currency="USD",
        total_minor=sum(line.amount_minor for line in lines),
        line_count=len(lines),
        lines=lines,
        status="placed",
    )
    name = describe(sales.OrderPlaced).name
    envelope = Envelope(
        new_id(), "/crm/sales", name, "2026-11-21T10:00:00.000000Z", told.order_id,
        f"/schemas/{name}.json", "correlation", "cause", 1,
    )  # fmt: skip
    common = {"actor": "service:bench", "occurred_at": NOON, "origin": "bench", "changed": {}}
    return envelope.headers(), encode(body(told) | common)


def _read(amqp_uri: str, folder: Path, count: int, rates: list[float]) -> list[Arrival]:
    """Follow the log into a new file, as the process does; return what came."""
    con = open_file(_fresh(folder), MEANS)
    arrivals: list[Arrival] = []
    begun = time.perf_counter()
    for batch in Following(amqp_uri, LOG_STREAM, lambda: con).batches():
        received = [receive(one) for one in batch.deliveries]
        if received:
            land(con, received, batch.place)
        arrivals += [one for one in received if isinstance(one, Arrival)]
        if len(arrivals) >= count:
            break
    rates.append(count / (time.perf_counter() - begun))
    row = con.execute("SELECT count(*) FROM fact_order_line").fetchone()
    con.close()
    if row is None or row[0] != count * LINES_PER_ORDER:
        raise CannotRun(f"{row} order lines of {count} orders")
    return arrivals


def _land(file: Path, arrivals: Sequence[Arrival]) -> None:
    con = open_file(file, MEANS)
    place = progress.begin(con, LOG_STREAM, "bench")
    for first in range(0, len(arrivals), BATCH_EVENTS):
        batch = arrivals[first : first + BATCH_EVENTS]
        land(con, batch, place.at(batch[-1].stream_offset))
    con.close()


def _append(file: Path, arrivals: Sequence[Arrival]) -> None:
    con = connect(file, MEANS)
    con.register("arrived", table_of(arrivals[:0], SCHEMA))
    con.execute("CREATE TABLE raw AS FROM arrived")
    for first in range(0, len(arrivals), BATCH_EVENTS):
        con.register("arrived", table_of(arrivals[first : first + BATCH_EVENTS], SCHEMA))
        con.execute("INSERT INTO raw FROM arrived")
    con.close()


def _methods(scale: Scale, folder: Path) -> list[Line]:
    lines = scale.of(LINES, step=LINES_PER_ORDER)
    orders = lines // LINES_PER_ORDER
    con = open_file(_fresh(folder), MEANS)
    con.execute(_ORDERS, [max(orders // ORDERS_PER_CUSTOMER, 1), orders])
    con.execute(_LINES, [LINES_PER_ORDER])
    asked = {one.name: one for one in QUESTIONS}
    found: list[Line] = []
    for name, bare in _BARE.items():
        parameters = asked[name].accepts.load({"as_of": "2018-01-01T00:00:00Z", "currency": "USD"})
        ours, plain = [], []
        _fetch(con, bare)  # warm: whoever is first would read the disk for the other
        for _ in range(scale.rounds):
            ours.append(_seconds(partial(asked[name].run, con, dict(parameters))))
            plain.append(_seconds(partial(_fetch, con, bare)))
        found += [
            median_of(f"{name} of {lines:,} lines", ours, "s"),
            median_of(f"{name}, bare query", plain, "s"),
            ratio(f"{name} / bare query, time", ours, plain),
        ]
    con.close()
    _fresh(folder)
    return found


def _fetch(con: duckdb.DuckDBPyConnection, query: str) -> None:
    con.execute(query).fetchall()


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _fresh(folder: Path) -> Path:
    for file in folder.glob("bench.duckdb*"):
        file.unlink()
    return folder / "bench.duckdb"
