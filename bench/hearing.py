"""A fact handler with inbox and effect on a quorum queue: ``python -m bench.hearing JSON``."""

import bench.green  # noqa: F401  # eventlet patches the standard library before anything imports it

# isort: split
import time
from typing import Any

import eventlet
from sqlalchemy import delete, event, func, select
from sqlalchemy.orm import Session

from bench.child import config, serve
from bench.housing import container_of, runtime_of
from bench.making import outbox_rows, published
from bench.page import EFFECTS, Hearer
from bench.wires import fill
from chassis.runtime import Runtime
from chassis.tables import INBOX

QUEUE = "hearer.notes.q1"
applied: list[float] = []  # instants of commits


@event.listens_for(Session, "after_commit")
def _note_instant(session: Session) -> None:
    applied.extend([time.perf_counter()] * len(session.info.pop("heard", [])))


def run(runtime: Runtime, count: int) -> dict[str, float]:
    """Apply so many events that wait in the queue; return the seconds, and the effects there are."""
    fill(runtime.settings.amqp_uri, QUEUE, map(published, outbox_rows(count)))
    with runtime.database.begin() as session:
        for table in (INBOX, EFFECTS):
            session.execute(delete(table))
    applied.clear()
    container: Any = container_of(Hearer, runtime)
    container.start()
    while len(applied) < count:
        eventlet.sleep(0.002)
    container.stop()
    with runtime.database.reading() as session:
        effects = session.scalar(select(func.count()).select_from(EFFECTS)) or 0
    return {"seconds": applied[-1] - applied[0], "effects": effects}


def main() -> None:
    """Serve."""
    runtime = runtime_of(Hearer, config())
    serve(run=lambda count: run(runtime, count))


if __name__ == "__main__":
    main()
