"""The archive: every raw event in monthly Parquet files beside the warehouse, longer than the log keeps it.

It only grows. A file that holds less, because it began without the archive or the log had lost
something, adds what it has and takes nothing out.
"""

from pathlib import Path

import duckdb

RAW = "raw-*.parquet"
# In this order: the place is written last, so that it never claims what is not there. Of two rows
# of one key this one is kept: what was set apart first, the widest gap, the place further on.
_WHOLE = {
    "quarantine": ("event_id, body_hash", "seen_at"),
    "gap": ("incarnation, expected", "found DESC"),
    "progress": ("stream, incarnation", "applied_offset DESC NULLS LAST"),
}
# A file that began without the archive counted its lives from one.
_IN_ORDER = """
    SELECT * REPLACE (row_number() OVER (
        PARTITION BY stream ORDER BY begun_at, ordinal)::INTEGER AS ordinal)
    FROM progress_of_both"""


def write(con: duckdb.DuckDBPyConnection, folder: Path) -> dict[str, int]:
    """Add what a connection sees to the archive; return month -> events, where some are new.

    Killed in between it is only behind: each file is replaced whole, and the place comes last.
    """
    folder.mkdir(exist_ok=True)
    written = {}
    months = con.execute("SELECT DISTINCT strftime(recorded_at, '%Y-%m') FROM raw_event").fetchall()
    for (month,) in sorted(months):
        file = folder / f"raw-{month}.parquet"
        known = f"ANTI JOIN {_of(file)} USING (event_id)" if file.exists() else ""
        new = f"FROM raw_event {known} WHERE strftime(recorded_at, '%Y-%m') = '{month}'"
        if _count(con, new):
            # By event id, which ascends in time: what is equal in time packs well.
            _copy(con, f"FROM ({_with_archived(new, file)}) ORDER BY event_id", file)
            written[str(month)] = _count(con, f"FROM {_of(file)}")
    for table in _WHOLE:
        _copy(con, _merged(table, folder), folder / f"{table}.parquet")
    return written


def exists(folder: Path) -> bool:
    """Say whether there is an archive to build from."""
    return (folder / "progress.parquet").exists()


def _merged(table: str, folder: Path) -> str:
    key, first = _WHOLE[table]
    both = _with_archived(f"FROM {table}", folder / f"{table}.parquet")
    kept = f"FROM ({both}) QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY {first}) = 1"
    return f"WITH progress_of_both AS ({kept}) {_IN_ORDER}" if table == "progress" else kept


def _with_archived(query: str, file: Path) -> str:
    return f"FROM {_of(file)} UNION ALL BY NAME {query}" if file.exists() else query


def _count(con: duckdb.DuckDBPyConnection, query: str) -> int:
    row = con.execute(f"SELECT count(*) FROM ({query})").fetchone()  # noqa: S608 - our names
    return int(row[0]) if row else 0


def _of(file: Path) -> str:
    quoted = str(file).replace("'", "''")
    return f"read_parquet('{quoted}')"


def _copy(con: duckdb.DuckDBPyConnection, query: str, file: Path) -> None:
    part = file.with_name(f"{file.name}.part")
    quoted = str(part).replace("'", "''")
    con.execute(f"COPY ({query}) TO '{quoted}' (FORMAT parquet, COMPRESSION zstd)")
    part.replace(file)
