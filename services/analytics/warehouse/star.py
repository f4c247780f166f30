"""The tables of the warehouse and how events become rows of them."""

import hashlib
from collections.abc import Collection

import duckdb

from contracts.base import describe
from services.analytics.warehouse.fact import Fact
from services.analytics.warehouse.facts import FACTS
from services.analytics.warehouse.shapes import shape_of
from services.analytics.warehouse.views import VIEWS

RAW = """
    CREATE TABLE raw_event (
        stream_offset BIGINT NOT NULL, incarnation VARCHAR NOT NULL,
        event_id VARCHAR PRIMARY KEY, type VARCHAR NOT NULL, service VARCHAR NOT NULL,
        subject VARCHAR NOT NULL, sequence BIGINT NOT NULL, occurred_at TIMESTAMPTZ NOT NULL,
        recorded_at TIMESTAMPTZ NOT NULL, correlation_id VARCHAR, actor VARCHAR,
        body VARCHAR NOT NULL, body_hash VARCHAR NOT NULL)"""
# What could not be taken: kept whole, with the reason.
QUARANTINE = """
    CREATE TABLE quarantine (
        stream_offset BIGINT NOT NULL, incarnation VARCHAR NOT NULL, event_id VARCHAR NOT NULL,
        type VARCHAR NOT NULL, reason VARCHAR NOT NULL, sentence VARCHAR NOT NULL,
        headers VARCHAR NOT NULL, body VARCHAR NOT NULL, body_hash VARCHAR NOT NULL,
        seen_at TIMESTAMPTZ NOT NULL)"""
# What the log did not have any more when its turn came; half-open: first missing, first found.
GAP = """
    CREATE TABLE gap (
        incarnation VARCHAR NOT NULL, expected BIGINT NOT NULL, found BIGINT NOT NULL,
        seen_at TIMESTAMPTZ NOT NULL, PRIMARY KEY (incarnation, expected))"""
# One row per life of a stream: how far it is applied, and by what that place is told again.
PROGRESS = """
    CREATE TABLE progress (
        stream VARCHAR NOT NULL, incarnation VARCHAR NOT NULL, ordinal INTEGER NOT NULL,
        begun_because VARCHAR NOT NULL, begun_at TIMESTAMPTZ NOT NULL,
        applied_offset BIGINT, applied_mark VARCHAR, applied_at TIMESTAMPTZ,
        recorded_at TIMESTAMPTZ, applied BIGINT NOT NULL, duplicates BIGINT NOT NULL,
        quarantined BIGINT NOT NULL, PRIMARY KEY (stream, incarnation))"""
SEAL = "CREATE TABLE seal (maker VARCHAR NOT NULL, star VARCHAR NOT NULL)"
MAKER = "rapport warehouse"

DIM_DATE = """
    CREATE TABLE dim_date AS
    SELECT day::DATE AS day, year(day)::INTEGER AS year, quarter(day)::INTEGER AS quarter,
        month(day)::INTEGER AS month, strftime(day, '%Y-%m') AS year_month,
        isoyear(day)::INTEGER AS iso_year, weekofyear(day)::INTEGER AS iso_week,
        isodow(day)::INTEGER AS weekday
    FROM generate_series(DATE '2010-01-01', DATE '2035-12-31', INTERVAL 1 DAY) AS days(day)"""

_COMMON = (
    "event_id VARCHAR NOT NULL, type VARCHAR NOT NULL, sequence BIGINT NOT NULL, "
    "version BIGINT, occurred_at TIMESTAMPTZ NOT NULL"
)
_READ = (
    "SELECT event_id, type, sequence, from_json(body, '{shape}') AS s "
    "FROM {{source}} WHERE type IN ({listed})"
)
_INSERT = (
    "INSERT INTO {table} (event_id, type, sequence, version, occurred_at, {named}) "
    "SELECT event_id, type, sequence, {version}, s.occurred_at, {values} FROM ({inner})"
)
_UNNESTED = "SELECT *, unnest({each}) AS e FROM ({inner})"
# Where a body came from is no part of what it says.
_PLACE = "stream_offset, incarnation"


def create(con: duckdb.DuckDBPyConnection) -> None:
    """Make the tables and views in an empty file."""
    con.execute("SET TimeZone = 'UTC'")
    con.begin()
    for statement in _tables():
        con.execute(statement)
    con.execute("INSERT INTO seal VALUES (?, ?)", [MAKER, print_of_tables()])
    replace_views(con)
    con.commit()


def replace_views(con: duckdb.DuckDBPyConnection) -> None:
    """Say anew what the views are; they hold nothing."""
    for name, statement in VIEWS.items():
        con.execute(f"CREATE OR REPLACE VIEW {name} AS {statement}")


def print_of_tables() -> str:
    """Return what tells this layout of tables from any other."""
    return hashlib.sha256("\n".join(_tables()).encode()).hexdigest()[:16]


def load(con: duckdb.DuckDBPyConnection, source: str, types: Collection[str]) -> None:
    """Append what the events of a relation (columns of raw_event) say; ``types`` are in it."""
    for fact in FACTS:
        if any(describe(cls).name in types for cls in fact.classes):
            con.execute(_INSERTS[fact.name].format(source=source))


def checksums(
    con: duckdb.DuckDBPyConnection, of: str | None = None
) -> dict[str, dict[str, object]]:
    """Return rows and checksum of each table; the order in which events came makes no difference.

    ``of`` is a relation of the only events that count.
    """
    found: dict[str, dict[str, object]] = {}
    those = f"SEMI JOIN {of} USING (event_id)" if of else ""
    for table in ("raw_event", *(fact.name for fact in FACTS)):
        without = f"EXCLUDE ({_PLACE})" if table == "raw_event" else ""
        # The sum sees a row that is there twice, which the exclusive or alone does not.
        row = con.execute(
            f"SELECT count(*), coalesce(bit_xor(hash(one)), 0)::VARCHAR, "  # noqa: S608 - our names
            f"coalesce(sum(hash(one)), 0)::VARCHAR FROM (SELECT * {without} FROM {table} {those}) AS one"
        ).fetchone()
        assert row is not None
        found[table] = {"rows": row[0], "checksum": f"{row[1]}-{row[2]}"}
    return found


def _tables() -> list[str]:
    return [RAW, QUARANTINE, GAP, PROGRESS, SEAL, DIM_DATE, *(_table(fact) for fact in FACTS)]


def _table(fact: Fact) -> str:
    columns = ", ".join(f'"{column.name}" {column.type}' for column in fact.columns)
    return f"CREATE TABLE {fact.name} ({_COMMON}, {columns})"


def _insert(fact: Fact) -> str:
    """Write the statement that appends to a fact; ``{source}`` is the relation of events."""
    listed = ", ".join(f"'{describe(cls).name}'" for cls in fact.classes)
    named = ", ".join(f'"{column.name}"' for column in fact.columns)
    values = ", ".join(column.source for column in fact.columns)
    versioned = any("version" in describe(cls).fields for cls in fact.classes)
    shape = shape_of(fact.classes).replace("{", "{{").replace("}", "}}")
    # Nothing here comes from outside: names and shapes are our own declarations.
    inner = _READ.format(shape=shape, listed=listed)
    if fact.each:
        inner = _UNNESTED.format(each=fact.each, inner=inner)
    version = "s.version" if versioned else "NULL"
    inserted = _INSERT.format(
        table=fact.name, named=named, version=version, values=values, inner=inner
    )
    return inserted + (f" WHERE {fact.where}" if fact.where else "")


_INSERTS = {fact.name: _insert(fact) for fact in FACTS}
