"""The one thread that writes: from the log into the file."""

import threading
import time
from collections.abc import Callable
from datetime import datetime

import duckdb

from chassis.clock import real_now
from chassis.errors import Refused, Unavailable
from chassis.logs import get_logger
from services.analytics.warehouse import metrics
from services.analytics.warehouse.arrivals import receive
from services.analytics.warehouse.following import Batch, Following
from services.analytics.warehouse.landing import Landed, land
from services.analytics.warehouse.store import Store

PAUSE_SECONDS = 2.0
STOP_SECONDS = 20.0
STUCK_SECONDS = 180.0  # a batch takes less than one; a broker that is away is given up after 30

# A full disk mends without us; anything else of the engine ends the process.
FAILS_FOR_NOW = (
    duckdb.IOException,
    duckdb.OutOfMemoryException,
    duckdb.TransactionException,  # a commit that could not be written
)

log = get_logger(__name__)


class Writer:
    """Land what the log holds, batch after batch, until told to stop."""

    def __init__(self, store: Store, following: Following) -> None:
        self._store, self._following = store, following
        self._stopping = threading.Event()
        self._errand: Callable[[], None] | None = None
        self._thread = threading.Thread(target=self._run, name="warehouse-writer", daemon=True)
        self._beat = time.monotonic()
        self.problem: str | None = "The log is not being read yet."
        self.fresh_at: datetime | None = None  # up to when the log is known

    def start(self) -> None:
        """Begin to follow the log."""
        self._thread.start()

    def stop(self) -> None:
        """Land the batch in hand and end; what is not landed is read again at the next start."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)

    def alive(self) -> str | None:
        """Say whether the thread has ended or hangs."""
        if not self._thread.is_alive() and not self._stopping.is_set():
            return "The thread that writes the warehouse has ended."
        silent = time.monotonic() - self._beat
        if silent > STUCK_SECONDS:
            return f"The thread that writes the warehouse has said nothing for {silent:.0f} s."
        return None

    def between_batches(self, errand: Callable[[], None]) -> bool:
        """Have something done by the writing thread; say whether it is free for it."""
        if self._errand is not None:
            return False
        self._errand = errand
        return True

    def beat(self) -> None:
        """Say that the thread still works."""
        self._beat = time.monotonic()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self.beat()
            try:
                self._follow()
            except (Unavailable, Refused) as problem:
                self._pause(str(problem))
            except FAILS_FOR_NOW as failed:
                self._pause(f"The database failed: {failed}")

    def _follow(self) -> None:
        for batch in self._following.batches():
            self.beat()
            if batch.deliveries:
                self._land(batch)
            elif batch.ended_by is None:
                self.fresh_at = real_now()
            if batch.ended_by is None:
                self.problem = None
            if self._stopping.is_set() or self._run_errand():
                return

    def _land(self, batch: Batch) -> None:
        begun = time.monotonic()
        arrivals = [receive(one) for one in batch.deliveries]
        landed = land(self._store.writing, arrivals, batch.place)
        metrics.BATCH.observe(time.monotonic() - begun)
        _count(landed)
        self.fresh_at = landed.recorded_at or self.fresh_at

    def _run_errand(self) -> bool:
        errand = self._errand
        if errand is None:
            return False
        try:
            errand()
        finally:
            self._errand = None
        return True  # the file may be another one now

    def _pause(self, problem: str) -> None:
        self.problem = problem
        log.warning("the log is not being read", reason=problem)
        self._stopping.wait(PAUSE_SECONDS)


def _count(landed: Landed) -> None:
    metrics.APPLIED.inc(landed.applied)
    metrics.DUPLICATES.inc(landed.duplicates)
    for reason, events in landed.quarantined.items():
        metrics.QUARANTINED.labels(reason).inc(events)
    if landed.quarantined:
        log.error("events in quarantine", reasons=dict(landed.quarantined))
