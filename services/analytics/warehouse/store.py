"""The one DuckDB file: opened by one process, read by many cursors, replaced by a rebuild."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from chassis.errors import Conflict, Unavailable
from services.analytics.warehouse import star

TEMP_BYTES = "8GB"  # what a query may spill
CHECKPOINT_BYTES = "64MB"
SWAP_SECONDS = 10.0  # how long a swap waits for those who read
CUT_SECONDS = 0.1  # between two interruptions: whoever reads may have been between two queries
GONE_SECONDS = 10.0  # within which whoever is interrupted has gone


class FileTaken(Unavailable):
    """Say that another process has the file open."""

    code = "warehouse.file.taken"


class ForeignFile(Conflict):
    """Say that the file is none of ours, or damaged."""

    code = "warehouse.file.foreign"


class OtherLayout(Conflict):
    """Say that the file was laid out by another version of the warehouse."""

    code = "warehouse.file.other_layout"


@dataclass(frozen=True, slots=True)
class Means:
    """How much of the machine the warehouse may take."""

    memory: str = "512MB"
    threads: int = 2


def archive_of(file: Path) -> Path:
    """Name the folder of the archive beside a file."""
    return file.with_name(f"{file.name}.archive")


def shadow_of(file: Path) -> Path:
    """Name the file that a rebuild fills."""
    return file.with_name(f"{file.name}.shadow")


def connect(file: Path, means: Means, archive: Path | None = None) -> duckdb.DuckDBPyConnection:
    """Open a file, which is made if it is not there.

    Queries may touch no file but this one and the archive beside it, or the one that is named.

    :raises FileTaken: if another process has it open.
    :raises ForeignFile: if it is no DuckDB file, or damaged.
    """
    reachable = str(archive or archive_of(file))
    try:
        con = duckdb.connect(
            str(file),
            config={
                "memory_limit": means.memory,
                "threads": means.threads,
                "temp_directory": str(file.with_name(f"{file.name}.tmp")),
                "max_temp_directory_size": TEMP_BYTES,
                "checkpoint_threshold": CHECKPOINT_BYTES,
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
            },
        )
        con.execute("SET TimeZone = 'UTC'")
        # In this order: once the door to the outside is shut, nobody opens it again.
        con.execute("SET allowed_directories = [?]", [reachable])
        con.execute("SET enable_external_access = false")
    except duckdb.Error as failed:
        raise _explained(file, failed) from failed
    return con


def open_file(file: Path, means: Means) -> duckdb.DuckDBPyConnection:
    """Open a warehouse; an empty one gets its tables.

    :raises FileTaken: if another process has it open.
    :raises ForeignFile: if it is no warehouse, or damaged.
    :raises OtherLayout: if another version laid it out.
    """
    con = connect(file, means)
    try:
        _prove(file, con)
    except duckdb.Error as failed:
        con.close()
        raise _explained(file, failed) from failed
    except Conflict:
        con.close()
        raise
    return con


def _prove(file: Path, con: duckdb.DuckDBPyConnection) -> None:
    tables = {row[0] for row in con.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    if not tables:
        star.create(con)
        return
    if "seal" not in tables:
        raise ForeignFile(f"{file} is a database, but not one of the warehouse.")
    row = con.execute("SELECT maker, star FROM seal").fetchone()
    if row is None or row[0] != star.MAKER:
        raise ForeignFile(f"{file} is a database, but not one of the warehouse.")
    if row[1] != star.print_of_tables():
        raise OtherLayout(
            f"{file} was laid out by another version of the warehouse; "
            "run `python -m services.analytics.warehouse rebuild`."
        )
    star.replace_views(con)


def _explained(file: Path, failed: duckdb.Error) -> FileTaken | ForeignFile:
    if "set lock" in str(failed):
        return FileTaken(f"{file} is in use by another process; only one can have it open.")
    first = str(failed).strip().splitlines()[0]
    return ForeignFile(f"{file} cannot be opened as a warehouse: {first}")


class Store:
    """The open file of this process."""

    def __init__(self, file: Path, means: Means) -> None:
        self.file, self.means = file, means
        self._con: duckdb.DuckDBPyConnection | None = None
        self._change = threading.Condition()
        self._cursors: set[duckdb.DuckDBPyConnection] = set()  # of those who read

    def open(self) -> None:
        """Open the file.

        :raises Problem: as ``open_file`` does.
        """
        self._con = open_file(self.file, self.means)

    def close(self) -> None:
        """Close the file; who reads is interrupted."""
        with self._change:
            con, self._con = self._con, None
            if con is not None:
                self._cut()
                con.interrupt()
                con.close()

    @property
    def writing(self) -> duckdb.DuckDBPyConnection:
        """Return the connection of the one thread that writes.

        :raises Unavailable: if the file is not open.
        """
        if self._con is None:
            raise Unavailable("The warehouse is not open.", code="warehouse.closed")
        return self._con

    @contextmanager
    def reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a cursor that cannot write and sees one state of the file.

        :raises Unavailable: if the file is not open, is being replaced for too long, or was replaced
            or closed before the reader was done.
        """
        with self._change:
            if not self._change.wait_for(lambda: self._con is not None, SWAP_SECONDS):
                raise Unavailable("The warehouse is not open.", code="warehouse.closed")
            con = self.writing
            cursor = con.cursor()
            self._cursors.add(cursor)
        try:
            cursor.execute("SET TimeZone = 'UTC'")
            cursor.execute("BEGIN TRANSACTION READ ONLY")
            yield cursor
        except (duckdb.Error, Unavailable) as cut:
            if self._con is con:
                raise
            raise Unavailable(
                "The warehouse was replaced meanwhile; ask again.", code="warehouse.replaced"
            ) from cut
        finally:
            with self._change:
                cursor.close()
                self._cursors.discard(cursor)
                self._change.notify_all()

    def replace(self, by: Path) -> None:
        """Put another file in the place of this one, which is kept as ``.previous``."""
        with self._change:
            con, self._con = self._con, None
            if not self._change.wait_for(lambda: not self._cursors, SWAP_SECONDS):
                self._cut()
            if con is not None:
                con.close()
            swap(self.file, by)
            self._con = open_file(self.file, self.means)
            self._change.notify_all()

    def _cut(self) -> None:
        """Interrupt those who read until they are gone; a query that still ran would hold up the close."""
        give_up = time.monotonic() + GONE_SECONDS
        while self._cursors and time.monotonic() < give_up:
            for cursor in self._cursors:
                cursor.interrupt()
            self._change.wait(CUT_SECONDS)


def swap(file: Path, by: Path) -> None:
    """Let one file take the place of another, which is kept as ``.previous``."""
    for ending in ("", ".wal"):  # a journal left behind would be played into the new file
        old = file.with_name(file.name + ending)
        if old.exists():
            old.replace(file.with_name(f"{file.name}.previous{ending}"))
    by.replace(file)
