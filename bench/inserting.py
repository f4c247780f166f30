"""Insert the rows that an import wrote, and nothing else: ``python -m bench.inserting JSON``."""

import time
from typing import Any

from psycopg2.extras import execute_values, register_default_json
from sqlalchemy import Engine, create_engine, event

from bench.child import config, serve
from chassis import migrate
from chassis.tables import Base

# What an import writes for a customer.
WRITTEN = (
    "customers", "external_ids", "search_terms", "import_rows", "import_keys", "audit",
    "audit_values", "outbox",
)  # fmt: skip
# In which order what came later stands behind what came before; ids grow with time.
ORDERED = {"search_terms": "customer_id, record_id, term"}


class Copier:
    """A database that an import has filled, and one like it that only takes the rows."""

    def __init__(self, given: dict[str, Any]) -> None:
        migrate.upgrade("accounts", given["floor"])
        self._source, self._floor = _engine(given["url"]), _engine(given["floor"])
        self._moved = dict.fromkeys(WRITTEN, 0)

    def insert(self) -> dict[str, float]:
        """Insert what came since the last time in one transaction; return seconds and rows."""
        rows = {table: self._new(table) for table in WRITTEN}
        with self._floor.raw_connection() as connection:
            cursor = connection.cursor()
            begun = time.perf_counter()
            for table, values in rows.items():
                _insert(cursor, table, values, self._floor.dialect.name)
            connection.commit()
            seconds = time.perf_counter() - begun
        return {"seconds": seconds, "rows": sum(map(len, rows.values()))}

    def _new(self, table: str) -> list[tuple[Any, ...]]:
        keys = ", ".join(one.name for one in Base.metadata.tables[table].primary_key)
        order, limit = ORDERED.get(table, keys), "LIMIT -1 " * (self._source.name == "sqlite")
        query = f"SELECT * FROM {table} ORDER BY {order} {limit}OFFSET {self._moved[table]}"
        with self._source.raw_connection() as connection:
            cursor = connection.cursor()
            cursor.execute(query)
            found = [tuple(row) for row in cursor.fetchall()]
        self._moved[table] += len(found)
        return found


def _engine(url: str) -> Engine:
    engine = create_engine(url)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: object) -> None:
        if engine.dialect.name == "postgresql":  # a JSON value stays the text that it is
            register_default_json(connection, loads=lambda value: value)
            return
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    return engine


def _insert(cursor: Any, table: str, values: list[tuple[Any, ...]], dialect: str) -> None:
    """Insert as quickly as the driver does it: psycopg2's executemany would go row by row."""
    if dialect == "postgresql":
        execute_values(cursor, f"INSERT INTO {table} VALUES %s", values, page_size=1000)
        return
    marks = ",".join("?" * len(values[0]))
    cursor.executemany(f"INSERT INTO {table} VALUES ({marks})", values)


if __name__ == "__main__":
    copier = Copier(config())
    serve(insert=copier.insert)
