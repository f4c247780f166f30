"""The archive, and a rebuild from it: the same warehouse, wherever it is built from."""

from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from services.analytics.warehouse import archive, judging, offline, progress, rebuild, star
from services.analytics.warehouse.following import Following
from services.analytics.warehouse.rebuild import Differs, Report, Source, build_shadow
from services.analytics.warehouse.store import ForeignFile, Means, archive_of, connect, open_file
from tests.support.warehouse import Message, an_order, landed, message, rows

MEANS = Means()
NOWHERE = "amqp://nobody@127.0.0.1:1"  # all that is looked for is in the archive


def _told() -> list[Message]:
    orders = [message(an_order(number)) for number in range(20)]
    revised = message(an_order(3, revision=2, version=2, lines=4), sequence=2)
    return [*orders, revised, orders[2], orders[5].but(total_minor=7), message(an_order(77)).but(lines=7)]  # fmt: skip


@pytest.fixture
def source(tmp_path: Path) -> Source:
    return Source(tmp_path / "w.duckdb", MEANS, NOWHERE)


@pytest.fixture
def standing(source: Source) -> duckdb.DuckDBPyConnection:
    con = open_file(source.file, MEANS)
    landed(con, _told())
    return con


class TestArchive:
    def test_holds_every_event_by_month(
        self, standing: duckdb.DuckDBPyConnection, tmp_path: Path
    ) -> None:
        folder = archive_of(tmp_path / "w.duckdb")
        november = message(an_order(50))
        headers = november.headers | {"ce-time": "2026-12-01T00:00:00.000000Z"}
        december = Message(
            exchange=november.exchange, key=november.key, headers=headers, body=november.body
        )
        landed(standing, [december])

        written = archive.write(standing, folder)

        assert written == {"2026-11": 21, "2026-12": 1}
        assert sorted(file.name for file in folder.iterdir()) == [
            "gap.parquet", "progress.parquet", "quarantine.parquet", "raw-2026-11.parquet",
            "raw-2026-12.parquet",
        ]  # fmt: skip
        assert rows(duckdb.connect(), f"SELECT event_id FROM '{folder}/raw-2026-12.parquet'") == [
            (december.id,)
        ]

    def test_writes_only_what_is_new(
        self, standing: duckdb.DuckDBPyConnection, tmp_path: Path
    ) -> None:
        folder = archive_of(tmp_path / "w.duckdb")
        archive.write(standing, folder)

        again = archive.write(standing, folder)
        landed(standing, [message(an_order(60))])
        later = archive.write(standing, folder)

        assert (again, later) == ({}, {"2026-11": 22})

    def test_keeps_what_a_file_that_began_without_it_does_not_hold(
        self, standing: duckdb.DuckDBPyConnection, tmp_path: Path
    ) -> None:
        folder = archive_of(tmp_path / "w.duckdb")
        archive.write(standing, folder)
        with connect(tmp_path / "later.duckdb", MEANS, folder) as later:
            star.create(later)
            landed(later, [message(an_order(100)), message(an_order(101)).but(lines=7)])

            written = archive.write(later, folder)

        kept = duckdb.connect()
        assert written == {"2026-11": 22}
        assert rows(
            kept, f"SELECT count(*), count(DISTINCT incarnation) FROM '{folder}/raw-*.parquet'"
        ) == [(22, 2)]
        assert rows(kept, f"SELECT count(*) FROM '{folder}/quarantine.parquet'") == [(3,)]
        lives = f"SELECT ordinal, applied_offset FROM '{folder}/progress.parquet' ORDER BY ordinal"
        assert rows(kept, lives) == [(1, 23), (2, 1)]

    def test_does_not_go_back_with_a_file_that_does(
        self, standing: duckdb.DuckDBPyConnection, tmp_path: Path
    ) -> None:
        folder = archive_of(tmp_path / "w.duckdb")
        standing.execute("CHECKPOINT")
        (tmp_path / "old.duckdb").write_bytes((tmp_path / "w.duckdb").read_bytes())
        landed(standing, [message(an_order(100))])
        archive.write(standing, folder)

        with connect(tmp_path / "old.duckdb", MEANS, folder) as old:
            written = archive.write(old, folder)

        kept = duckdb.connect()
        assert written == {}
        assert rows(kept, f"SELECT count(*) FROM '{folder}/raw-*.parquet'") == [(22,)]
        assert rows(kept, f"SELECT applied_offset FROM '{folder}/progress.parquet'") == [(24,)]


