"""The chassis' machinery in a process of its own, for tests that kill it: ``python -m tests.support.machinery JSON``.

JSON: url, amqp, keys, journal; optional clock, lease, poll, pause (seconds; the last between attempts to connect), own (a postbox),
tell (how many events to commit, one by one), alone (relay without an election).
"""

import warnings

warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
import eventlet

eventlet.monkey_patch()

import json
import signal
import sys
import time
from pathlib import Path
from typing import Any

from sqlalchemy import select

from chassis import broker, processes, relay
from chassis.leader import Leader
from chassis.logs import configure
from chassis.origin import internal
from chassis.runtime import Runtime
from chassis.tables import OUTBOX
from tests.support.journeys import JOURNEY, OUTING, ring, runtime_of
from tests.support.things import Thing, changed


def main(config: dict[str, Any]) -> None:
    """Run until SIGTERM."""
    configure("sales", "INFO")
    processes.LEASE_SECONDS = config.get("lease", processes.LEASE_SECONDS)
    relay.POLL_SECONDS = config.get("poll", relay.POLL_SECONDS)
    broker.FIRST_PAUSE_SECONDS = config.get("pause", broker.FIRST_PAUSE_SECONDS)
    broker.LONGEST_PAUSE_SECONDS = config.get("pause", broker.LONGEST_PAUSE_SECONDS)
    clock = config.get("clock")
    runtime = runtime_of(config["url"], Path(config["keys"]), config["amqp"], clock and Path(clock))
    runtime.timers["test.ring"] = ring
    runtime.processes |= {known.kind: known for known in (JOURNEY, OUTING)}
    runtime.own = config.get("own")
    stopping = eventlet.event.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.ready() or stopping.send())
    leader = Leader(runtime)
    if config.get("alone"):
        leader.relay.leads = lambda: True
        leader.relay.begin(config["amqp"])
        stopping.wait()
        leader.relay.end()
        return
    runtime.database.claim()
    leader.start()
    journal = Path(config["journal"])
    watch = eventlet.spawn(note_lead, leader, journal)
    for _ in range(config.get("tell", 0)):
        tell(runtime, journal)
    stopping.wait()
    watch.kill()
    leader.stop()


def note_lead(leader: Leader, journal: Path) -> None:
    """Write down when this process begins to lead."""
    while not leader.election.leads():
        eventlet.sleep(0.02)
    note(journal, "leads")


def tell(runtime: Runtime, journal: Path) -> None:
    """Commit one event, and write down how long it stayed in the outbox."""
    with runtime.working(internal("sales", "test")) as work:
        work.tell(changed, work.add(Thing(name=f"told {time.time_ns()}")))
    runtime.wake()
    committed = time.monotonic()
    waiting = True
    while waiting:
        eventlet.sleep(0.005)
        with runtime.database.reading() as session:
            waiting = session.scalar(select(OUTBOX.c.position).limit(1)) is not None
    note(journal, f"gone {time.monotonic() - committed:.3f}")


def note(journal: Path, line: str) -> None:
    """Append a line that outlives the process."""
    with journal.open("a") as file:
        file.write(line + "\n")


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
