"""How far each life of the log is applied; kept in the transaction of what was applied."""

import dataclasses
from dataclasses import dataclass
from datetime import datetime

import duckdb

from chassis.clock import real_now
from chassis.ids import new_id

MARK_UNKNOWN = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A place in one life of a stream: a stream that is made anew begins at 0 again."""

    stream: str
    incarnation: str
    ordinal: int
    offset: int | None = None  # the last that was applied
    mark: str = MARK_UNKNOWN  # what the message there is told again by

    def at(self, offset: int, mark: str = MARK_UNKNOWN) -> "Place":
        """Return another place of the same life."""
        return dataclasses.replace(self, offset=offset, mark=mark)


@dataclass(frozen=True, slots=True)
class Counts:
    """What a batch adds to the books of a life."""

    applied: int = 0
    duplicates: int = 0
    quarantined: int = 0


def current(con: duckdb.DuckDBPyConnection, stream: str) -> Place | None:
    """Return where the newest life of a stream stands; None before the first."""
    row = con.execute(
        "SELECT incarnation, ordinal, applied_offset, applied_mark FROM progress "
        "WHERE stream = ? ORDER BY ordinal DESC LIMIT 1",
        [stream],
    ).fetchone()
    return Place(stream, row[0], row[1], row[2], row[3] or MARK_UNKNOWN) if row else None


def begin(con: duckdb.DuckDBPyConnection, stream: str, because: str) -> Place:
    """Begin a new life of a stream, at its first event."""
    before = current(con, stream)
    place = Place(stream, new_id(), before.ordinal + 1 if before else 1)
    con.execute(
        "INSERT INTO progress (stream, incarnation, ordinal, begun_because, begun_at, applied, "
        "duplicates, quarantined) VALUES (?, ?, ?, ?, ?, 0, 0, 0)",
        [stream, place.incarnation, place.ordinal, because, real_now()],
    )
    return place


def advance(
    con: duckdb.DuckDBPyConnection, place: Place, recorded_at: datetime | None, counts: Counts
) -> None:
    """Move a life on to a place (within the transaction of what was applied)."""
    con.execute(
        "UPDATE progress SET applied_offset = ?, applied_mark = ?, applied_at = ?, "
        "recorded_at = coalesce(greatest(recorded_at, ?), recorded_at), applied = applied + ?, "
        "duplicates = duplicates + ?, quarantined = quarantined + ? "
        "WHERE stream = ? AND incarnation = ?",
        [
            place.offset,
            place.mark,
            real_now(),
            recorded_at,
            counts.applied,
            counts.duplicates,
            counts.quarantined,
            place.stream,
            place.incarnation,
        ],
    )


def note_gap(con: duckdb.DuckDBPyConnection, place: Place, expected: int, found: int) -> bool:
    """Write down that events are missing; say whether this is news: more than was known."""
    row = con.execute(
        "INSERT INTO gap VALUES (?, ?, ?, ?) "
        "ON CONFLICT DO UPDATE SET found = excluded.found WHERE excluded.found > gap.found",
        [place.incarnation, expected, found, real_now()],
    ).fetchone()
    return bool(row and row[0])


def beyond_gap(con: duckdb.DuckDBPyConnection, place: Place) -> int | None:
    """Return where the log goes on, if it is known to have a gap behind a place."""
    row = con.execute(
        "SELECT found FROM gap WHERE incarnation = ? AND expected = ?",
        [place.incarnation, int(place.offset or 0) + 1],
    ).fetchone()
    return int(row[0]) if row else None
