"""Who was erased is looked for among the erased alone, however long the trail is."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from sqlalchemy import text

from chassis import erased
from chassis.database import Database
from chassis.erasing import erase_values
from chassis.forgetting import name_the_erased
from tests.support.plans import watched
from tests.support.things import at_work, opened
from tests.support.trail import some_things


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A long trail, in which one record was erased, and one customer beside it."""
    with opened(database_url) as database:
        some_things(database, 20_000)
        with at_work(database) as work:
            erase_values(work, [("test_things", "t7")])
            erased.note(work.session, ["c1"], "task")
        if not database.sqlite:
            with database.engine.begin() as connection:
                connection.execute(text("ANALYZE audit"))
        yield database


class TestWhoWasErased:
    def test_is_found_in_texts_by_customer_and_by_record(self, database: Database) -> None:
        texts = ['{"customer_id":"c1"}', '{"thing_id":"t7"}', '{"thing_id":"t8","x":"c11"}']

        with database.reading() as session:
            found = name_the_erased(session, texts)

        assert found == [True, True, False]

    def test_takes_no_walk_through_the_trail(self, database: Database) -> None:
        desk = SimpleNamespace(runtime=SimpleNamespace(database=database))

        with watched(desk) as plans, database.reading() as session:
            name_the_erased(session, ['{"thing_id":"t7"}'])

        of_the_trail = [plan for plan in plans if "audit" in plan]
        assert len(of_the_trail) == 1
        assert "ix_audit_erased" in of_the_trail[0]
        assert "SCAN audit" not in of_the_trail[0]
