"""Send an outbox to a quorum queue, by the relay or a confirm each: ``python -m bench.relaying JSON``."""

import bench.green  # noqa: F401  # eventlet patches the standard library before anything imports it

# isort: split
import time
from typing import Any

import eventlet
from sqlalchemy import insert

from bench.child import config, serve
from bench.housing import runtime_of
from bench.making import outbox_rows
from bench.page import Bench
from bench.wires import purge
from chassis.outbox import read_outbox
from chassis.relay import Relay
from chassis.tables import OUTBOX

EXCHANGE, QUEUE = "bench.relay", "bench.relay.q1"
POLL_SECONDS = 0.005


class Sender:
    """A database with a relay that waits for the word."""

    def __init__(self, given: dict[str, Any]) -> None:
        self._uri = given["amqp"]
        self._database = runtime_of(Bench, given).database
        self._may = False
        self._relay = Relay(self._database, "bench")
        self._relay.leads = lambda: self._may
        self._relay.begin(self._uri)

    def run(self, count: int) -> float:
        """Send so many events and return how long it took until none was left, in seconds."""
        self._may = False
        with self._database.begin() as session:
            session.execute(insert(OUTBOX), outbox_rows(count, EXCHANGE))
        begun = time.perf_counter()
        self._may = True
        self._relay.wake()
        while read_outbox(self._database, 1):
            eventlet.sleep(POLL_SECONDS)
        seconds = time.perf_counter() - begun
        purge(self._uri, QUEUE)
        return seconds


if __name__ == "__main__":
    sender = Sender(config())
    serve(run=sender.run)
