"""The archive: every raw event in monthly Parquet files beside the warehouse, longer than the log keeps it."""

from pathlib import Path

import duckdb

RAW = "raw-*.parquet"
# In this order: the place is written last, so that it never claims what is not there.
_WHOLE = ("quarantine", "gap", "progress")


def write(con: duckdb.DuckDBPyConnection, folder: Path) -> dict[str, int]:
    """Bring the archive up to what a connection sees; return month -> events written anew.

    Killed in between it is only behind: each file is replaced whole, and the place comes last.
    """
    folder.mkdir(exist_ok=True)
    written = {}
    months = con.execute(
        "SELECT strftime(recorded_at, '%Y-%m') AS month, count(*) FROM raw_event "
        "GROUP BY month ORDER BY month"
    ).fetchall()
    for month, events in months:
        file = folder / f"raw-{month}.parquet"
        if _count(con, file) != events:
            # By event id, which ascends in time: what is equal in time packs well.
            _copy(
                con,
                f"SELECT * FROM raw_event WHERE strftime(recorded_at, '%Y-%m') = '{month}' "  # noqa: S608 - a month
                "ORDER BY event_id",
                file,
            )
            written[str(month)] = int(events)
    for table in _WHOLE:
        _copy(con, f"FROM {table}", folder / f"{table}.parquet")
    return written


def exists(folder: Path) -> bool:
    """Say whether there is an archive to build from."""
    return (folder / "progress.parquet").exists()


def _count(con: duckdb.DuckDBPyConnection, file: Path) -> int | None:
    if not file.exists():
        return None
    row = con.execute("SELECT count(*) FROM read_parquet(?)", [str(file)]).fetchone()
    return int(row[0]) if row else None


def _copy(con: duckdb.DuckDBPyConnection, query: str, file: Path) -> None:
    part = file.with_name(f"{file.name}.part")
    quoted = str(part).replace("'", "''")
    con.execute(f"COPY ({query}) TO '{quoted}' (FORMAT parquet, COMPRESSION zstd)")
    part.replace(file)
