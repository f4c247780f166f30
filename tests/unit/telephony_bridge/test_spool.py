"""What the spool keeps, through a kill, a full disk and a second bridge."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from chassis.errors import Conflict, Unavailable
from services.telephony.bridge.calls import keep, restore, salvage
from services.telephony.bridge.spool import Row, Spool
from tests.support.pbx import a_machine, captured, hear


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    opened = Spool(tmp_path / "spool", 10_000)
    yield opened
    opened.close()


def row(number: int, size: int = 10) -> Row:
    return Row(f"id-{number}", "cti.private", "cti.call.offered.v1", "{}", b"x" * size)


class TestSpool:
    def test_gives_events_back_in_order_until_they_are_settled(self, spool: Spool) -> None:
        spool.write([row(1), row(2)], {}, {})
        spool.write([row(3)], {}, {})

        first = spool.next(2)
        spool.settle(first)

        assert [one.id for one in first] == ["id-1", "id-2"]
        assert [one.id for one in spool.next(10)] == ["id-3"]
        assert spool.rows == 1

    def test_keeps_all_of_a_transaction_or_nothing(self, spool: Spool) -> None:
        wrong = Row("id-2", "x", "y", "{}", None)  # type: ignore[arg-type]  # the column refuses it

        with pytest.raises(sqlite3.IntegrityError):
            spool.write([row(1), wrong], {"a": b"1"}, {"boot_id": "b"})

        assert (spool.next(10), spool.load(), spool.rows) == ([], ({}, {}), 0)
        spool.write([row(3)], {}, {})
        assert spool.rows == 1

    def test_remembers_calls_and_facts(self, tmp_path: Path) -> None:
        first = Spool(tmp_path, 10_000)
        first.write([row(1)], {"a": b"1", "b": b"2"}, {"boot_id": "x"})
        first.write([], {"a": None, "b": b"3"}, {"boot_id": "y"})
        first.close()

        second = Spool(tmp_path, 10_000)

        assert second.load() == ({"b": b"3"}, {"boot_id": "y"})
        assert (second.rows, second.bytes) == (1, first.bytes)
        second.close()

    def test_says_when_it_is_half_full_and_when_it_is_full(self, spool: Spool) -> None:
        assert not spool.alarming
        spool.write([row(1, 6000)], {}, {})
        assert (spool.alarming, spool.full) == (True, False)
        spool.write([row(2, 6000)], {}, {})
        assert spool.full

        spool.settle(spool.next(1))

        assert (spool.full, spool.alarming) == (False, True)

    def test_belongs_to_one_bridge(self, tmp_path: Path, spool: Spool) -> None:
        with pytest.raises(Conflict, match="Another bridge uses the spool"):
            Spool(tmp_path / "spool", 10_000)

    def test_refuses_a_damaged_file(self, tmp_path: Path) -> None:
        (tmp_path / "spool.db").write_bytes(b"not a database at all" * 100)

        with pytest.raises(
            Unavailable, match=r"The spool .* cannot be used: file is not a database"
        ):
            Spool(tmp_path, 10_000)

    def test_refuses_one_of_another_version(self, tmp_path: Path) -> None:
        other = sqlite3.connect(tmp_path / "spool.db")
        other.execute("PRAGMA user_version = 7")
        other.close()

        with pytest.raises(Unavailable, match="another version"):
            Spool(tmp_path, 10_000)

    def test_refuses_a_place_that_it_cannot_write(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")

        with pytest.raises(Unavailable, match="cannot be used"):
            Spool(tmp_path / "file", 10_000)

    def test_is_durable(self, spool: Spool) -> None:
        (mode,) = spool._writer.execute("PRAGMA journal_mode").fetchone()
        (synchronous,) = spool._writer.execute("PRAGMA synchronous").fetchone()

        assert (mode, synchronous) == ("wal", 2)  # FULL


class TestFailingDisk:
    def test_what_cannot_be_forgotten_stays_and_is_forgotten_later(
        self, tmp_path: Path, spool: Spool
    ) -> None:
        rows = [row(1), row(2)]
        spool.write(rows, {}, {})
        spool._reader.execute("PRAGMA busy_timeout = 10")
        other = sqlite3.connect(next(tmp_path.rglob("spool.db")), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")

        with pytest.raises(Unavailable, match=r"cannot be emptied: database is locked"):
            spool.settle(spool.next(1))
        other.execute("ROLLBACK")
        other.close()

        waiting = spool.next(5)
        spool.settle(waiting)
        assert [one.id for one in waiting] == [one.id for one in rows]
        assert (spool.next(5), spool.rows) == ([], 0)

    def test_a_deletion_that_failed_half_way_is_undone(self, spool: Spool) -> None:
        spool.write([row(1), row(2)], {}, {})
        waiting = spool.next(5)
        spool._reader.execute(
            "CREATE TEMP TRIGGER full_disk BEFORE DELETE ON outbox WHEN old.position = 2"
            " BEGIN SELECT RAISE(FAIL, 'disk I/O error'); END"
        )

        with pytest.raises(Unavailable, match=r"cannot be emptied: disk I/O error"):
            spool.settle(waiting)
        spool._reader.execute("DROP TRIGGER full_disk")

        assert len(spool.next(5)) == 2
        spool.settle(waiting)
        assert spool.next(5) == []


class TestKept:
    @pytest.mark.parametrize("name", ["04", "09", "18", "19", "21"])
    def test_a_call_is_the_same_afterwards(self, name: str) -> None:
        machine = a_machine()
        for told in captured(name):
            hear(machine, [told])
            for call in machine.calls.values():
                assert restore(keep(call)) == call

    def test_what_only_a_newer_version_keeps_is_passed_over(self) -> None:
        machine = a_machine()
        hear(machine, captured("19")[:30])
        (call,) = machine.calls.values()
        newer = orjson.loads(keep(call)) | {"mood": "good"}
        newer["channels"][call.root]["codec"] = "opus"

        assert restore(orjson.dumps(newer)) == call

    @pytest.mark.parametrize("kept", [b"", b"{}", b"[]", b"null", b'{"channels": {}, "new": 1}'])
    def test_what_is_no_call_is_refused(self, kept: bytes) -> None:
        with pytest.raises(ValueError, match="not a call that was kept"):
            restore(kept)
        assert salvage(kept) is None
