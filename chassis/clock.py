"""The two clocks: the business instant travels, the real one never does."""

import json
import os
import tempfile
import time
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

# A stat per reading would cost more than the reading; 50 ms is below what a person notices.
REFRESH_SECONDS = 0.05


class Clock:
    """Tell the business instant: the system clock plus the offset in a shared file.

    :raises ValueError: if an offset file is given in production.
    """

    def __init__(self, file: Path | None = None, *, production: bool = False) -> None:
        if file is not None and production:
            raise ValueError("RAPPORT_CLOCK_FILE is refused in production: business time would lie")
        self._file = file
        self._offset = timedelta()
        self._stamp = 0
        self._looked = 0.0

    def now(self) -> datetime:
        """Return the business instant, aware, in UTC."""
        if self._file is not None:
            self._refresh(self._file)
        return real_now() + self._offset

    def _refresh(self, file: Path) -> None:
        instant = time.monotonic()
        if instant - self._looked < REFRESH_SECONDS:
            return
        self._looked = instant
        try:
            stamp = file.stat().st_mtime_ns
            if stamp != self._stamp:
                offset = json.loads(file.read_text())["offset_seconds"]
                self._offset, self._stamp = timedelta(seconds=float(offset)), stamp
        except FileNotFoundError:
            self._offset, self._stamp = timedelta(), 0

    @staticmethod
    def travel(file: Path, to: datetime) -> None:
        """Move the business clock of everybody who reads this file to an instant."""
        offset = (to - real_now()).total_seconds()
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=file.name)
        with os.fdopen(handle, "w") as stream:
            json.dump({"offset_seconds": offset}, stream)
        Path(name).replace(file)


def real_now() -> datetime:
    """Return the real instant (deadlines, token lifetimes, ages)."""
    return datetime.fromtimestamp(time.time(), UTC)


def isoformat(instant: datetime) -> str:
    """Write an instant the way every event and answer writes it: UTC, microseconds, Z."""
    return _written(instant if instant.tzinfo is UTC else instant.astimezone(UTC))


# An event says one instant many times, and the next event says it again. By UTC only: elsewhere an
# hour may come twice, and both would be taken for the same.
@lru_cache(maxsize=8192)
def _written(utc: datetime) -> str:
    return f"{utc.isoformat(timespec='microseconds')[:-6]}Z"
