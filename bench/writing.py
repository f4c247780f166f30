"""One write use case against a bare insert of a like row: ``python -m bench.writing JSON``."""

import bench.green  # noqa: F401  # eventlet patches the standard library before anything imports it

# isort: split
import time
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.orm import Session

from bench.child import config, serve
from bench.floor import Floor, FloorNote
from bench.housing import runtime_of
from bench.page import NOTE, Bench
from chassis.answering import answerer
from chassis.clock import real_now
from chassis.context import Request
from chassis.ids import new_id
from chassis.rows import RpcRow
from chassis.runtime import Runtime


def bare_engine(url: str) -> Engine:
    """Make an engine as SQLAlchemy makes it, as durable as ours."""
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def prepare(connection: Any, _: object) -> None:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")

    Floor.metadata.create_all(engine)
    return engine


def insert_bare(engine: Engine, count: int) -> float:
    """Insert so many rows, each in a transaction; return how long it took, in seconds."""
    begun = time.perf_counter()
    for _ in range(count):
        with Session(engine) as session:
            now: datetime = real_now()
            session.add(
                FloorNote(
                    id=new_id(), version=1, event_seq=1, entity_id="group", created_at=now,
                    updated_at=now, owner_id="rep-1", **NOTE,
                )
            )  # fmt: skip
            session.commit()
    return time.perf_counter() - begun


def write(runtime: Runtime, token: str, count: int) -> float:
    """Run the use case so many times as a request would; return how long it took, in seconds."""
    row = Bench.rows["add_note"]
    assert isinstance(row, RpcRow)
    answer = answerer(runtime, row)
    begun = time.perf_counter()
    for _ in range(count):
        id_ = new_id()
        answer(NOTE, Request("add_note", id_, id_, id_, token, None, time.monotonic() + 10))
    return time.perf_counter() - begun


def main() -> None:
    """Serve."""
    given = config()
    engine = bare_engine(given["url"])
    runtime = runtime_of(Bench, given)
    token = given["token"]
    serve(
        bare=lambda count: insert_bare(engine, count),
        write=lambda count: write(runtime, token, count),
    )


if __name__ == "__main__":
    main()
