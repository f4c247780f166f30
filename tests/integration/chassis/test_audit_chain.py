"""The chain over the audit trail: what it seals, and when it tells how long it is."""

import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
from sqlalchemy import select

from chassis import sealing
from chassis.database import Database
from chassis.envelope import decode
from chassis.errors import Invalid
from chassis.leader import DUTIES
from chassis.tables import OUTBOX
from tests.support.things import Thing, a_thing, at_work, opened
from tests.support.trail import entries, seal, seals, some_things, tamper, verdict


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with opened(database_url) as database:
        yield database


class TestSealing:
    def test_chains_what_was_committed_in_batches(
        self, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sealing, "SEAL_ROWS", 4)
        some_things(database, 10)

        assert seal(database) == 10

        found = verdict(database)
        assert [(one.first, one.last, one.total) for one in seals(database)] == [
            (1, 4, 4), (5, 8, 8), (9, 10, 10),
        ]  # fmt: skip
        assert (found.faults, found.rows, found.sealed, found.seals) == ([], 10, 10, 3)

    def test_is_a_duty_of_whoever_leads(self) -> None:
        (duty,) = [one for one in DUTIES if one.run is sealing.seal]

        assert (duty.every_seconds, duty.everywhere) == (30.0, False)

    def test_is_not_troubled_by_a_sequence_that_somebody_moved(self, database: Database) -> None:
        some_things(database, 1)
        far = 1_000_000_000_000
        tamper(database, f"UPDATE audit SET position = {far}")
        tamper(database, f"UPDATE audit_values SET position = {far}")
        seal(database)

        (only,) = seals(database)
        assert (decode(only.gaps), only.total) == ([[1, far - 1]], 1)
        assert sealing.open_gaps([only]) == []
        assert verdict(database).faults == []

    def test_makes_no_seal_of_nothing(self, database: Database) -> None:
        some_things(database, 1)
        seal(database)

        assert seal(database) == 0

        assert len(seals(database)) == 1

    def test_counts_what_waits_for_a_seal(self, database: Database) -> None:
        some_things(database, 2)
        seal(database)
        some_things(database, 3, first=2)

        found = verdict(database)

        assert (found.faults, found.rows, found.sealed) == ([], 5, 2)

    def test_holds_over_every_verb(self, database: Database) -> None:
        thing_id = a_thing(database)
        with at_work(database) as work:
            work.get(Thing, thing_id).name = "desk"
        with at_work(database) as work:
            work.remove(work.get(Thing, thing_id))
        seal(database)

        assert [entry.verb for entry in entries(database)] == ["created", "updated", "deleted"]
        assert verdict(database).faults == []


class TestLateRows:
    """On PostgreSQL a position is taken before the commit, and another may commit first."""

    @pytest.fixture
    def database(self, postgresql_url: str) -> Iterator[Database]:
        with opened(postgresql_url) as database:
            yield database

    def test_seals_what_appears_in_a_gap(self, database: Database) -> None:
        with at_work(database) as slow:
            slow.write_many(Thing, [{"id": "slow", "name": "slow", "mail": None, "event_seq": 0}])
            slow.trail.write(slow.session)  # row 1, and not committed yet
            some_things(database, 2)
            seal(database)
            assert verdict(database).faults == []
        assert seal(database) == 1

        first, second = seals(database)
        assert (first.first, first.last, decode(first.gaps)) == (1, 3, [[1, 1]])
        assert (second.first, second.last, decode(second.late)) == (4, 3, [[1, 1]])
        found = verdict(database)
        assert (found.faults, found.rows, found.sealed) == ([], 3, 3)

    def undone(self, database: Database) -> None:
        """Do a work that takes a position and is undone."""
        with suppress(Invalid), at_work(database) as work:
            work.write_many(Thing, [{"id": "x", "name": "x", "mail": None, "event_seq": 0}])
            work.trail.write(work.session)
            raise Invalid("No.")

    def test_leaves_a_gap_where_a_work_was_undone(self, database: Database) -> None:
        self.undone(database)
        some_things(database, 1)
        seal(database)
        some_things(database, 1, first=1)
        seal(database)

        assert [(one.first, one.last, decode(one.gaps)) for one in seals(database)] == [
            (1, 2, [[1, 1]]), (3, 3, []),
        ]  # fmt: skip
        assert verdict(database).faults == []


class TestHeads:
    def test_are_told_after_so_many_rows(
        self, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sealing, "SEAL_ROWS", 4)
        monkeypatch.setattr(sealing, "TELL_ROWS", 8)
        some_things(database, 10)
        seal(database)

        assert [one.told for one in seals(database)] == [0, 1, 0]
        with database.reading() as session:
            (told,) = session.execute(select(OUTBOX)).all()
        second = seals(database)[1]
        data = decode(told.body)
        assert isinstance(data, dict)
        assert (told.routing_key, told.exchange) == ("sales.audit.sealed.v1", "sales.events")
        assert {name: data[name] for name in ("chain", "number", "rows", "hash")} == {
            "chain": "sales", "number": 2, "rows": 8, "hash": second.hash,
        }  # fmt: skip

    def test_are_told_once_an_hour(
        self, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        now = time.time()
        for later, count in ((0, 1), (3_599, 1), (3_600, 1), (7_199, 1), (7_200, 1)):
            monkeypatch.setattr(sealing.time, "time", lambda later=later: now + later)
            some_things(database, count, first=later)
            seal(database)

        assert [one.told for one in seals(database)] == [0, 0, 1, 0, 1]
