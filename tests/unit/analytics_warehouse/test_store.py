"""The one file: who may open it, what a reader may do, and how another takes its place."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pytest

from chassis.errors import Unavailable
from services.analytics.warehouse import star, store
from services.analytics.warehouse.store import (
    FileTaken,
    ForeignFile,
    Means,
    OtherLayout,
    Store,
    open_file,
    shadow_of,
)
from tests.support.warehouse import an_order, landed, message, rows

MEANS = Means()


class TestOpenFile:
    def test_makes_an_empty_file_a_warehouse_and_finds_it_again(self, tmp_path: Path) -> None:
        file = tmp_path / "w.duckdb"
        con = open_file(file, MEANS)
        landed(con, [message(an_order(1))])
        con.close()

        con = open_file(file, MEANS)

        assert rows(con, "SELECT count(*) FROM order_line") == [(2,)]
        con.close()

    def test_refuses_a_file_that_another_process_has(self, tmp_path: Path) -> None:
        file = tmp_path / "w.duckdb"
        holder = (
            "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(1, flush=True); input()"
        )
        with subprocess.Popen(
            [sys.executable, "-c", holder, str(file)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        ) as other:  # fmt: skip
            assert other.stdout is not None
            other.stdout.readline()

            with pytest.raises(FileTaken) as taken:
                open_file(file, MEANS)
            other.kill()

        assert str(taken.value) == (
            f"{file} is in use by another process; only one can have it open."
        )

    @pytest.mark.parametrize("content", [b"not a database at all" * 1000, b"x"])
    def test_refuses_what_is_no_database(self, tmp_path: Path, content: bytes) -> None:
        file = tmp_path / "w.duckdb"
        file.write_bytes(content)

        with pytest.raises(ForeignFile, match="cannot be opened as a warehouse: ") as foreign:
            open_file(file, MEANS)

        assert "\n" not in str(foreign.value)
        assert file.read_bytes() == content

    def test_refuses_a_damaged_file(self, tmp_path: Path) -> None:
        file = tmp_path / "w.duckdb"
        open_file(file, MEANS).close()
        content = bytearray(file.read_bytes())
        content[4096 : 4096 * 4] = b"\x55" * 4096 * 3
        file.write_bytes(content)

        with pytest.raises(ForeignFile, match="cannot be opened as a warehouse"):
            open_file(file, MEANS)

    def test_refuses_a_database_of_somebody_else(self, tmp_path: Path) -> None:
        file = tmp_path / "w.duckdb"
        with duckdb.connect(str(file)) as con:
            con.execute("CREATE TABLE theirs AS SELECT 1 AS one")

        with pytest.raises(ForeignFile, match="but not one of the warehouse"):
            open_file(file, MEANS)

        with duckdb.connect(str(file)) as con:
            assert rows(con, "SELECT table_name FROM duckdb_tables()") == [("theirs",)]

    def test_refuses_the_layout_of_another_version(self, tmp_path: Path) -> None:
        file = tmp_path / "w.duckdb"
        con = open_file(file, MEANS)
        con.execute("UPDATE seal SET star = 'older'")
        con.close()

        with pytest.raises(OtherLayout, match=r"warehouse rebuild`\.$"):
            open_file(file, MEANS)

    def test_says_anew_what_the_views_are(self, tmp_path: Path) -> None:
        file = tmp_path / "w.duckdb"
        con = open_file(file, MEANS)
        con.execute("CREATE OR REPLACE VIEW order_now AS SELECT 1 AS wrong")
        con.close()

        con = open_file(file, MEANS)

        assert rows(con, "SELECT order_id FROM order_now") == []
        con.close()


class TestReading:
    @pytest.fixture
    def opened(self, tmp_path: Path) -> Store:
        opened = Store(tmp_path / "w.duckdb", MEANS)
        opened.open()
        landed(opened.writing, [message(an_order(1))])
        return opened

    @pytest.mark.parametrize(
        "statement",
        [
            "DELETE FROM fact_order",
            "INSERT INTO gap VALUES ('i', 1, 2, now())",
            "DROP VIEW order_now",
            "CREATE TABLE mine AS SELECT 1",
        ],
    )
    def test_cannot_change_anything(self, opened: Store, statement: str) -> None:
        with opened.reading() as con, pytest.raises(duckdb.Error, match="read-only"):
            con.execute(statement)

        assert rows(opened.writing, "SELECT count(*) FROM order_now") == [(1,)]
        opened.close()

    @pytest.mark.parametrize(
        "statement",
        [
            "SELECT * FROM read_csv('/etc/passwd')",
            "SELECT * FROM read_text('/etc/passwd')",
            "ATTACH '{folder}/other.duckdb'",
            "SET enable_external_access = true",
            "INSTALL httpfs",
        ],
    )
    def test_reaches_no_other_file(self, opened: Store, statement: str, tmp_path: Path) -> None:
        with opened.reading() as con, pytest.raises(duckdb.Error):
            con.execute(statement.format(folder=tmp_path))

        opened.close()

    def test_sees_one_state_however_long_it_looks(self, opened: Store) -> None:
        with opened.reading() as con:
            before = rows(con, "SELECT count(*) FROM order_now")
            landed(opened.writing, [message(an_order(2))])
            during = rows(con, "SELECT count(*) FROM order_now")
        with opened.reading() as con:
            after = rows(con, "SELECT count(*) FROM order_now")

        assert (before, during, after) == ([(1,)], [(1,)], [(2,)])
        opened.close()

    def test_is_refused_while_the_file_is_closed(
        self, opened: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(store, "SWAP_SECONDS", 0.05)
        opened.close()

        with pytest.raises(Unavailable, match="not open"), opened.reading():
            pass


class TestReplace:
    def test_puts_the_other_file_in_place_and_keeps_the_old_one(self, tmp_path: Path) -> None:
        opened = Store(tmp_path / "w.duckdb", MEANS)
        opened.open()
        landed(opened.writing, [message(an_order(1))])
        other = open_file(shadow_of(opened.file), MEANS)
        landed(other, [message(an_order(1)), message(an_order(2))])
        sums = star.checksums(other)
        other.close()

        opened.replace(shadow_of(opened.file))

        assert star.checksums(opened.writing) == sums
        opened.close()
        with open_file(opened.file.with_name("w.duckdb.previous"), MEANS) as previous:
            assert rows(previous, "SELECT count(*) FROM order_now") == [(1,)]

    def test_tells_who_reads_for_too_long_to_ask_again(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(store, "SWAP_SECONDS", 0.05)
        monkeypatch.setattr(store, "CUT_SECONDS", 0.01)
        opened = Store(tmp_path / "w.duckdb", MEANS)
        opened.open()
        open_file(shadow_of(opened.file), MEANS).close()
        reads = threading.Event()

        def read() -> None:
            with opened.reading() as con:
                reads.set()
                con.execute(
                    "SELECT count(*) FROM range(100000) AS a, range(100000) AS b "
                    "WHERE (a.range * b.range) % 7 = 3"
                )

        with ThreadPoolExecutor() as pool:
            reader = pool.submit(read)
            reads.wait()
            opened.replace(shadow_of(opened.file))

            with pytest.raises(Unavailable, match="ask again"):
                reader.result()

        assert rows(opened.writing, "SELECT count(*) FROM order_now") == [(0,)]
        opened.close()

    def test_a_journal_of_the_old_file_is_not_played_into_the_new_one(self, tmp_path: Path) -> None:
        file, shadow = tmp_path / "w.duckdb", tmp_path / "w.duckdb.shadow"
        file.write_bytes(b"old")
        file.with_name("w.duckdb.wal").write_bytes(b"journal")
        shadow.write_bytes(b"new")

        store.swap(file, shadow)

        assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == {
            "w.duckdb": b"new",
            "w.duckdb.previous": b"old",
            "w.duckdb.previous.wal": b"journal",
        }
