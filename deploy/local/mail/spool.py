"""What the sink has accepted, and the faults it is told to have: one SQLite file for both."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from enum import StrEnum
from pathlib import Path

FILE = "spool.db"
BUSY_SECONDS = 10
EVERYBODY = "*"
ALWAYS = -1

_TABLES = """
CREATE TABLE IF NOT EXISTS messages (
    position INTEGER PRIMARY KEY AUTOINCREMENT, message_id TEXT, recipient TEXT NOT NULL,
    accepted_at REAL NOT NULL, raw BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS ix_messages_message_id ON messages (message_id);
CREATE TABLE IF NOT EXISTS faults (
    position INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, recipient TEXT NOT NULL,
    remaining INTEGER NOT NULL, code INTEGER NOT NULL, seconds REAL NOT NULL
);
"""


class Fault(StrEnum):
    """What can go wrong with a mail server, seen by who sends."""

    STALL = "stall"  # the message is accepted, and the answer comes late
    DROP = "drop"  # the message is accepted, and the connection ends without an answer
    RECIPIENT = "recipient"  # the address is refused with a code
    CONTENT = "content"  # the message is refused with a code after all of it was sent


@dataclass(frozen=True, slots=True)
class Stored:
    """One message, as it was accepted for one recipient."""

    message_id: str  # without angle brackets
    recipient: str
    accepted_at: float  # real clock
    raw: bytes

    def parsed(self) -> EmailMessage:
        """Return the message with its headers and parts."""
        return message_from_bytes(self.raw, policy=default)


@dataclass(frozen=True, slots=True)
class Order:
    """A fault to have now."""

    kind: Fault
    code: int
    seconds: float


class Sink:
    """Read what a mail sink has accepted, and tell it what to do wrong."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        # Kept: to open the file anew took longer than to write a message into it.
        self._spool = sqlite3.connect(
            directory / FILE, timeout=BUSY_SECONDS, check_same_thread=False
        )
        self._lock = threading.Lock()
        self._spool.execute("PRAGMA journal_mode = WAL")
        self._spool.execute("PRAGMA synchronous = NORMAL")
        with self._open() as spool:
            spool.executescript(_TABLES)

    def messages(self, recipient: str | None = None) -> list[Stored]:
        """Return every accepted message, oldest first, perhaps of one recipient."""
        query = "SELECT message_id, recipient, accepted_at, raw FROM messages"
        given: tuple[str, ...] = ()
        if recipient is not None:
            query, given = f"{query} WHERE recipient = ?", (recipient,)
        with self._open() as spool:
            return [Stored(*row) for row in spool.execute(f"{query} ORDER BY position", given)]

    def by_message_id(self, message_id: str) -> list[Stored]:
        """Return what was accepted under a Message-ID; more than one is one too many."""
        query = "SELECT message_id, recipient, accepted_at, raw FROM messages WHERE message_id = ?"
        with self._open() as spool:
            return [Stored(*row) for row in spool.execute(query, (message_id.strip("<>"),))]

    def message_ids(self) -> list[str]:
        """Return the Message-IDs of all that was accepted, oldest first."""
        with self._open() as spool:
            found = spool.execute("SELECT message_id FROM messages ORDER BY position")
            return [str(row[0]) for row in found]

    def keep(self, message_id: str, recipient: str, raw: bytes) -> None:
        """Store a message for one recipient."""
        with self._open() as spool:
            spool.execute(
                "INSERT INTO messages (message_id, recipient, accepted_at, raw)"
                " VALUES (?, ?, ?, ?)",
                (message_id.strip("<>"), recipient, time.time(), raw),
            )

    def fail(
        self,
        kind: Fault,
        *,
        recipient: str = EVERYBODY,
        times: int = ALWAYS,
        code: int = 0,
        seconds: float = 0.0,
    ) -> None:
        """Have a fault from now on, for one recipient or everybody, so many times or always."""
        with self._open() as spool:
            spool.execute(
                "INSERT INTO faults (kind, recipient, remaining, code, seconds)"
                " VALUES (?, ?, ?, ?, ?)",
                (kind.value, recipient, times, code, seconds),
            )

    def recover(self) -> None:
        """Have no fault any more."""
        with self._open() as spool:
            spool.execute("DELETE FROM faults")

    def clear(self) -> None:
        """Forget every message and every fault."""
        with self._open() as spool:
            spool.execute("DELETE FROM messages")
            spool.execute("DELETE FROM faults")

    def order(self, kinds: tuple[Fault, ...], recipient: str) -> Order | None:
        """Take the first fault of these kinds that this recipient is to meet, once."""
        marks = ", ".join("?" for _ in kinds)
        query = (
            f"SELECT position, kind, code, seconds FROM faults WHERE kind IN ({marks})"  # noqa: S608 - marks only
            " AND recipient IN (?, ?) AND remaining <> 0 ORDER BY position LIMIT 1"
        )
        with self._open() as spool:
            found = spool.execute(query, (*kinds, recipient, EVERYBODY)).fetchone()
            if found is None:
                return None
            used = (
                "UPDATE faults SET remaining = remaining - 1 WHERE position = ? AND remaining > 0"
            )
            spool.execute(used, (found[0],))
            return Order(Fault(found[1]), found[2], found[3])

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._spool:
            yield self._spool
