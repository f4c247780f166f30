"""What is told and not yet confirmed, and the calls under way: durable, in one transaction.

Written by one thread and emptied by another, each with a connection of its own.
"""

import fcntl
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from chassis.errors import Conflict, Unavailable
from services.telephony.bridge import metrics

VERSION = 1
BUSY_SECONDS = 10.0
OVERHEAD_BYTES = 300  # of a row beside its texts: indexes, headers of pages, the id
ALARM_SHARE = 0.5
WAL_BYTES = 16_000_000
_TABLES = """
CREATE TABLE IF NOT EXISTS outbox (
    position INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, exchange TEXT NOT NULL,
    routing_key TEXT NOT NULL, headers TEXT NOT NULL, body BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS calls (linkedid TEXT PRIMARY KEY, state BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One event that is to be published; ``position`` is its place in the spool."""

    id: str
    exchange: str
    routing_key: str
    headers: str  # JSON
    body: bytes
    position: int = 0

    @property
    def size(self) -> int:
        """Return about how much of the spool it takes."""
        return len(self.headers) + len(self.body) + OVERHEAD_BYTES


class Spool:
    """The bridge's memory on disk.

    :raises Unavailable: if the directory cannot be written, or the file is damaged.
    :raises Conflict: if another bridge uses it.
    """

    def __init__(self, directory: Path, limit_bytes: int) -> None:
        self._file, self.limit_bytes = directory / "spool.db", limit_bytes
        self._counted = threading.Lock()
        self.rows = self.bytes = 0
        self._held = ExitStack()
        try:
            directory.mkdir(parents=True, exist_ok=True)
            self._claim(self._held.enter_context((directory / "lock").open("w")))
            self._writer = self._connect("FULL")
            # To forget a deletion only means to publish again.
            self._reader = self._connect("NORMAL")
            self._prepare()
        except (OSError, sqlite3.Error) as wrong:
            self.close()
            raise Unavailable(f"The spool {self._file} cannot be used: {wrong}.") from wrong
        except Conflict:
            self.close()
            raise
        metrics.SPOOL_LIMIT.set(limit_bytes)
        self._count(0, 0)

    @property
    def full(self) -> bool:
        """Say whether nothing more may be written."""
        return self.bytes >= self.limit_bytes

    @property
    def alarming(self) -> bool:
        """Say whether it is more than half full."""
        return self.bytes > self.limit_bytes * ALARM_SHARE

    def load(self) -> tuple[dict[str, bytes], dict[str, str]]:
        """Return the calls that were under way, by linkedid, and the facts that were kept."""
        calls = dict(self._writer.execute("SELECT linkedid, state FROM calls").fetchall())
        return calls, dict(self._writer.execute("SELECT name, value FROM facts").fetchall())

    def write(
        self, rows: list[Row], calls: Mapping[str, bytes | None], facts: Mapping[str, str]
    ) -> None:
        """Keep events, calls (None: it is over) and facts, all or nothing, through a power failure.

        :raises sqlite3.Error: if the disk is full or fails.
        """
        gone = [(linkedid,) for linkedid, state in calls.items() if state is None]
        kept = [one for one in calls.items() if one[1] is not None]
        cursor = self._writer.cursor()
        cursor.execute("BEGIN IMMEDIATE")
        try:
            cursor.executemany(
                "INSERT INTO outbox (id, exchange, routing_key, headers, body) VALUES (?, ?, ?, ?, ?)",
                [(one.id, one.exchange, one.routing_key, one.headers, one.body) for one in rows],
            )
            cursor.executemany("DELETE FROM calls WHERE linkedid = ?", gone)
            cursor.executemany("INSERT OR REPLACE INTO calls VALUES (?, ?)", kept)
            cursor.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?)", list(facts.items()))
            cursor.execute("COMMIT")
        except sqlite3.Error:
            if self._writer.in_transaction:
                cursor.execute("ROLLBACK")
            raise
        self._count(len(rows), sum(one.size for one in rows))

    def next(self, count: int) -> list[Row]:
        """Return the oldest events that wait.

        :raises Unavailable: if the disk fails.
        """
        with self._emptying():
            found = self._reader.execute(
                "SELECT id, exchange, routing_key, headers, body, position FROM outbox"
                " ORDER BY position LIMIT ?",
                (count,),
            )
            return [Row(*one) for one in found.fetchall()]

    def settle(self, rows: Iterable[Row]) -> None:
        """Forget events that the broker has.

        :raises Unavailable: if the disk is full or fails; they go to the broker once more then.
        """
        done = list(rows)
        with self._emptying():
            self._reader.execute("BEGIN IMMEDIATE")
            self._reader.executemany(
                "DELETE FROM outbox WHERE position = ?", [(one.position,) for one in done]
            )
            self._reader.execute("COMMIT")
        self._count(-len(done), -sum(one.size for one in done))

    def close(self) -> None:
        """Let go of the file."""
        self._held.close()

    @contextmanager
    def _emptying(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as failed:
            if self._reader.in_transaction:
                self._reader.execute("ROLLBACK")
            raise Unavailable(f"The spool {self._file} cannot be emptied: {failed}.") from failed

    def _claim(self, lock: TextIO) -> None:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as taken:
            raise Conflict(f"Another bridge uses the spool {self._file.parent}.") from taken

    def _connect(self, synchronous: str) -> sqlite3.Connection:
        found = sqlite3.connect(
            self._file, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        self._held.callback(found.close)
        found.execute("PRAGMA journal_mode = WAL")
        found.execute(f"PRAGMA synchronous = {synchronous}")
        found.execute(f"PRAGMA journal_size_limit = {WAL_BYTES}")
        return found

    def _prepare(self) -> None:
        (version,) = self._writer.execute("PRAGMA user_version").fetchone()
        if version not in (0, VERSION):
            raise OSError(f"it was written by another version of the bridge ({version})")
        self._writer.executescript(_TABLES)
        self._writer.execute(f"PRAGMA user_version = {VERSION}")
        self.rows, size = self._writer.execute(
            "SELECT count(*), coalesce(sum(length(headers) + length(body)), 0) FROM outbox"
        ).fetchone()
        self.bytes = size + self.rows * OVERHEAD_BYTES

    def _count(self, rows: int, size: int) -> None:
        with self._counted:
            self.rows, self.bytes = self.rows + rows, self.bytes + size
            metrics.SPOOL_ROWS.set(self.rows)
            metrics.SPOOL_BYTES.set(self.bytes)
            metrics.SPOOL_ALARM.set(self.alarming)
