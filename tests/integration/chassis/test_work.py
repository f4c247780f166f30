"""One transaction: state, audit and outbox together, or nothing."""

import json
import threading

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from chassis.caller import Caller
from chassis.clock import Clock
from chassis.database import Database, DatabaseTaken
from chassis.errors import Conflict, Forbidden, Invalid, NotFound, StaleVersion, Unavailable
from chassis.files.tables import FilePiece
from chassis.origin import Origin
from chassis.records import find, get
from chassis.tables import AUDIT, OUTBOX, PROCESSES, TIMERS
from chassis.work import looking, working
from tests.support.things import THINGS, Thing, a_thing, at_work, changed, opened, recorded
from tests.support.trail import entries

REP = Caller(subject="person:r1", roles=("rep",), team_ids=("t1",), territory_ids=("w",))
SUPERVISOR = Caller(
    subject="person:s1", roles=("supervisor",), team_ids=("t1",), territory_ids=("w",)
)
DIRECTOR = Caller(subject="person:d1", roles=("sales_director",))
ELSEWHERE = Caller(subject="person:d2", roles=("sales_director",), entity_id="north")


@pytest.fixture
def database(database_url):
    with opened(database_url) as database:
        yield database


def rows(database, table):
    with database.reading() as session:
        return session.execute(select(table).order_by(table.c.position)).all()


def asking(caller, permission):
    return Origin("sales", caller, "rpc:test", "c", "c", permission=permission, method="test")


class TestWork:
    def test_commits_state_audit_and_events_together(self, database):
        with at_work(database) as work:
            thing = work.add(Thing(name="lamp", mail="a@example.com", owner_id="r1"))
            work.tell(changed, thing)
            work.tell(recorded, thing)

        logged, private = rows(database, OUTBOX)
        assert (logged.exchange, private.exchange) == ("sales.events", "sales.private")
        assert json.loads(logged.body)["version"] == 1
        assert [json.loads(row.headers)["ce-sequence"][-1] for row in (logged, private)] == [
            "1",
            "2",
        ]
        (entry,) = entries(database)
        assert (entry.verb, entry.version, entry.actor) == ("created", 1, "service:sales")
        assert entry.changes["name"] == [None, "lamp"]

    def test_names_a_personal_field_in_an_event_without_its_values(self, database):
        thing_id = a_thing(database, mail="a@example.com")

        with at_work(database) as work:
            thing = work.get(Thing, thing_id, version=1)
            thing.mail, thing.name = "b@example.com", "desk"
            work.tell(changed, thing)

        body = rows(database, OUTBOX)[-1].body
        assert json.loads(body)["changed"] == {
            "mail": None,
            "name": {"old": "lamp", "new": "desk"},
        }
        assert "example.com" not in body

    def test_writes_nothing_when_the_use_case_refuses(self, database):
        def refuse():
            with at_work(database) as work:
                thing = work.add(Thing(name="lamp"))
                work.tell(changed, thing)
                work.at(work.now, "t", "k", {})
                work.flush()
                raise Invalid("No.")

        with pytest.raises(Invalid):
            refuse()

        assert rows(database, OUTBOX) == []
        assert rows(database, AUDIT) == []
        with database.reading() as session:
            assert session.execute(select(TIMERS)).all() == []
            assert session.scalars(select(Thing)).all() == []

    def test_refuses_a_version_that_is_not_the_latest(self, database):
        thing_id = a_thing(database)
        with at_work(database) as work:
            work.get(Thing, thing_id, version=1).name = "desk"

        with pytest.raises(StaleVersion) as refused, at_work(database) as work:
            work.get(Thing, thing_id, version=1)

        assert refused.value.detail == {
            "id": thing_id,
            "your_version": 1,
            "version": 2,
            "changed": ["name"],
        }

    def test_counts_several_flushes_of_one_work_as_one_change(self, database):
        thing_id = a_thing(database)

        with at_work(database) as work:
            thing = work.get(Thing, thing_id)
            thing.name = "desk"
            work.flush()
            thing.name = "chair"

        assert entries(database)[-1].changes == {"name": ["lamp", "chair"]}

    def test_says_that_a_unique_key_is_taken(self, database):
        a_thing(database)

        with pytest.raises(Conflict) as refused:
            a_thing(database)

        assert refused.value.code == "duplicate_key"

    def test_says_that_what_is_referred_to_is_gone(self, database):
        piece = {
            "file_id": "nobody's",
            "number": 0,
            "start": 0,
            "size": 1,
            "sha256": "0",
            "content": b"x",
        }

        with pytest.raises(Conflict) as refused, database.writing() as connection:
            connection.execute(insert(FilePiece).values(piece))

        assert refused.value.code == "broken_reference"

    def test_takes_a_value_that_the_table_refuses_for_a_bug(self, database):
        with pytest.raises(IntegrityError), at_work(database) as work:
            work.add(Thing(name=None, mail=None))

    def test_replaces_a_timer_of_the_same_key(self, database):
        for number in (1, 2):
            with at_work(database) as work:
                work.at(work.now, "chase", "k", {"n": number})

        with database.reading() as session:
            (timer,) = session.execute(select(TIMERS)).all()
        assert json.loads(timer.data) == {"n": 2}

    def test_starts_a_process_of_one_key_once(self, database):
        started = []
        for _ in range(2):
            with at_work(database) as work:
                started.append(work.start("convert", "lead-1", {}))

        assert started == [True, False]
        with database.reading() as session:
            assert len(session.execute(select(PROCESSES)).all()) == 1

    def test_writes_many_rows_with_what_they_owe(self, database):
        things = [{"id": f"t{n}", "name": f"n{n}", "mail": None, "event_seq": 1} for n in range(3)]
        made = [Thing(id=row["id"], name=row["name"], version=1) for row in things]

        with at_work(database) as work:
            work.write_many(Thing, things, [(changed(thing), thing.id, 1) for thing in made])

        assert [row.verb for row in rows(database, AUDIT)] == ["created"] * 3
        assert [json.loads(row.headers)["ce-subject"] for row in rows(database, OUTBOX)] == [
            "t0",
            "t1",
            "t2",
        ]


