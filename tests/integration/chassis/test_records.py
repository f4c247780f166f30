"""Records through the chassis: created, found, changed, deleted, paged through."""

import json

import pytest
from sqlalchemy import select

from chassis.errors import Invalid
from chassis.merging import Based
from chassis.records import create, delete, find, update
from chassis.tables import AUDIT, OUTBOX
from tests.support.things import THINGS, a_thing, at_work, opened


@pytest.fixture
def database(database_url):
    with opened(database_url) as database:
        yield database


def rows(database, table):
    with database.reading() as session:
        return session.execute(select(table).order_by(table.c.position)).all()


class TestRecords:
    def test_live_from_create_to_delete(self, database):
        with at_work(database) as work:
            made = create(work, THINGS, {"name": "lamp"})
        with at_work(database) as work:
            renamed = update(work, THINGS, made["id"], Based(1), {"name": "desk"})
        with at_work(database) as work:
            delete(work, THINGS, made["id"], 2)

        assert (made["version"], renamed["version"]) == (1, 2)
        told = [json.loads(row.body) for row in rows(database, OUTBOX)]
        assert [(event["verb"], event["version"]) for event in told] == [
            ("created", 1),
            ("updated", 2),
            ("deleted", 2),
        ]
        assert "mail" not in told[0]["fields"]
        assert [row.verb for row in rows(database, AUDIT)] == ["created", "updated", "deleted"]

    def test_tell_nothing_when_nothing_changed(self, database):
        thing_id = a_thing(database)
        before = len(rows(database, OUTBOX))

        with at_work(database) as work:
            shown = update(work, THINGS, thing_id, Based(1), {"name": "lamp"})

        assert shown["version"] == 1
        assert len(rows(database, OUTBOX)) == before

    @pytest.mark.parametrize(
        "asked",
        [
            {"filters": {"colour": "red"}},
            {"filters": {"name": ["a"]}},
            {"sort": "mail"},
            {"limit": 0},
            {"limit": 201},
            {"after": "garbage"},
        ],
    )
    def test_refuse_what_was_not_named(self, database, asked):
        whole = {"filters": {}, "sort": None, "limit": 50, "after": None, "descending": False}
        with pytest.raises(Invalid), at_work(database) as work:
            find(work, THINGS, whole | asked)

    def test_refuse_an_unknown_field(self, database):
        with pytest.raises(Invalid, match="colour"), at_work(database) as work:
            create(work, THINGS, {"name": "lamp", "colour": "red"})

    @pytest.mark.parametrize("descending", [False, True])
    def test_page_through_all_exactly_once(self, database, descending):
        names = [f"n{number:02d}" for number in range(25)]
        for name in names:
            a_thing(database, name=name)
        seen, after = [], None

        while True:
            with at_work(database) as work:
                asked = {"filters": {}, "sort": "name", "limit": 7, "after": after}
                found = find(work, THINGS, asked | {"descending": descending})
            seen += [item["name"] for item in found["items"]]
            after = found["next"]
            if after is None:
                break
            if len(seen) == 7 and not descending:
                a_thing(database, name="a-late-one")

        assert seen == (names[::-1] if descending else names)
