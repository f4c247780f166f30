"""A service that takes itself for the leader, whatever the election says: `python -m chaos.stubborn SERVICE`."""

from chassis import runner  # eventlet patches the standard library before anything imports it

# isort: split
import os
import sys

from chassis.config import environment
from chassis.election import Election


def main(service: str) -> int:
    """Run a service whose relay, timers and other duties never rest."""
    setattr(Election, "leads", lambda _: True)  # noqa: B010  # mypy would not have it
    return runner.run(service, environment())


if __name__ == "__main__":
    status = main(sys.argv[1])
    sys.stdout.flush()
    os._exit(status)