class TestTwoWriters:
    def test_one_wins_and_the_other_hears_that_it_is_stale(self, database):
        thing_id = a_thing(database)
        heard, both_read = [], threading.Barrier(2)

        def rename(name):
            try:
                with at_work(database) as work:
                    thing = work.get(Thing, thing_id, version=1)
                    if not database.sqlite:
                        both_read.wait(60)
                    thing.name = name
                heard.append("won")
            except StaleVersion:
                heard.append("stale")

        threads = [threading.Thread(target=rename, args=(name,)) for name in ("a", "b")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)

        assert sorted(heard) == ["stale", "won"]


class TestVisibility:
    @pytest.fixture
    def things(self, database):
        return {
            "mine": a_thing(database, name="mine", owner_id="r1", team_id="t1", territory_id="w"),
            "teams": a_thing(database, name="teams", owner_id="r2", team_id="t1", territory_id="e"),
            "west": a_thing(database, name="west", owner_id="r3", team_id="t2", territory_id="w"),
            "east": a_thing(database, name="east", owner_id="r4", team_id="t2", territory_id="e"),
            "north": a_thing(database, name="north", entity_id="north"),
        }

    @pytest.mark.parametrize(
        ("caller", "seen"),
        [
            (REP, {"mine"}),
            (SUPERVISOR, {"mine", "teams", "west"}),
            (DIRECTOR, {"mine", "teams", "west", "east"}),
            (ELSEWHERE, {"north"}),
        ],
    )
    def test_reaches_as_far_as_the_role(self, database, things, caller, seen):
        with looking(database, Clock(), asking(caller, "lead.read")) as work:
            found = find(
                work,
                THINGS,
                {"filters": {}, "sort": None, "limit": 50, "after": None, "descending": False},
            )
            assert {item["name"] for item in found["items"]} == seen
            for name, id_ in things.items():
                if name in seen:
                    assert get(work, THINGS, id_)["name"] == name
                    continue
                with pytest.raises(NotFound):
                    get(work, THINGS, id_)

    def test_is_denied_by_default(self, database):
        nobody = Caller(subject="person:x")
        with pytest.raises(Forbidden), working(database, Clock(), asking(nobody, "lead.read")):
            pass


class TestSqlite:
    def test_serves_one_service_process(self, sqlite_url):
        first, second = Database(sqlite_url), Database(sqlite_url)
        first.claim()

        with pytest.raises(DatabaseTaken, match="in use by another"):
            second.claim()

        first.close()
        second.claim()
        second.close()

    def test_says_that_another_process_holds_the_lock(self, sqlite_url, monkeypatch):
        monkeypatch.setattr("chassis.database.LOCK_TIMEOUT_SECONDS", 0.1)
        with opened(sqlite_url) as ours, opened(sqlite_url) as theirs, theirs.begin() as session:
            session.connection()
            with pytest.raises(Unavailable) as refused:
                a_thing(ours)

        assert refused.value.code == "database.locked"
