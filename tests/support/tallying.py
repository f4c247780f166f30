"""The tally as a process that may be doomed: ``python -m tests.support.tallying JSON``.

JSON: url, amqp, keys, box; optional point and nth (chaos/doomed.py), lease.
"""

from chaos import doomed  # eventlet patches the standard library before anything imports it

# isort: split
import json
import signal
import sys
from typing import Any

import eventlet

from chassis import processes
from chassis.container import Container
from chassis.leader import Leader
from chassis.logs import configure
from chassis.service import RUNTIME_KEY
from tests.support.tally import Tally, runtime_of


def main(given: dict[str, Any]) -> None:
    """Run until death, or SIGTERM."""
    if "point" in given:
        doomed.plant(given["point"], given["nth"])
    processes.LEASE_SECONDS = given.get("lease", processes.LEASE_SECONDS)
    configure("tally", "INFO")
    runtime = runtime_of(given)
    runtime.database.claim()
    container = Container(Tally, {"AMQP_URI": given["amqp"], RUNTIME_KEY: runtime})
    leader = Leader(runtime)

    def stop() -> None:
        container.stop()
        leader.stop()

    signal.signal(signal.SIGTERM, lambda *_: eventlet.spawn_n(stop))
    container.start()
    leader.start()
    print("tally started", flush=True)
    container.wait()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
