"""What the doctor says of a service's database."""

import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Table, insert, update

from chassis import migrate
from chassis.clock import real_now
from chassis.database import Database
from chassis.tables import COPY_STATES, OUTBOX, PROCESSES, TIMERS
from chassis.timers import MAX_ATTEMPTS
from rapport_cli import services
from rapport_cli.doctor import stored
from rapport_cli.doctor.findings import Level
from rapport_cli.doctor.patient import Patient
from rapport_cli.house import House as HouseFile
from rapport_cli.house import Running
from rapport_cli.main import main

DECLARED = services.topology()
DUE = datetime(2017, 11, 8, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def well(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a database of sales in which every copy is complete."""
    file = tmp_path_factory.mktemp("sales") / "sales.db"
    migrate.upgrade("sales", f"sqlite:///{file}")
    database = Database(f"sqlite:///{file}")
    with database.begin() as session:
        for name in ("customers", "staff", "territories"):
            row = {"name": name, "complete": 1, "refreshed_at": 0.0}
            session.execute(insert(COPY_STATES).values(**row))
    database.close()
    return file


class TestADatabase:
    """The doctor asks it beside the service, which does not run here."""

    @pytest.fixture(autouse=True)
    def _at_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Nobody else is there who could do anything between two looks."""
        monkeypatch.setattr(stored, "SECOND_LOOK_SECONDS", 0.0)

    @pytest.fixture
    def sales(self, well: Path, tmp_path: Path) -> Iterator[Database]:
        """Give a test a database that it may spoil."""
        database = Database(f"sqlite:///{shutil.copy(well, tmp_path)}")
        yield database
        database.close()

    def wrong(self, url: str) -> list[str]:
        """Return what the doctor finds wrong in it."""
        only = {"sales": Running("sales", "", "", None, None, None)}
        known = HouseFile(databases={"sales": url}, running=only)
        found = stored.databases(Patient(known, DECLARED, None))
        return [one.says for one in found if one.level is Level.WRONG]

    def plant(self, database: Database, table: Table, **row: object) -> list[str]:
        """Store a row and return what the doctor says."""
        with database.begin() as session:
            session.execute(insert(table).values(**row))
        return self.wrong(str(database.url))

    def alter(self, database: Database, table: Table, id_: str = "p", **row: object) -> None:
        """Do what a service would do between two looks."""
        with database.begin() as session:
            session.execute(update(table).where(table.c.id == id_).values(**row))

    def a_timer(self, **fields: object) -> dict[str, object]:
        row = {"id": "t", "kind": "lead.next_action_due", "key": "k", "due": DUE, "data": "{}"}
        return row | fields

    def a_process(self, **fields: object) -> dict[str, object]:
        row = {
            "id": "p", "kind": "convert_lead", "key": "k", "status": "running", "step": 1,
            "data": "{}", "actor": "person:ann", "correlation_id": "c", "attempts": 0,
            "next_try": time.time() - 100, "started_at": DUE,
        }  # fmt: skip
        return row | fields

    def test_that_is_well(self, sales: Database) -> None:
        assert self.wrong(str(sales.url)) == []

    def test_that_is_missing(self, tmp_path: Path) -> None:
        found = self.wrong(f"sqlite:///{tmp_path}/none.db")

        assert found == [f"sales: The database of sales is not there: {tmp_path}/none.db."]
        assert list(tmp_path.iterdir()) == []

    def test_that_is_not_migrated(self, tmp_path: Path) -> None:
        (tmp_path / "empty.db").touch()

        found = self.wrong(f"sqlite:///{tmp_path}/empty.db")

        assert [said[:45] for said in found] == ["The database of sales is at revision none, no"]

    def test_with_an_old_outbox(self, sales: Database) -> None:
        found = self.plant(
            sales, OUTBOX, id="e", exchange="sales.events", routing_key="k", headers="{}",
            body="{}", recorded_at=time.time() - 100,
        )  # fmt: skip

        assert [said[:45] for said in found] == ["sales: 1 events wait to be told, the oldest f"]

    def test_with_a_timer_that_is_overdue(self, sales: Database) -> None:
        assert self.plant(sales, TIMERS, **self.a_timer()) == [
            "sales: timers are overdue: 1 x lead.next_action_due."
        ]

    def test_with_a_timer_that_is_yet_to_come(self, sales: Database) -> None:
        due = real_now() + timedelta(days=1)

        assert self.plant(sales, TIMERS, **self.a_timer(due=due)) == []

    def test_with_a_timer_that_is_stuck(self, sales: Database) -> None:
        assert self.plant(sales, TIMERS, **self.a_timer(attempts=MAX_ATTEMPTS)) == [
            "sales: timers failed too often: 1 x lead.next_action_due."
        ]

    def test_with_a_process_that_is_stuck(self, sales: Database) -> None:
        assert self.plant(sales, PROCESSES, **self.a_process(status="stuck")) == [
            "sales: processes are stuck: 1 x convert_lead."
        ]

    def test_with_a_process_that_nobody_takes_up(self, sales: Database) -> None:
        assert self.plant(sales, PROCESSES, **self.a_process()) == [
            "sales: processes wait and nobody takes them up: 1 x convert_lead."
        ]

    @pytest.mark.parametrize("change", [{"step": 2}, {"next_try": 1.0}, {"status": "done"}])
    def test_with_a_process_that_was_started_a_moment_ago(
        self, sales: Database, monkeypatch: pytest.MonkeyPatch, change: dict[str, object]
    ) -> None:
        monkeypatch.setattr(stored, "sleep", lambda _: self.alter(sales, PROCESSES, **change))

        assert self.plant(sales, PROCESSES, **self.a_process(next_try=0.0)) == []

    def test_with_timers_of_which_some_fire_after_a_leap_of_the_clock(
        self, sales: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.plant(sales, TIMERS, **self.a_timer(id="t1", key="k1"))
        fired = {"due": real_now() + timedelta(days=1)}
        monkeypatch.setattr(stored, "sleep", lambda _: self.alter(sales, TIMERS, "t1", **fired))

        assert self.plant(sales, TIMERS, **self.a_timer()) == []

    def test_with_a_process_that_runs(self, sales: Database) -> None:
        assert self.plant(sales, PROCESSES, **self.a_process(next_try=time.time())) == []

    def test_with_a_copy_that_is_not_complete(self, sales: Database) -> None:
        done = CliRunner().invoke(
            main, ["copies", "rebuild", "sales", "customers", "--database-url", str(sales.url)]
        )

        assert done.exit_code == 0
        assert self.wrong(str(sales.url)) == [
            "sales: the copy customers of accounts is not complete."
        ]
