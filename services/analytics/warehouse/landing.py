"""Landing a batch: raw events, star, counts and the place in the log, in one transaction."""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

import duckdb

from chassis.clock import real_now
from services.analytics.warehouse import judging, progress, star
from services.analytics.warehouse.arrivals import (
    REJECTED,
    SCHEMA,
    Arrival,
    Reason,
    Rejected,
    reject,
    table_of,
)
from services.analytics.warehouse.progress import Counts, Place
from services.analytics.warehouse.shapes import instant_of

CONFLICT = "another event with this id stands in the warehouse"
# What the content of a row can cause; a full disk or a lack of memory is none of these.
OF_THE_DATA = (duckdb.DataError, duckdb.InvalidInputException, duckdb.ConstraintException)

_INSERT_RAW = f"""
    INSERT INTO raw_event BY NAME
    SELECT stream_offset, ? AS incarnation, event_id, type, service, subject, sequence,
        coalesce({instant_of("said[1]")}, recorded_at) AS occurred_at, recorded_at,
        correlation_id, said[2] AS actor, body, body_hash
    FROM (SELECT *, json_extract_string(body, ['$.occurred_at', '$.actor']) AS said FROM sound)
    ON CONFLICT DO NOTHING RETURNING event_id"""  # noqa: S608 - our pattern
_STANDING = """
    SELECT sound.event_id FROM sound
    JOIN raw_event ON raw_event.event_id = sound.event_id
        AND raw_event.body_hash <> sound.body_hash"""
_INSERT_REJECTED = """
    INSERT INTO quarantine BY NAME
    SELECT *, ? AS incarnation, ? AS seen_at FROM rejected
    WHERE NOT EXISTS (SELECT 1 FROM quarantine AS old
        WHERE old.event_id = rejected.event_id AND old.body_hash = rejected.body_hash)
    RETURNING reason"""


@dataclass(frozen=True, slots=True)
class Landed:
    """What became of a batch."""

    applied: int = 0
    duplicates: int = 0
    quarantined: Counter[str] = field(default_factory=Counter)  # reason -> events
    recorded_at: datetime | None = None  # of the newest

    def __add__(self, other: "Landed") -> "Landed":
        return Landed(
            self.applied + other.applied,
            self.duplicates + other.duplicates,
            self.quarantined + other.quarantined,
            max(filter(None, (self.recorded_at, other.recorded_at)), default=None),
        )


def land(
    con: duckdb.DuckDBPyConnection, batch: Sequence[Arrival | Rejected], place: Place
) -> Landed:
    """Apply a batch and move on to its place, in one transaction.

    What the database itself refuses is looked for by halves, so that one event never stops the log.

    :raises duckdb.Error: if it is the machine that fails, not the data; nothing is applied then.
    """
    con.begin()
    try:
        landed = _land(con, batch, place)
        con.commit()
    except OF_THE_DATA as refused:
        _undo(con)
        if len(batch) > 1:
            middle = len(batch) // 2
            before = place.at(batch[middle - 1].stream_offset)
            return land(con, batch[:middle], before) + land(con, batch[middle:], place)
        if not (batch and isinstance(batch[0], Arrival)):
            raise
        return land(con, [reject(batch[0], Reason.ENGINE, str(refused))], place)
    except duckdb.Error:
        _undo(con)
        raise
    return landed


def _undo(con: duckdb.DuckDBPyConnection) -> None:
    """Roll back, unless the engine has done so: a commit that fails on a full disk leaves nothing."""
    with suppress(duckdb.TransactionException):
        con.rollback()


def _land(
    con: duckdb.DuckDBPyConnection, batch: Sequence[Arrival | Rejected], place: Place
) -> Landed:
    arrived, conflicts, twins = _apart([one for one in batch if isinstance(one, Arrival)])
    rejected = [one for one in batch if isinstance(one, Rejected)]
    said = _judge(con, arrived)
    sound = [one for one in arrived if one.event_id not in said]
    new, taken = _append(con, sound, place)
    conflicts += [one for one in sound if one.event_id in taken]
    rejected += [reject(one, Reason.CONFLICT, CONFLICT) for one in conflicts]
    rejected += [
        reject(one, Reason.SHAPE, said[one.event_id]) for one in arrived if one.event_id in said
    ]
    kept = _keep_apart(con, rejected, place)
    duplicates = twins + len(sound) - len(new) - len(taken) + len(rejected) - kept.total()
    newest = max((one.recorded_at for one in arrived), default=None)
    progress.advance(con, place, newest, Counts(len(new), duplicates, kept.total()))
    return Landed(len(new), duplicates, kept, newest)


def _apart(arrived: Sequence[Arrival]) -> tuple[list[Arrival], list[Arrival], int]:
    """Take the first of each id; return also who has another's id, and how many came twice."""
    first: dict[str, Arrival] = {}
    others = [one for one in arrived if first.setdefault(one.event_id, one) is not one]
    conflicts = [one for one in others if one.body_hash != first[one.event_id].body_hash]
    return list(first.values()), conflicts, len(others) - len(conflicts)


def _judge(con: duckdb.DuckDBPyConnection, arrived: Sequence[Arrival]) -> dict[str, str]:
    if not arrived:
        return {}
    con.register("arrived", table_of(arrived, SCHEMA))
    return judging.faults(con, {one.type for one in arrived})


def _append(
    con: duckdb.DuckDBPyConnection, sound: Sequence[Arrival], place: Place
) -> tuple[list[Arrival], set[str]]:
    """Append what is new to all layers; return it, and the ids that stand with another body."""
    if not sound:
        return [], set()
    con.register("sound", table_of(sound, SCHEMA))
    inserted = {row[0] for row in con.execute(_INSERT_RAW, [place.incarnation]).fetchall()}
    new, taken = list(sound), set()
    if len(inserted) < len(sound):
        taken = {row[0] for row in con.execute(_STANDING).fetchall()}
        new = [one for one in sound if one.event_id in inserted]
        con.register("sound", table_of(new, SCHEMA))
    star.load(con, "sound", {one.type for one in new})
    return new, taken


def _keep_apart(
    con: duckdb.DuckDBPyConnection, rejected: Sequence[Rejected], place: Place
) -> Counter[str]:
    """Put events into quarantine; return how many by reason, without those that are there."""
    if not rejected:
        return Counter()
    con.register("rejected", table_of(rejected, REJECTED))
    rows = con.execute(_INSERT_REJECTED, [place.incarnation, real_now()]).fetchall()
    return Counter(str(row[0]) for row in rows)
