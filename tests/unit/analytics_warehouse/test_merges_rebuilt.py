"""Who became one is counted as one also by a warehouse that was built anew."""

from datetime import timedelta
from pathlib import Path

from contracts.accounts import CustomerMerged
from services.analytics.warehouse import offline, star
from services.analytics.warehouse.rebuild import Report, Source
from services.analytics.warehouse.store import Means, open_file
from tests.support.analytics import NOW, Warehouse
from tests.support.reports import MORNING, a_call
from tests.support.warehouse import landed, message

MEANS = Means()
NOWHERE = "amqp://nobody@127.0.0.1:1"  # all that is looked for is in the archive
MERGED = CustomerMerged(merge_id="m", task_id="m", winner_id="b", losers=("a",))


class TestRebuild:
    def test_counts_the_same_customers_and_has_the_same_checksums(self, tmp_path: Path) -> None:
        source = Source(tmp_path / "w.duckdb", MEANS, NOWHERE)
        called = [
            message(a_call(f"call-{id_}", MORNING, customer_id=id_), at=MORNING) for id_ in "abz"
        ]
        with open_file(source.file, MEANS) as con:
            landed(con, [*called, message(MERGED, at=MORNING + timedelta(hours=1))])
            before = star.checksums(con)
            counted = Warehouse(con).ask("calls", as_of=NOW, day="2017-06-01")

        report = offline.rebuild(source)

        assert report == Report(events=4, quarantined=0, compared=True)
        with open_file(source.file, MEANS) as con:
            assert star.checksums(con) == before
            assert Warehouse(con).ask("calls", as_of=NOW, day="2017-06-01") == counted
        assert counted["total"]["customers"] == 2
