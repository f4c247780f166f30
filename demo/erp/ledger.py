"""The ERP's own durable record: what was sent and which verdict came back."""

import sqlite3
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from demo.erp.schedule import Posting

_TABLES: Final = """
create table if not exists sent (
    position integer primary key,
    key text not null,
    message_id text not null,
    external_id text not null,
    revision integer not null,
    lines integer not null,
    amount_minor integer not null,
    sent_at real not null
);
create index if not exists sent_message on sent (message_id);
create table if not exists verdicts (
    message_id text primary key,
    accepted integer not null,
    outcome text not null,
    reason text not null,
    told_at real not null,
    times integer not null default 1
);
create table if not exists heard (
    event_id text primary key,
    key text not null,
    subject text not null,
    told_at real not null
);
create table if not exists strays (
    key text not null,
    body blob not null,
    told_at real not null
);
"""
_BUSY_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was told back about one message."""

    message_id: str
    accepted: bool
    outcome: str  # how it was accepted, or the code of the refusal
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Tally:
    """The ledger in figures; only the newest revision of an order counts for the sums."""

    posted: int
    messages: int  # distinct message ids
    orders: int
    lines: int
    amount_minor: int
    accepted: int
    refused: int
    outcomes: dict[str, int]
    verdicts_repeated: int
    round_trip_p50_ms: float | None  # posted and confirmed, to verdict read
    round_trip_p95_ms: float | None
    round_trip_p99_ms: float | None

    @property
    def outstanding(self) -> int:
        """Count the messages without a verdict."""
        return self.messages - self.accepted - self.refused


class Ledger:
    """One SQLite file; an instance is used by one thread at a time."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(
            file, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        self._db.execute("pragma journal_mode=wal")
        self._db.execute("pragma synchronous=full")
        self._db.executescript(_TABLES)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def settled(self) -> frozenset[int]:
        """List the postings that were sent and have their verdict."""
        rows = self._db.execute("select position from sent join verdicts using (message_id)")
        return frozenset(row[0] for row in rows)

    def answered(self) -> frozenset[str]:
        """List the messages that have their verdict."""
        return frozenset(row[0] for row in self._db.execute("select message_id from verdicts"))

    def note_sent(self, postings: Iterable[Posting], sent_at: dict[int, float]) -> None:
        """Record postings that the broker has confirmed, with the instant of each."""
        rows = [
            (
                one.position,
                one.key,
                one.message_id,
                one.external_id,
                one.revision,
                one.lines,
                one.amount_minor,
                sent_at[one.position],
            )
            for one in postings
        ]
        with self._db:  # commits, or rolls back when something raises
            self._db.execute("begin immediate")
            self._db.executemany("insert or ignore into sent values (?,?,?,?,?,?,?,?)", rows)

    def note_verdicts(self, verdicts: Iterable[Verdict]) -> None:
        """Record verdicts; the first of each message stands, a repeat is only counted."""
        now = time.time()
        rows = [(v.message_id, v.accepted, v.outcome, v.reason, now) for v in verdicts]
        with self._db:
            self._db.execute("begin immediate")
            self._db.executemany(
                "insert into verdicts (message_id, accepted, outcome, reason, told_at)"
                " values (?,?,?,?,?) on conflict (message_id) do update set times = times + 1",
                rows,
            )

    def note_heard(self, event_id: str, key: str, subject: str) -> None:
        """Record an event that the house told its partners, once."""
        self._db.execute(
            "insert or ignore into heard values (?,?,?,?)", (event_id, key, subject, time.time())
        )

    def heard(self) -> dict[str, int]:
        """Count the events that were heard, by type."""
        return dict(self._db.execute("select key, count(*) from heard group by key order by key"))

    def note_stray(self, key: str, body: bytes) -> None:
        """Keep what came to the verdict queue and is no verdict, for a person to read."""
        self._db.execute("insert into strays values (?,?,?)", (key, body, time.time()))

    def strays(self) -> int:
        """Count what was no verdict."""
        (count,) = self._db.execute("select count(*) from strays").fetchone()
        return int(count)

    def refusals(self, limit: int) -> list[Verdict]:
        """List the first refusals with their reasons."""
        rows = self._db.execute(
            "select message_id, outcome, reason from verdicts where not accepted"
            " order by told_at limit ?",
            (limit,),
        )
        return [Verdict(id_, False, code, reason) for id_, code, reason in rows]

    def tally(self, key: str) -> Tally:
        """Sum up what was sent under a routing key and what came back."""
        posted, messages = self._db.execute(
            "select count(*), count(distinct message_id) from sent where key = ?", (key,)
        ).fetchone()
        # Bare columns beside max() come from the row of the maximum: SQLite's own rule.
        orders, lines, amount = self._db.execute(
            "select count(*), coalesce(sum(lines), 0), coalesce(sum(amount_minor), 0) from"
            " (select external_id, lines, amount_minor, max(revision)"
            "  from sent where key = ? group by external_id)",
            (key,),
        ).fetchone()
        outcomes, accepted, refused, repeated = self._verdicts(key)
        trips = self._round_trips(key)
        return Tally(
            posted=posted,
            messages=messages,
            orders=orders,
            lines=lines,
            amount_minor=amount,
            accepted=accepted,
            refused=refused,
            outcomes=outcomes,
            verdicts_repeated=repeated,
            round_trip_p50_ms=_quantile(trips, 0.5),
            round_trip_p95_ms=_quantile(trips, 0.95),
            round_trip_p99_ms=_quantile(trips, 0.99),
        )

    def _verdicts(self, key: str) -> tuple[dict[str, int], int, int, int]:
        rows = self._db.execute(
            "select accepted, outcome, count(*), sum(times - 1) from verdicts"
            " where message_id in (select message_id from sent where key = ?)"
            " group by accepted, outcome order by outcome",
            (key,),
        ).fetchall()
        outcomes = {outcome: count for _, outcome, count, _ in rows}
        accepted = sum(count for good, _, count, _ in rows if good)
        refused = sum(count for good, _, count, _ in rows if not good)
        return outcomes, accepted, refused, sum(row[3] for row in rows)

    def _round_trips(self, key: str) -> list[float]:
        rows = self._db.execute(
            "select told_at - min(sent_at) from sent join verdicts using (message_id)"
            " where key = ? and told_at >= sent_at group by message_id order by 1",
            (key,),
        )
        return [row[0] for row in rows]


def _quantile(ascending: list[float], share: float) -> float | None:
    if not ascending:
        return None
    place = min(len(ascending) - 1, int(share * len(ascending)))
    return round(ascending[place] * 1000, 3)
