"""The chain over the audit trail says where somebody changed what it holds."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import event

from chassis import sealing, verifying
from chassis.database import Database
from tests.support.things import opened
from tests.support.trail import House, seal, seals, some_things, tamper, verdict


class TestTampering:
    @pytest.fixture
    def database(self, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
        """A chain of three seals, looked at two at a time: rows 1 to 4, 5 to 8, 9 and 10."""
        monkeypatch.setattr(sealing, "SEAL_ROWS", 4)
        monkeypatch.setattr(verifying, "SEALS", 2)
        with opened(database_url) as database:
            some_things(database, 10)
            seal(database)
            yield database

    @pytest.mark.parametrize(
        ("sql", "said"),
        [
            (
                "UPDATE audit SET actor = 'person:x' WHERE position = 6",
                ["Row 6 of the trail was changed: test_things t5, created by person:x."],
            ),
            (
                "UPDATE audit SET version = 2 WHERE position = 1",
                ["Row 1 of the trail was changed: test_things t0, created by service:sales."],
            ),
            (
                "DELETE FROM audit WHERE position IN (6, 7)",
                ["Rows 6 to 7 of the trail were removed, which seal 2 holds."],
            ),
            (
                "UPDATE audit_values SET changes = '{}' WHERE position = 2",
                ["The values of row 2 were changed: test_things t1, created by service:sales."],
            ),
            (
                "DELETE FROM audit_values WHERE position = 2",
                [
                    (
                        "The values of row 2 are gone, and nobody erased them: "
                        "test_things t1, created by service:sales."
                    )
                ],
            ),
            (
                "DELETE FROM audit_seals WHERE number = 2",
                [
                    "Before seal 3 there is one missing.",
                    "Seal 3 begins at row 9, not at 5.",
                    "Seal 3 was changed, or does not follow from the last.",
                ],
            ),
            (
                "UPDATE audit_seals SET total = 9 WHERE number = 3",
                ["Seal 3 was changed, or does not follow from the last."],
            ),
        ],
    )
    def test_is_told_in_a_sentence(self, database: Database, sql: str, said: list[str]) -> None:
        tamper(database, sql)

        assert verdict(database).faults == said

    def test_is_found_although_the_mark_was_forged_too(self, database: Database) -> None:
        tamper(database, "UPDATE audit SET actor = 'person:x' WHERE position = 1")
        (first, *_) = seals(database)
        forged = "0" * 16 + first.marks[16:]
        tamper(database, f"UPDATE audit_seals SET marks = '{forged}' WHERE number = 1")

        assert len(verdict(database).faults) == 1

    def test_of_the_end_is_found_by_the_head_that_the_log_tells_of(
        self, database: Database
    ) -> None:
        head = verdict(database).head
        tamper(database, "DELETE FROM audit WHERE position > 8")
        tamper(database, "DELETE FROM audit_values WHERE position > 8")
        tamper(database, "DELETE FROM audit_seals WHERE number = 3")

        assert verdict(database).faults == []
        assert verdict(database, {3: head}).faults == [
            "The log tells of seal 3, but the chain ends at seal 2: its last rows were removed."
        ]

    def test_of_the_end_is_found_after_it_grew_again(self, database: Database) -> None:
        head = verdict(database).head
        tamper(database, "DELETE FROM audit_seals WHERE number = 3")
        tamper(database, "UPDATE audit SET actor = 'person:x' WHERE position > 8")
        seal(database)

        assert verdict(database, {3: head}).faults == [
            "Seal 3 is not the one that the log tells of."
        ]

    @pytest.mark.parametrize("position", [0, -3])
    def test_by_a_row_put_in_before_the_first_is_found(
        self, database: Database, position: int
    ) -> None:
        tamper(
            database,
            "INSERT INTO audit (position, record_kind, record_id, entity_id, version, verb, at, "
            f"actor, channel, correlation_id, commitment) SELECT {position}, record_kind, "
            "record_id, entity_id, version, verb, at, actor, channel, correlation_id, commitment "
            "FROM audit WHERE position = 10",
        )

        assert verdict(database).faults == [
            f"Row {position} of the trail was put in before the first."
        ]

    def test_by_a_row_put_in_where_none_was_is_found(self, database: Database) -> None:
        tamper(database, "DELETE FROM audit_seals WHERE number = 3")
        tamper(database, "DELETE FROM audit WHERE position = 9")
        seal(database)  # over row 10, behind a gap
        tamper(
            database,
            "INSERT INTO audit (position, record_kind, record_id, entity_id, version, verb, at, "
            "actor, channel, correlation_id, commitment) SELECT 9, record_kind, record_id, "
            "entity_id, version, verb, at, actor, channel, correlation_id, commitment "
            "FROM audit WHERE position = 10",
        )
        some_things(database, 1, first=90)
        self.seal_at(database, int(time.time()) + sealing.LATE_SECONDS + 1)

        assert verdict(database).faults == ["Row 9 of the trail was put in afterwards."]

    def test_is_looked_for_without_holding_all_seals_at_once(self, database: Database) -> None:
        asked: list[str] = []
        with database.reading() as session:
            event.listen(session, "do_orm_execute", lambda one: asked.append(str(one.statement)))
            found = verifying.verify(session)

        assert found.seals == 3
        assert [sql for sql in asked if "FROM audit_seals" in sql and "LIMIT" not in sql] == []

    def seal_at(self, database: Database, instant: int) -> None:
        """Seal at another time."""
        runtime: Any = House(database)
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(sealing.time, "time", lambda: instant)
            sealing.seal_some(runtime)
