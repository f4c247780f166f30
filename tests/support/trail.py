"""The audit trail as tests look at it, and the hands that tamper with it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from sqlalchemy import event, select, text
from sqlalchemy.pool import Pool

from chassis import sealing
from chassis.clock import Clock
from chassis.database import Database
from chassis.tables import AUDIT, AUDIT_SEALS, AUDIT_VALUES
from chassis.verifying import Verdict, verify
from tests.support.things import Thing, at_work


class Entry(NamedTuple):
    """One row of the trail with its values."""

    position: int
    kind: str
    id: str
    version: int
    verb: str
    actor: str
    channel: str
    at: Any
    changes: dict[str, list[object]] | None


def entries(database: Database) -> list[Entry]:
    """Return the whole trail in order."""
    a, v = AUDIT.c, AUDIT_VALUES.c
    query = select(
        a.position, a.record_kind, a.record_id, a.version, a.verb, a.actor, a.channel, a.at, v.changes
    ).outerjoin(AUDIT_VALUES, v.position == a.position)  # fmt: skip
    with database.reading() as session:
        rows = session.execute(query.order_by(a.position)).all()
    return [Entry(*row[:-1], None if row[-1] is None else json.loads(row[-1])) for row in rows]


def verdict(database: Database, heads: dict[int, str] | None = None) -> Verdict:
    """Reckon a database's chain."""
    with database.reading() as session:
        return verify(session, heads)


def tamper(database: Database, sql: str) -> None:
    """Change a database behind everybody's back."""
    with database.engine.begin() as connection:
        done = connection.execute(text(sql))
        assert done.rowcount > 0


class House:
    """As much of a running service as sealing asks for."""

    service, clock = "sales", Clock()

    def __init__(self, database: Database) -> None:
        self.database = database


def seal(database: Database) -> int:
    """Seal what is there."""
    runtime: Any = House(database)
    return sealing.seal(runtime)


def some_things(database: Database, count: int, first: int = 0) -> list[str]:
    """Write some things at once."""
    rows: list[dict[str, Any]] = [
        {"id": f"t{n}", "name": f"n{n}", "mail": f"{n}@example.com", "event_seq": 0}
        for n in range(first, first + count)
    ]
    with at_work(database) as work:
        work.write_many(Thing, rows)
    return [row["id"] for row in rows]


def seals(database: Database) -> list[Any]:
    """Return all seals in order."""
    with database.reading() as session:
        return list(session.execute(select(AUDIT_SEALS).order_by(AUDIT_SEALS.c.number)))


@contextmanager
def leaving_deleted_bytes() -> Iterator[None]:
    """Let every SQLite leave deleted bytes in the file: some are built to overwrite them."""

    def leave(connection: Any, _: object) -> None:
        connection.execute("PRAGMA secure_delete = OFF")

    event.listen(Pool, "connect", leave)
    try:
        yield
    finally:
        event.remove(Pool, "connect", leave)
