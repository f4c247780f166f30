"""The doctor says of each fault that is planted in a real house what is wrong, and nothing else."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pika
import pytest
from click.testing import CliRunner, Result

from chaos.faults.broker import short_of_disk
from deploy.local.broker import Broker
from deploy.local.house import House, Kind
from rapport_cli import services
from rapport_cli.doctor import bus
from rapport_cli.doctor.command import CHECKS
from rapport_cli.doctor.findings import Level
from rapport_cli.doctor.patient import Patient
from rapport_cli.house import read_house
from rapport_cli.main import main
from tests.support.places import opened_house
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(900)
DECLARED = services.topology()
ONLY = ("accounts", "sales", "analytics", "warehouse")
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
        done = eventually(
            lambda: (said := doctor(house)).exit_code == 0 and said, seconds=SETTLE_SECONDS
        )

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
