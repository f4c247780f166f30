"""What a database says of itself when it fails, and what time it is there."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from chassis.database import TROUBLE_SECONDS, Database
from chassis.errors import Conflict, Unavailable

FULL = "The database takes no writes: database or disk is full."
WRITE = text("INSERT INTO kept (words) VALUES (:words)")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    found = Database(f"sqlite:///{tmp_path / 'one.db'}", pool_size=1)
    with found.writing() as connection:
        connection.execute(text("CREATE TABLE kept (words TEXT UNIQUE)"))
    yield found
    found.close()


def limit(database: Database, pages: int) -> None:
    """Let SQLite use so many pages and no more, as on a disk that has no more."""
    with database.reading() as session:
        session.execute(text(f"PRAGMA max_page_count = {pages}"))


def write(database: Database, words: str) -> None:
    with database.begin() as session:
        session.execute(WRITE, {"words": words})


class TestTrouble:
    def test_is_told_while_nothing_can_be_written(self, database: Database) -> None:
        limit(database, 1)
        with pytest.raises(Unavailable) as failed:
            write(database, "x" * 100_000)

        assert failed.value.code == "database.down"
        assert database.trouble() == FULL

    def test_is_over_with_the_next_write(self, database: Database) -> None:
        limit(database, 1)
        with pytest.raises(Unavailable):
            write(database, "x" * 100_000)

        limit(database, 1000)
        write(database, "x" * 100_000)

        assert database.trouble() is None

    def test_is_forgotten_where_nobody_writes(
        self, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        limit(database, 1)
        with pytest.raises(Unavailable):
            write(database, "x" * 100_000)

        later = time.monotonic() + TROUBLE_SECONDS + 1
        monkeypatch.setattr(time, "monotonic", lambda: later)

        assert database.trouble() is None

    def test_is_neither_a_refusal_nor_a_neighbour(self, database: Database) -> None:
        write(database, "a")
        with pytest.raises(Conflict):
            write(database, "a")
        with pytest.raises(Unavailable), database.begin():
            raise Unavailable("The neighbour is away.", code="rpc.timeout")

        assert database.trouble() is None


class TestNow:
    def test_goes_on_when_the_clock_jumps(
        self, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before, real = database.now(), time.time

        monkeypatch.setattr(time, "time", lambda: real() + 300)

        assert 0 <= database.now() - before < 60
