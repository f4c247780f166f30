"""A service whose clock is wrong: `python -m chaos.skewed SERVICE FILE`.

The file holds by how many seconds; it may change while the service runs, and the clock jumps then.
"""

from chassis import runner  # eventlet patches the standard library before anything imports it

# isort: split
import os
import sys
import time
from datetime import datetime, tzinfo
from pathlib import Path

from jwt import api_jwt

from chassis.config import environment

LOOK_SECONDS = 0.1
ARGUMENTS = 3  # the program, the service and the file

_real, _real_ns = time.time, time.time_ns


class Skew:
    """By how much this process is wrong."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._seconds = 0.0
        self._looked = float("-inf")

    def seconds(self) -> float:
        """Return what the file says, as of a moment ago."""
        now = time.monotonic()
        if now - self._looked > LOOK_SECONDS:
            self._looked = now
            self._seconds = float(self._file.read_text(encoding="ascii") or self._seconds)
        return self._seconds


def plant(skew: Skew) -> None:
    """Make everything in this process that asks for the time get the wrong one."""

    class Skewed(datetime):
        """What PyJWT asks: it does not look at ``time``."""

        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "Skewed":
            """Return the wrong instant."""
            return cls.fromtimestamp(time.time(), tz)

    time.time = lambda: _real() + skew.seconds()
    time.time_ns = lambda: _real_ns() + int(skew.seconds() * 1_000_000_000)
    vars(api_jwt)["datetime"] = Skewed


def main() -> int:
    """Run a service with a wrong clock."""
    if len(sys.argv) != ARGUMENTS:
        print("usage: python -m chaos.skewed SERVICE FILE", file=sys.stderr)
        return runner.EXIT_USAGE
    plant(Skew(Path(sys.argv[2])))
    return runner.run(sys.argv[1], environment())


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    os._exit(status)
