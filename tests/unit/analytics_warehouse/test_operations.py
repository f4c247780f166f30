"""How the warehouse stands to the log is measured by a thread, and its end is told."""

from pathlib import Path

import pytest

from services.analytics.warehouse import operations
from services.analytics.warehouse.following import Following
from services.analytics.warehouse.operations import Operations
from services.analytics.warehouse.rebuild import Source
from services.analytics.warehouse.store import Means, Store
from services.analytics.warehouse.writer import Writer
from tests.support.waiting import eventually

NOWHERE = "amqp://nobody:nothing@127.0.0.1:1/"


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
