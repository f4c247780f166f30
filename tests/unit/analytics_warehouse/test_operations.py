"""How the warehouse stands to the log, and how its rebuild went, is measured and told."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from services.analytics.warehouse import offline, operations
from services.analytics.warehouse.following import Batch, Following
from services.analytics.warehouse.operations import Operations
from services.analytics.warehouse.progress import Place
from services.analytics.warehouse.rebuild import Source
from services.analytics.warehouse.store import Means, Store, archive_of, shadow_of
from services.analytics.warehouse.writer import Writer
from tests.support.waiting import eventually, linger
from tests.support.warehouse import an_order, landed, message

NOWHERE = "amqp://nobody:nothing@127.0.0.1:1/"


class Silent(Following):
    """A log that nothing comes out of."""

    def batches(self) -> Iterator[Batch]:
        """Yield empty batches."""
        while True:
            linger(0.01)
            yield Batch(Place("log", "one", 1))

    def last_offset(self, seconds: float = 0) -> int | None:
        """Return what an empty log says, and one that is slow."""
        return None


class Process:
    """The parts of a warehouse on a silent log."""

    def __init__(self, folder: Path) -> None:
        self.source = Source(folder / "w.duckdb", Means(), NOWHERE, "log")
        self.store = Store(self.source.file, self.source.means)
        self.store.open()
        self.writer = Writer(self.store, Silent(NOWHERE, "log", lambda: self.store.writing))
        self.operations = Operations(self.store, self.writer, self.source)
        self.writer.start()
        eventually(lambda: self.writer.problem is None, because="the log is read")

    def status(self) -> dict[str, Any]:
        """Ask how it stands."""
        with self.store.reading() as con:
            status = self.operations.status(con, {})
        assert isinstance(status, dict)
        return status

    def stop(self) -> None:
        """End the thread and close the file."""
        self.writer.stop()
        self.store.close()


@pytest.fixture
def process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Process]:
    monkeypatch.setattr(operations, "Following", Silent)
    opened = Process(tmp_path)
    yield opened
    opened.stop()


class TestLag:
    def test_of_a_log_that_never_told_anything_is_none(self, process: Process) -> None:
        status = process.status()

        assert (status["lag_events"], status["lag_seconds"]) == (0, 0.0)

    def test_of_a_log_that_told_and_shows_nothing_is_not_known(self, process: Process) -> None:
        landed(process.store.writing, [message(an_order(1))])

        status = process.status()

        assert (status["applied_offset"], status["lag_events"]) == (0, None)


class TestRebuild:
    def test_that_the_machine_fails_at_says_so_and_the_warehouse_goes_on(
        self, process: Process
    ) -> None:
        folder = archive_of(process.source.file)
        folder.mkdir()
        (folder / "quarantine.parquet").write_bytes(b"damaged" * 100)

        with process.store.reading() as con:
            process.operations.rebuild(con, {"accept_changes": False})
        eventually(lambda: process.status()["rebuild"]["state"] == "failed", because="it cannot")

        assert "quarantine.parquet" in process.status()["rebuild"]["problem"]
        assert process.writer.alive() is None

    def test_leaves_no_half_file_behind(self, tmp_path: Path) -> None:
        source = Source(tmp_path / "w.duckdb", Means(), NOWHERE, "log")
        folder = archive_of(source.file)
        folder.mkdir()
        for name in ("progress", "gap"):
            (folder / f"{name}.parquet").write_bytes(b"damaged" * 100)

        with pytest.raises(duckdb.Error, match=r"progress.parquet"):
            offline.rebuild(source)

        assert not shadow_of(source.file).exists()
        assert not source.file.exists()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_lag_that_nobody_measures_any_more_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "LAG_SECONDS", 0.01)
    source = Source(tmp_path / "w.duckdb", Means(), NOWHERE, "log", from_log=False)
    store = Store(source.file, source.means)
    store.open()
    writer = Writer(store, Following(NOWHERE, "log", lambda: store.writing))
    measuring = Operations(store, writer, source)
    measuring.start()
    well = measuring.alive()

    store.writing.execute("DROP TABLE gap")

    told = "The thread that measures the lag has ended."
    eventually(lambda: measuring.alive() == told, because="its question found no answer")
    assert well is None
    measuring.stop()
    assert measuring.alive() is None  # it was told to
    store.close()
