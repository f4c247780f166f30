"""The doctor says of each fault that is planted in a real house what is wrong, and nothing else."""

import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pika
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Table, insert, update

from chaos.faults.broker import short_of_disk
from chassis import migrate
from chassis.clock import real_now
from chassis.database import Database
from chassis.tables import COPY_STATES, OUTBOX, PROCESSES, TIMERS
from chassis.timers import MAX_ATTEMPTS
from deploy.local.broker import Broker
from deploy.local.house import House, Kind
from rapport_cli import services
from rapport_cli.doctor import bus, stored
from rapport_cli.doctor.command import CHECKS
from rapport_cli.doctor.findings import Level
from rapport_cli.doctor.patient import Patient
from rapport_cli.house import House as HouseFile
from rapport_cli.house import Running, read_house
from rapport_cli.main import main
from tests.support.places import opened_house
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(
    300
)  # the house comes up in seconds, on a machine that does nothing else
DECLARED = services.topology()
ONLY = ("accounts", "sales", "analytics", "warehouse")
DUE = datetime(2017, 11, 8, 9, 30, tzinfo=UTC)
SETTLE_SECONDS = 60


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, session_broker: Broker) -> Iterator[House]:
    """A small house that works."""
    folder = tmp_path_factory.mktemp("doctor")
    with opened_house(folder, Kind.SQLITE, session_broker, None, ONLY) as opened:
        opened.up()
        yield opened


def doctor(house: House, *words: str) -> Result:
    """Have the doctor look at a house."""
    file = str(house.directory / "house.json")
    return CliRunner().invoke(main, ["--house", file, "doctor", *words])


def wrong(house: House, check: str) -> list[str]:
    """Run one check and return what it finds wrong."""
    run = next(one.run for one in CHECKS if one.name == check)
    return [one.says for one in run(patient(house)) if one.level is Level.WRONG]


def patient(house: House) -> Patient:
    """Describe a house as the command does."""
    known = read_house(house.directory / "house.json")
    return Patient(known, DECLARED, known.amqp_uri, known.admin_uri)


def rapport(house: House, *words: str) -> Result:
    """Run another command, as an administrator where it needs one."""
    return CliRunner().invoke(main, ["--house", str(house.directory / "house.json"), *words])


def publish(house: House, exchange: str, key: str, body: bytes) -> None:
    """Publish as the administrator."""
    connection = pika.BlockingConnection(pika.URLParameters(house.broker.amqp_uri))
    channel = connection.channel()
    channel.confirm_delivery()
    channel.basic_publish(exchange, key, body, mandatory=True)
    connection.close()


class TestAHouse:
    def test_that_works_is_well(self, house: House) -> None:
        eventually(lambda: not wrong(house, "databases"), seconds=SETTLE_SECONDS)

        done = doctor(house)

        assert done.stdout.endswith("\nEverything is well.\n")
        assert done.exit_code == 0

    def test_is_seen_in_part_without_an_administrator(self, house: House, tmp_path: Path) -> None:
        known = json.loads((house.directory / "house.json").read_text())
        file = tmp_path / "house.json"
        file.write_text(json.dumps(known | {"amqp_uri": None, "management_uri": None}))

        done = CliRunner().invoke(main, ["--house", str(file), "doctor", "--json"])

        checks = json.loads(done.stdout)["checks"]
        unseen = {
            name for name, found in checks.items() if any(f["level"] == "unseen" for f in found)
        }
        assert done.exit_code == 3
        assert unseen == {"broker", "topology", "consumers", "clocks"}
        assert "this user may not configure" in checks["topology"][0]["says"]

    def test_whose_broker_is_short_of_disk(self, house: House, session_broker: Broker) -> None:
        with short_of_disk(session_broker):
            found = eventually(lambda: wrong(house, "broker"), seconds=SETTLE_SECONDS)

        assert [said.partition(" has ")[2] for said in found] == [
            "an alarm on disk: it takes no messages."
        ]

    def test_whose_broker_differs_from_what_is_declared(self, house: House) -> None:
        connection = pika.BlockingConnection(pika.URLParameters(house.broker.amqp_uri))
        channel = connection.channel()
        channel.exchange_unbind("crm.events", "sales.events", "#")
        channel.queue_delete("marketing.parked")
        connection.close()
        session = house.broker
        assert isinstance(session, Broker)
        session.control("set_permissions", "sales", ".*", ".*", ".*")

        found = wrong(house, "topology")
        rapport(house, "topology", "apply")

        assert found == [
            "Queue marketing.parked is missing.",
            "Binding marketing.park -> marketing.parked () is missing.",
            "Binding sales.events -> crm.events (#) is missing.",
            "User sales has another configure right than declared.",
            "User sales has another write right than declared.",
            "User sales has another read right than declared.",
        ]
        assert wrong(house, "topology") == []

    def test_that_has_parked_something(self, house: House) -> None:
        publish(house, "sales.redeliver", "sales.customers.q1", b"no event")

        found = eventually(lambda: wrong(house, "parked"), seconds=SETTLE_SECONDS)
        rapport(house, "parked", "drop", "sales", "--all", "--yes")

        assert found == ["sales has parked 1: 1 x event.undecodable."]

    def test_with_a_partner_who_stands_still(self, house: House) -> None:
        known = patient(house)
        small = [
            replace(queue, arguments=queue.arguments | {"x-max-length-bytes": 1000})
            if queue.name == "partner.erp.q1"
            else queue
            for queue in known.topology.queues
        ]
        known = replace(known, topology=replace(known.topology, queues=tuple(small)))

        publish(house, "crm.outbound", "erp.order.accepted.v1", b"x" * 800)
        found = eventually(
            lambda: [one.says for one in bus.consumers(known) if one.level is Level.WRONG],
            seconds=SETTLE_SECONDS,
        )

        assert found == ["partner.erp.q1 is 80% full."]
        assert "1 messages wait in partner.erp.q1; its partner is away." in [
            one.says for one in bus.consumers(known) if one.level is Level.NOTE
        ]

    def test_in_which_processes_have_died(self, house: House) -> None:
        house.kill("sales")
        house.kill("warehouse")
        publish(house, "nameko-rpc", "sales.nothing", b"{}")

        unread = "Nobody reads rpc-sales, where 1 messages wait."
        eventually(lambda: unread in wrong(house, "consumers"), seconds=SETTLE_SECONDS)
        silent = wrong(house, "readiness")

        assert [said.partition(" at ")[0] for said in silent] == [
            "sales does not answer",
            "warehouse does not answer",
        ]
        assert wrong(house, "warehouse") == ["The warehouse is not there at present."]


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
