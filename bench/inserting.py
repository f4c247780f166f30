"""Insert the rows that an import wrote, and nothing else: ``python -m bench.inserting JSON``."""

import sqlite3
import time
from typing import Any

from sqlalchemy.engine import make_url

from bench.child import config, serve
from chassis import migrate

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
        self._source = sqlite3.connect(make_url(given["url"]).database or "")
        self._floor = sqlite3.connect(make_url(given["floor"]).database or "")
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            self._floor.execute(f"PRAGMA {pragma}")
        self._moved = dict.fromkeys(WRITTEN, 0)

    def insert(self) -> dict[str, float]:
        """Insert what came since the last time in one transaction; return seconds and rows."""
        rows = {table: self._new(table) for table in WRITTEN}
        begun = time.perf_counter()
        for table, values in rows.items():
            marks = ",".join("?" * len(values[0]))
            self._floor.executemany(f"INSERT INTO {table} VALUES ({marks})", values)
        self._floor.commit()
        return {"seconds": time.perf_counter() - begun, "rows": sum(map(len, rows.values()))}

    def _new(self, table: str) -> list[tuple[Any, ...]]:
        order = ORDERED.get(table, "rowid")
        query = f"SELECT * FROM {table} ORDER BY {order} LIMIT -1 OFFSET ?"
        found = self._source.execute(query, (self._moved[table],)).fetchall()
        self._moved[table] += len(found)
        return found


if __name__ == "__main__":
    copier = Copier(config())
    serve(insert=copier.insert)
