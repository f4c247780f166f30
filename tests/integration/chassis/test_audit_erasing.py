"""Values can be taken out of the audit trail for good; the chain over it holds."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chassis.database import Database
from chassis.erasing import erase_values
from chassis.tables import Base
from tests.support.things import Thing, a_thing, at_work, opened
from tests.support.trail import entries, leaving_deleted_bytes, seal, verdict


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with opened(database_url) as database:
        yield database


@pytest.fixture
def leaving_bytes() -> Iterator[None]:
    """A SQLite that leaves what was deleted where it was, as it does unless it was built otherwise."""
    with leaving_deleted_bytes():
        yield


class TestPainPoint24ErasureAndTheTrail:
    """Erasure against audit (pain point 24): no value is in the chain, which survives erasing them."""

    def test_values_are_gone_and_the_chain_holds(self, database: Database) -> None:
        erased = a_thing(database, name="lamp", mail="ann@lee.org")
        kept = a_thing(database, name="desk", mail="bob@lee.org")
        seal(database)

        with at_work(database) as work:
            thing = work.get(Thing, erased)
            thing.name, thing.mail = "erased", None  # which writes the old values once more
            count = erase_values(work, [("test_things", erased), ("test_things", "unknown")])
        seal(database)

        found = verdict(database)
        assert (count, found.faults, found.rows, found.erased) == (1, [], 4, 3)
        assert [(one.id, one.verb, one.changes is None) for one in entries(database)] == [
            (erased, "created", True),
            (kept, "created", False),
            (erased, "updated", True),
            (erased, "erased", True),
        ]
        assert "ann@lee.org" not in self.everything(database)
        assert "bob@lee.org" in self.everything(database)

    def test_nothing_is_left_in_the_bytes_of_the_file(
        self, sqlite_url: str, leaving_bytes: None
    ) -> None:
        with opened(sqlite_url) as database:
            thing_id = a_thing(database, name="lamp", mail="ann@lee.org")
            with at_work(database) as work:
                work.get(Thing, thing_id).mail = None
                erase_values(work, [("test_things", thing_id)])
            with database.engine.connect() as connection:
                connection.exec_driver_sql("COMMIT")
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
                connection.exec_driver_sql("BEGIN")
            path = database.url.database

        assert path is not None
        content = Path(path).read_bytes()
        assert b"test_things" in content
        assert b"ann@lee.org" not in content

    def everything(self, database: Database) -> str:
        """Write down every row of every table, the outbox apart (it is sent, and gone)."""
        with database.reading() as session:
            return "\n".join(
                str(row)
                for table in Base.metadata.sorted_tables
                if table.name.startswith(("audit", "test_"))
                for row in session.execute(table.select())
            )