class TestRebuild:
    def test_from_the_archive_is_the_same_warehouse(
        self, source: Source, standing: duckdb.DuckDBPyConnection
    ) -> None:
        before = star.checksums(standing)
        books = rows(standing, "SELECT * EXCLUDE (begun_at, applied_at, recorded_at) FROM progress")
        standing.close()

        report = offline.rebuild(source)

        # Two are apart: one that cannot be read, one whose id is taken by another body.
        assert report == Report(events=21, quarantined=2, compared=True)
        with open_file(source.file, MEANS) as con:
            assert star.checksums(con) == before
            after = rows(con, "SELECT * EXCLUDE (begun_at, applied_at, recorded_at) FROM progress")
            assert after == books
            assert rows(con, "SELECT event_id, reason FROM quarantine ORDER BY reason") == [
                (_ids(con)[5], "conflict"),
                (
                    rows(con, "SELECT event_id FROM quarantine WHERE reason = 'shape'")[0][0],
                    "shape",
                ),
            ]
        assert source.file.with_name("w.duckdb.previous").exists()

    def test_goes_on_from_the_place_where_it_stood(
        self, source: Source, standing: duckdb.DuckDBPyConnection
    ) -> None:
        place = progress.current(standing, "crm.log")
        standing.close()

        offline.rebuild(source)

        with open_file(source.file, MEANS) as con:
            assert progress.current(con, "crm.log") == place

    def test_that_differs_swaps_nothing(
        self, source: Source, standing: duckdb.DuckDBPyConnection
    ) -> None:
        standing.execute("UPDATE fact_order_line SET amount_minor = 999 WHERE order_id = 'order-4'")
        before = star.checksums(standing)

        with pytest.raises(Differs, match="Built anew, fact_order_line differs") as differs:
            build_shadow(source, standing, lambda: None)

        assert differs.value.detail == {"tables": ["fact_order_line"]}
        assert star.checksums(standing) == before
        standing.close()

    def test_swaps_what_differs_if_that_is_accepted(
        self, source: Source, standing: duckdb.DuckDBPyConnection
    ) -> None:
        before = star.checksums(standing)
        standing.execute("UPDATE fact_order_line SET amount_minor = 999 WHERE order_id = 'order-4'")
        standing.close()

        report = offline.rebuild(replace(source, accept_changes=True))

        assert report.changed == ["fact_order_line"]
        with open_file(source.file, MEANS) as con:
            assert star.checksums(con) == before

    def test_takes_what_mended_code_takes_beside_what_stood(
        self, source: Source, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        right = judging.faults
        monkeypatch.setattr(judging, "faults", _refuses_the_second_order)
        with open_file(source.file, MEANS) as con:
            landed(con, [message(an_order(1)), message(an_order(2))])
            assert rows(con, "SELECT reason FROM quarantine") == [("shape",)]
        monkeypatch.setattr(judging, "faults", right)

        report = offline.rebuild(source)

        assert report == Report(events=2, quarantined=0, compared=True, more=1)

    def test_sets_apart_what_stricter_code_refuses_if_that_is_accepted(
        self, source: Source, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with open_file(source.file, MEANS) as con:
            landed(con, [message(an_order(1)), message(an_order(2))])
        monkeypatch.setattr(judging, "faults", _refuses_the_second_order)

        with pytest.raises(Differs, match="fact_order, fact_order_line, raw_event differs"):
            offline.rebuild(source)
        report = offline.rebuild(replace(source, accept_changes=True))

        assert (report.events, report.quarantined, report.missing) == (1, 1, 0)

    def test_that_lacks_what_stands_is_never_accepted(
        self,
        source: Source,
        standing: duckdb.DuckDBPyConnection,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        before = star.checksums(standing)
        monkeypatch.setattr(rebuild, "_read_tail", lambda *_: None)  # a log that has lost it all
        lossy = replace(source, from_log=True, accept_changes=True)

        with pytest.raises(Differs, match="it lacks 21 events that stand"):
            build_shadow(lossy, standing, lambda: None)

        assert star.checksums(standing) == before
        standing.close()

    def test_brings_back_what_only_the_archive_holds(
        self, source: Source, standing: duckdb.DuckDBPyConnection
    ) -> None:
        archive.write(standing, archive_of(source.file))
        standing.close()
        source.file.unlink()
        with open_file(source.file, MEANS) as con:
            landed(con, [message(an_order(100))])
            place = progress.current(con, "crm.log")

        report = offline.rebuild(source)

        assert report == Report(events=22, quarantined=2, compared=True, more=21)
        with open_file(source.file, MEANS) as con:
            now = progress.current(con, "crm.log")
            assert rows(con, "SELECT count(*) FROM order_now") == [(21,)]
        assert place is not None
        assert now == replace(place, ordinal=2)

    def test_takes_events_of_a_life_that_the_archive_does_not_count_yet(
        self, source: Source, standing: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = archive_of(source.file)
        archive.write(standing, folder)
        place = (folder / "progress.parquet").read_bytes()
        progress.begin(standing, "crm.log", "made anew")
        landed(standing, [message(an_order(100))])
        archive.write(standing, folder)
        (folder / "progress.parquet").write_bytes(place)  # killed before it came to the place
        standing.close()
        source.file.unlink()
        monkeypatch.setattr(Following, "last_offset", lambda _: None)

        report = offline.rebuild(source)

        assert report.events == 22

    def test_of_a_damaged_file_takes_what_the_archive_has(
        self, source: Source, standing: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        archive.write(standing, archive_of(source.file))
        before = star.checksums(standing)
        standing.close()
        source.file.write_bytes(b"\x55" * 40_000)
        with pytest.raises(ForeignFile):
            open_file(source.file, MEANS)
        monkeypatch.setattr(
            "services.analytics.warehouse.following.Following.last_offset", lambda _: None
        )

        report = offline.rebuild(source)

        assert (report.events, report.compared) == (21, False)
        with open_file(source.file, MEANS) as con:
            assert star.checksums(con) == before

    def test_of_another_layout_judges_everything_anew(
        self, source: Source, standing: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        standing.execute("UPDATE seal SET star = 'older'")
        standing.execute("DROP TABLE fact_order")
        standing.close()
        monkeypatch.setattr(
            "services.analytics.warehouse.following.Following.last_offset", lambda _: None
        )

        report = offline.rebuild(source)

        assert (report.events, report.quarantined, report.compared) == (21, 2, False)
        with open_file(source.file, MEANS) as con:
            assert rows(con, "SELECT count(*), sum(line_count) FROM order_now") == [(20, 42)]


def _refuses_the_second_order(con: duckdb.DuckDBPyConnection, _: object) -> dict[str, str]:
    suspects = rows(con, "SELECT event_id FROM arrived WHERE subject = 'order-2'")
    return {event_id: "not understood" for (event_id,) in suspects}


def _ids(con: duckdb.DuckDBPyConnection) -> list[str]:
    found = "SELECT event_id FROM raw_event ORDER BY stream_offset"
    return [row[0] for row in rows(con, found)]
