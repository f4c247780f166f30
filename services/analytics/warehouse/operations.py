"""What is asked about the process itself: how it stands, its archive, a rebuild."""

import threading
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

import duckdb
from marshmallow import fields

from chassis.clock import real_now
from chassis.errors import Conflict, Problem, Unavailable
from chassis.logs import get_logger
from chassis.schemas import Accepted, Nothing
from services.analytics.warehouse import archive, metrics, rebuild
from services.analytics.warehouse.following import GLANCE_SECONDS, Following
from services.analytics.warehouse.question import Question, rows_of
from services.analytics.warehouse.rebuild import Source
from services.analytics.warehouse.store import Store, archive_of, shadow_of
from services.analytics.warehouse.writer import Writer

LAG_SECONDS = 10.0  # how often the lag is measured for the metrics
STOP_SECONDS = 10.0

_SUMS = """
    SELECT coalesce(sum(applied), 0) AS applied, coalesce(sum(duplicates), 0) AS duplicates,
        coalesce(sum(quarantined), 0) AS quarantined, max(recorded_at) AS recorded_at,
        (SELECT count(*) FROM gap) AS gaps,
        (SELECT max(seen_at) FROM gap) AS last_gap_at
    FROM progress"""
_NOW = """
    SELECT stream, incarnation, ordinal, begun_because, begun_at, applied_offset, applied_at
    FROM progress ORDER BY ordinal DESC LIMIT 1"""

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Lag:
    """How far the file is behind the log; None where the log cannot be asked."""

    last_offset: int | None
    events: int | None
    seconds: float | None


class RebuildAsked(Accepted):
    """Ask for a rebuild; tables that mended code makes otherwise are swapped only if accepted."""

    accept_changes = fields.Boolean(load_default=False)


class Operations:
    """The questions about this process."""

    def __init__(self, store: Store, writer: Writer, source: Source) -> None:
        self._store, self._writer, self._source = store, writer, source
        self._log = Following(source.amqp_uri, source.stream, lambda: store.writing)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="warehouse-lag", daemon=True)
        self._rebuild: dict[str, object] = {"state": "never"}

    def questions(self) -> tuple[Question, ...]:
        """Return what may be asked."""
        return (
            Question("status", self.status, Nothing()),
            Question("archive", self.archive, Nothing()),
            Question("rebuild", self.rebuild, RebuildAsked()),
        )

    def start(self) -> None:
        """Begin to measure the lag."""
        self._thread.start()

    def stop(self) -> None:
        """Stop measuring."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)

    def alive(self) -> str | None:
        """Say whether the thread that measures the lag has ended: an old figure would look well."""
        if self._stopping.is_set() or self._thread.is_alive():
            return None
        return "The thread that measures the lag has ended."

    def status(self, con: duckdb.DuckDBPyConnection, _: dict[str, Any]) -> object:
        """Say how the warehouse stands to the log, and what it had to leave out."""
        now = rows_of(con, _NOW)
        sums = rows_of(con, _SUMS)[0]
        lag = self._lag(now[0]["applied_offset"] if now else None, sums["recorded_at"])
        return {
            **(now[0] if now else {}),
            **sums,
            "last_offset": lag.last_offset,
            "lag_events": lag.events,
            "lag_seconds": lag.seconds,
            "connected": self._writer.problem is None,
            "problem": self._writer.problem,
            "by_type": _counted(con, "SELECT type, count(*) FROM raw_event GROUP BY 1 ORDER BY 1"),
            "quarantined_by_reason": _counted(
                con, "SELECT reason, count(*) FROM quarantine GROUP BY 1 ORDER BY 1"
            ),
            "rebuild": dict(self._rebuild),
        }

    def archive(self, con: duckdb.DuckDBPyConnection, _: dict[str, Any]) -> object:
        """Bring the archive up to now."""
        return {"months": archive.write(con, archive_of(self._store.file))}

    def rebuild(self, _: duckdb.DuckDBPyConnection, asked: dict[str, Any]) -> object:
        """Begin to build the file anew; ``status`` says how it went.

        :raises Conflict: if that is going on already.
        """
        source = replace(self._source, accept_changes=asked["accept_changes"])
        going: dict[str, object] = {"state": "asked", "since": real_now()}
        if not self._writer.between_batches(partial(self._build, source, going)):
            raise Conflict("A rebuild is going on.", code="warehouse.rebuild.running")
        self._rebuild = going
        return dict(going)

    def _build(self, source: Source, going: dict[str, object]) -> None:
        """Build and swap, on the thread that writes; readers see the standing file meanwhile."""
        going |= {"state": "running", "since": real_now()}
        try:
            report = rebuild.build_shadow(source, self._store.writing, self._writer.beat)
        except (Problem, duckdb.Error, OSError) as failed:
            going |= {"state": "failed", "at": real_now(), "problem": str(failed)}
            log.warning("the rebuild failed", reason=str(failed))
            return
        self._store.replace(shadow_of(self._store.file))
        going |= {
            "state": "done", "at": real_now(), "events": report.events, "changed": report.changed,
        }  # fmt: skip
        log.info("rebuilt", events=report.events, quarantined=report.quarantined)

    def _lag(self, applied: int | None, recorded_at: datetime | None) -> Lag:
        # Asked after the file was looked at: it may say too much, never too little.
        if self._writer.problem is not None:
            return Lag(None, None, None)
        try:
            last = self._log.last_offset(GLANCE_SECONDS)
        except Problem:
            return Lag(None, None, None)
        if last is None:  # empty, or slow: where something came out of it, that is not for sure
            return Lag(None, 0, 0.0) if applied is None else Lag(None, None, None)
        events = max(last - (-1 if applied is None else applied), 0)
        waited = (real_now() - recorded_at).total_seconds() if events and recorded_at else 0.0
        return Lag(last, events, max(waited, 0.0))

    def _watch(self) -> None:
        while not self._stopping.wait(LAG_SECONDS):
            try:
                with self._store.reading() as con:
                    now, sums = rows_of(con, _NOW), rows_of(con, _SUMS)[0]
            except Unavailable:
                continue  # it is being replaced, or closed
            lag = self._lag(now[0]["applied_offset"] if now else None, sums["recorded_at"])
            if lag.events is not None and lag.seconds is not None:
                metrics.LAG_EVENTS.set(lag.events)
                metrics.LAG_SECONDS.set(lag.seconds)


def _counted(con: duckdb.DuckDBPyConnection, statement: str) -> dict[str, int]:
    return {str(name): int(count) for name, count in con.execute(statement).fetchall()}
