"""What waits in a service's database is listed and retried beside the service, on both kinds."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import insert, select

from chassis import migrate
from chassis.clock import real_now
from chassis.database import Database
from chassis.tables import OUTBOX, PROCESSES, TIMERS
from chassis.timers import MAX_ATTEMPTS
from rapport_cli.main import main

DUE = datetime(2017, 11, 8, 9, 30, tzinfo=UTC)
SECRET = "Claire Gute"


@pytest.fixture
def stored(database_url: str) -> Iterator[Database]:
    """A migrated database of sales."""
    migrate.upgrade("sales", database_url)
    database = Database(database_url)
    yield database
    database.close()


def url(database: Database) -> str:
    """Write the URL of a database with its password."""
    return database.url.render_as_string(hide_password=False)


def rapport(database: Database, *words: str) -> Result:
    """Run a command on the database of sales."""
    named = [] if "retry" in words or "show" in words else ["--service", "sales"]
    return CliRunner().invoke(main, [*words, *named, "--database-url", url(database)])


def an_outgoing(database: Database, *, seconds_ago: float = 0) -> None:
    """Leave a message in the outbox."""
    recorded = real_now() - timedelta(seconds=seconds_ago)
    with database.begin() as session:
        session.execute(
            insert(OUTBOX).values(
                id="e1", exchange="sales.events", routing_key="sales.lead.created.v1",
                headers="{}", body=f'{{"name": "{SECRET}"}}', recorded_at=recorded.timestamp(),
            )
        )  # fmt: skip


def a_timer(database: Database, id_: str = "t1", **fields: object) -> None:
    """Set a timer."""
    row = {"id": id_, "kind": "lead.next_action_due", "key": id_, "due": DUE, "data": "{}"}
    with database.begin() as session:
        session.execute(insert(TIMERS).values(**(row | fields)))


def a_process(database: Database, id_: str = "p1", **fields: object) -> None:
    """Store a process."""
    row = {
        "id": id_, "kind": "convert_lead", "key": id_, "status": "running", "step": 2,
        "data": f'{{"name": "{SECRET}"}}', "actor": "person:ann", "correlation_id": "c",
        "attempts": 0, "next_try": 0.0, "started_at": DUE,
    }  # fmt: skip
    with database.begin() as session:
        session.execute(insert(PROCESSES).values(**(row | fields)))


class TestOutbox:
    def test_is_empty_in_a_sentence(self, stored: Database) -> None:
        assert rapport(stored, "outbox").stdout == "sales: empty.\n"

    def test_counts_what_waits_without_its_content(self, stored: Database) -> None:
        an_outgoing(stored, seconds_ago=90)
        an_outgoing(stored)

        shown = rapport(stored, "outbox", "--limit", "1")
        facts = json.loads(rapport(stored, "outbox", "--json").stdout)["sales"]

        assert shown.stdout.startswith("sales: 2 wait, the oldest for 9")
        assert shown.stdout.count("sales.lead.created.v1") == 1
        assert (facts["pending"], len(facts["messages"])) == (2, 2)
        assert 90 <= facts["oldest_seconds"] < 120
        assert SECRET not in shown.stdout + json.dumps(facts)

    def test_of_a_database_behind_is_refused_with_the_cure(self, database_url: str) -> None:
        Database(database_url).engine.connect().close()

        refused = rapport(Database(database_url), "outbox")

        assert refused.exit_code == 1
        assert "run rapport migrate sales" in refused.stderr


class TestTimers:
    def test_are_listed_the_next_first(self, stored: Database) -> None:
        a_timer(stored, "later", due=DUE + timedelta(days=1))
        a_timer(stored, "sooner")

        facts = json.loads(rapport(stored, "timers", "list", "--json").stdout)

        assert [fact["id"] for fact in facts] == ["sooner", "later"]
        assert facts[0]["due"] == "2017-11-08T09:30:00.000000Z"

    def test_that_are_stuck_are_listed_with_the_reason(self, stored: Database) -> None:
        a_timer(stored, "well")
        a_timer(stored, "ill", attempts=MAX_ATTEMPTS, reason="bug: KeyError")

        shown = rapport(stored, "timers", "list", "--stuck").stdout

        assert "bug: KeyError" in shown
        assert "well" not in shown

    def test_run_again_when_told(self, stored: Database) -> None:
        a_timer(stored, "ill", attempts=MAX_ATTEMPTS, next_try=9e9)

        done = rapport(stored, "timers", "retry", "sales", "ill")

        assert done.exit_code == 0
        with stored.reading() as session:
            row = session.execute(select(TIMERS.c.attempts, TIMERS.c.next_try)).one()
        assert tuple(row) == (0, 0.0)

    def test_that_are_none_are_refused(self, stored: Database) -> None:
        refused = rapport(stored, "timers", "retry", "sales", "other")

        assert (refused.exit_code, refused.stdout) == (1, "")
        assert "sales has no timer other." in refused.stderr


class TestProcesses:
    def test_are_listed_while_they_are_open(self, stored: Database) -> None:
        a_process(stored, "open")
        a_process(stored, "done", status="done")

        listed = rapport(stored, "processes", "list").stdout
        finished = rapport(stored, "processes", "list", "--status", "done", "--json").stdout

        assert "open" in listed
        assert "done" not in listed
        assert [fact["id"] for fact in json.loads(finished)] == ["done"]
        assert SECRET not in listed + finished

    def test_are_shown_whole(self, stored: Database) -> None:
        a_process(stored, error='{"code": "rpc.timeout"}')

        shown = json.loads(rapport(stored, "processes", "show", "sales", "p1").stdout)

        assert shown["data"] == {"name": SECRET}
        assert shown["error"] == {"code": "rpc.timeout"}

    def test_that_are_stuck_go_on_when_told(self, stored: Database) -> None:
        a_process(stored, status="stuck", attempts=12, next_try=9e9)

        done = rapport(stored, "processes", "retry", "sales", "p1", "--json")

        assert json.loads(done.stdout) == {"service": "sales", "id": "p1"}
        with stored.reading() as session:
            row = session.execute(select(PROCESSES.c.status, PROCESSES.c.next_try)).one()
        assert tuple(row) == ("running", 0.0)

    @pytest.mark.parametrize("status", ["running", "done"])
    def test_that_are_not_stuck_are_left_alone(self, stored: Database, status: str) -> None:
        a_process(stored, status=status, next_try=5.0)

        refused = rapport(stored, "processes", "retry", "sales", "p1")

        assert refused.exit_code == 1
        assert "sales has no stuck process p1." in refused.stderr
        with stored.reading() as session:
            assert session.scalar(select(PROCESSES.c.next_try)) == 5.0
