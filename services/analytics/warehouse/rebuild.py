"""Building the warehouse anew: from the archive and the rest of the log, beside the standing file."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain, groupby
from pathlib import Path
from typing import Any

import duckdb

from chassis.envelope import decode
from chassis.errors import Conflict, Problem
from chassis.topology.names import LOG_STREAM
from services.analytics.warehouse import archive, progress, star
from services.analytics.warehouse.arrivals import (
    Arrival,
    Reason,
    Rejected,
    mark_of,
    receive,
)
from services.analytics.warehouse.following import Following
from services.analytics.warehouse.landing import land
from services.analytics.warehouse.progress import Place
from services.analytics.warehouse.question import rows_of
from services.analytics.warehouse.store import Means, archive_of, connect, shadow_of

CHUNK = 5_000
QUIET_SECONDS = 10.0  # a log that shows nothing for so long does not hold what is looked for
_ARRIVAL = ", ".join(Arrival._fields)
_TOLD = "SELECT event_id, body_hash FROM raw_event"
# What is judged otherwise by now is in quarantine: apart, but not missing.
_MISSING = """
    SELECT count(*) FROM told
    ANTI JOIN raw_event USING (event_id, body_hash)
    ANTI JOIN quarantine USING (event_id, body_hash)"""


class Differs(Conflict):
    """Say that what was built anew lacks or changes what stands; nothing was swapped."""

    code = "warehouse.rebuild.differs"


@dataclass(frozen=True, slots=True)
class Source:
    """What to build from: where the file lies, the log, and whether to pass over the archive."""

    file: Path
    means: Means
    amqp_uri: str
    stream: str = LOG_STREAM
    from_log: bool = False
    accept_changes: bool = False  # tables that mended code makes otherwise may be swapped


@dataclass(slots=True)
class Report:
    """What was built."""

    events: int
    quarantined: int
    compared: bool
    more: int = 0  # events than stood
    missing: int = 0  # of those that stood
    changed: list[str] = field(default_factory=list)  # tables that say otherwise of what stood


def build_shadow(
    source: Source, standing: duckdb.DuckDBPyConnection | None, beat: Callable[[], None]
) -> Report:
    """Fill the shadow file and compare it with the standing one, as far as that has come.

    :raises Differs: if events are missing, or tables changed and that is not accepted; the shadow
        stays, to be looked at.
    :raises Unavailable: if the log cannot be read.
    """
    shadow = shadow_of(source.file)
    _remove(shadow)
    if standing is not None:
        archive.write(standing, archive_of(source.file))
    try:
        report = _build(source, standing, beat)
    except (Problem, duckdb.Error, OSError):
        _remove(shadow)  # half of it is of no use, and may be what filled the disk
        raise
    _refuse(report, source, shadow)
    return report


def _remove(file: Path) -> None:
    for one in (file, file.with_name(f"{file.name}.wal")):
        one.unlink(missing_ok=True)


def _build(
    source: Source, standing: duckdb.DuckDBPyConnection | None, beat: Callable[[], None]
) -> Report:
    folder = archive_of(source.file)
    con = connect(shadow_of(source.file), source.means, folder)
    try:
        star.create(con)
        if archive.exists(folder) and not source.from_log:
            _restore(con, folder, beat)
        until = progress.current(standing, source.stream) if standing else None
        _read_tail(con, source, until, beat)
        return _report(con, standing)
    finally:
        con.close()


def _restore(con: duckdb.DuckDBPyConnection, folder: Path, beat: Callable[[], None]) -> None:
    """Land what the archive holds, by the same way as from the log: it is judged anew."""
    for table in ("progress", "gap"):
        _take_over(con, folder, table)
    lives = {
        row["incarnation"]: Place(row["stream"], row["incarnation"], row["ordinal"])
        for row in rows_of(con, "FROM progress")
    }
    for chunk in chain(_chunks(con, folder), [_kept_apart(con, folder)]):
        for incarnation, rows in groupby(chunk, key=lambda one: one[0]):
            beat()
            batch = [row for _, row in rows]
            # Killed while it wrote, the archive holds events of a life that it does not count yet.
            life = lives.get(incarnation, Place("", incarnation, 0))
            land(con, batch, life.at(batch[-1].stream_offset))
    # Landing counted it all once more.
    con.execute("DELETE FROM progress")
    _take_over(con, folder, "progress")


def _take_over(con: duckdb.DuckDBPyConnection, folder: Path, table: str) -> None:
    con.execute(
        f"INSERT INTO {table} BY NAME FROM read_parquet(?)",
        [str(folder / f"{table}.parquet")],
    )


def _chunks(
    con: duckdb.DuckDBPyConnection, folder: Path
) -> Iterator[list[tuple[str, Arrival | Rejected]]]:
    files = [str(file) for file in sorted(folder.glob(archive.RAW))]
    if not files:
        return
    cursor = con.cursor()
    reader = cursor.execute(
        f"SELECT incarnation, {_ARRIVAL} FROM read_parquet(?) "  # noqa: S608 - our columns
        "LEFT JOIN (SELECT incarnation, ordinal FROM progress) USING (incarnation) "
        "ORDER BY ordinal NULLS LAST, incarnation, stream_offset",
        [files],
    ).to_arrow_reader(CHUNK)
    for chunk in reader:
        yield [(row.pop("incarnation"), _arrival(row)) for row in chunk.to_pylist()]
    cursor.close()


def _arrival(row: dict[str, Any]) -> Arrival:
    instant: datetime = row["recorded_at"]
    return Arrival(**row | {"recorded_at": instant.astimezone(UTC)})


def _kept_apart(
    con: duckdb.DuckDBPyConnection, folder: Path
) -> list[tuple[str, Arrival | Rejected]]:
    """Return what was in quarantine: what could be read as an event gets another chance."""
    rows = rows_of(
        con,
        "FROM read_parquet(?) ORDER BY incarnation, stream_offset",
        [str(folder / "quarantine.parquet")],
    )
    return [(row["incarnation"], _again(row)) for row in rows]


def _again(row: dict[str, Any]) -> Arrival | Rejected:
    if row["reason"] == Reason.ENVELOPE:
        return Rejected(*(row[name] for name in Rejected._fields))
    headers: Any = decode(row["headers"])
    return Arrival(
        row["stream_offset"],
        row["event_id"],
        row["type"],
        row["type"].partition(".")[0],
        headers["ce-subject"],
        int(headers["ce-sequence"]),
        datetime.fromisoformat(headers["ce-time"]),
        headers["ce-correlationid"],
        row["body"],
        row["body_hash"],
    )


def _read_tail(
    con: duckdb.DuckDBPyConnection, source: Source, until: Place | None, beat: Callable[[], None]
) -> None:
    """Land what the log holds beyond the archive, up to a place or to its present end."""
    following = Following(source.amqp_uri, source.stream, lambda: con)
    target = until.offset if until else following.last_offset()
    quiet_since = time.monotonic()
    while not _reached(con, source.stream, target):
        for batch in following.batches():
            beat()
            kept = [one for one in batch.deliveries if int(one.offset or 0) <= int(target or 0)]
            if kept:
                last = kept[-1]
                land(
                    con,
                    [receive(one) for one in kept],
                    batch.place.at(int(last.offset or 0), mark_of(last)),
                )
                quiet_since = time.monotonic()
            if _reached(con, source.stream, target):
                return
            if time.monotonic() - quiet_since > QUIET_SECONDS:
                return


def _reached(con: duckdb.DuckDBPyConnection, stream: str, target: int | None) -> bool:
    place = progress.current(con, stream)
    return target is None or (
        place is not None and (-1 if place.offset is None else place.offset) >= target
    )


def _report(con: duckdb.DuckDBPyConnection, standing: duckdb.DuckDBPyConnection | None) -> Report:
    con.execute("CHECKPOINT")
    events = _count(con, "SELECT count(*) FROM raw_event")
    report = Report(events, _count(con, "SELECT count(*) FROM quarantine"), standing is not None)
    if standing is not None:
        # One pass from file to file: neither may look into the other.
        con.register("read", standing.execute(_TOLD).to_arrow_reader(CHUNK))
        con.execute("CREATE TEMP TABLE told AS FROM read")
        report.missing = _count(con, _MISSING)
        ours, theirs = star.checksums(con, of="told"), star.checksums(standing)
        report.more = events - int(str(ours["raw_event"]["rows"]))
        report.changed = sorted(name for name in ours if ours[name] != theirs.get(name))
    return report


def _refuse(report: Report, source: Source, shadow: Path) -> None:
    left = f"nothing was swapped, {shadow} can be looked at."
    if report.missing:
        raise Differs(
            f"Built anew, it lacks {report.missing} events that stand; {left}",
            detail={"missing": report.missing, "tables": report.changed},
        )
    if report.changed and not source.accept_changes:
        raise Differs(
            f"Built anew, {', '.join(report.changed)} differs from what stands; {left} "
            "If that is what mended code was to bring, rebuild with --accept-changes.",
            detail={"tables": report.changed},
        )


def _count(con: duckdb.DuckDBPyConnection, query: str) -> int:
    row = con.execute(query).fetchone()
    return int(row[0]) if row else 0
