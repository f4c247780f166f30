"""A service as a process: what it needs to start, what it says of itself, how it stops."""

import contextlib
import fcntl
import json
import re
import socket
import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pika
import pytest
from sqlalchemy.engine import make_url

from chaos.lines import Line
from chassis.plain.rpc import Ask
from deploy.local import services
from deploy.local.broker import Broker
from deploy.local.house import House, Kind
from deploy.local.machine import free_ports
from deploy.local.services import Place
from tests.support.doors import Door
from tests.support.places import opened_house
from tests.support.runners import PATIENT, SECONDS, Running, a_bare_host, outcome
from tests.support.waiting import eventually

CONFIGURED, FAILED = 2, 1


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, session_broker: Broker) -> Iterator[House]:
    """A house with everything prepared in which only accounts runs."""
    folder = tmp_path_factory.mktemp("runner")
    with opened_house(folder, Kind.SQLITE, session_broker, None) as opened:
        opened.prepare()
        opened.launch("accounts")
        services.await_ready(opened.places["accounts"], SECONDS)
        yield opened


@pytest.fixture
def place(house: House, tmp_path: Path) -> Place:
    """Where sales would run, with a log of the test's own."""
    return replace(house.places["sales"], log=str(tmp_path / "sales.log"))


class TestSettings:
    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"RAPPORT_AMQP_URI": None}, "Missing setting RAPPORT_AMQP_URI."),
            ({"RAPPORT_AMQP_URL": "amqp://x"}, "Unknown setting RAPPORT_AMQP_URL; known are"),
            ({"RAPPORT_SIGNING_KEY": __file__}, "holds no Ed25519 private key"),
        ],
        ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
    )
    def test_that_are_missing_unknown_or_wrong_end_it_with_one_sentence(
        self, place: Place, changes: dict[str, str | None], said: str
    ) -> None:
        status, words = outcome(place, **changes)

        assert status == CONFIGURED
        assert said in words
        assert words.count("\n") == 0

    def test_a_service_that_is_none(self, place: Place) -> None:
        status, words = outcome(place, "salse")

        assert (status, words.count("\n")) == (CONFIGURED, 0)
        assert words.startswith("There is no service 'salse'; known are accounts,")


class TestDatabase:
    def test_that_is_not_migrated(self, place: Place, tmp_path: Path) -> None:
        status, words = outcome(place, RAPPORT_DATABASE_URL=f"sqlite:///{tmp_path / 'new.db'}")

        assert status == CONFIGURED
        assert re.fullmatch(
            "The database of sales is at revision none, not [0-9]+: run rapport migrate sales.",
            words,
        )

    def test_that_another_process_owns(self, place: Place) -> None:
        file = make_url(place.database_url).database
        with Path(f"{file}.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            status, words = outcome(place)

        assert status == FAILED
        assert words == (
            f"{file} is in use by another service process; "
            "SQLite serves one, PostgreSQL any number."
        )

    def test_that_does_not_answer(self, place: Place) -> None:
        (port,) = free_ports(1)
        url = f"postgresql://sales:hushed@127.0.0.1:{port}/sales"

        assert outcome(place, RAPPORT_DATABASE_URL=url) == (FAILED, "The database does not answer.")


class TestTopology:
    def test_that_is_missing(self, place: Place, session_broker: Broker) -> None:
        with a_bare_host(session_broker) as uri:
            status, words = outcome(place, RAPPORT_AMQP_URI=uri)

        assert status == FAILED
        assert re.fullmatch(
            r"The queue sales\.\w+\.q1 does not exist: apply the topology before starting\.", words
        )


def test_an_ops_port_that_is_taken(house: House, place: Place) -> None:
    taken = house.places["accounts"].ops_port

    status, words = outcome(place, RAPPORT_OPS_PORT=str(taken))

    assert (status, words) == (FAILED, f"The ops port {taken} is taken.")


@pytest.fixture
def running(place: Place) -> Iterator[list[Running]]:
    """What a test has started."""
    started: list[Running] = []
    yield started
    for one in started:
        one.close()


class TestBrokerDownAtStart:
    def test_it_stays_says_so_and_takes_work_when_the_broker_comes(
        self, house: House, place: Place, running: list[Running]
    ) -> None:
        (port,) = free_ports(1)
        where = pika.URLParameters(place.amqp_uri)
        uri = place.amqp_uri.replace(f"{where.host}:{where.port}", f"127.0.0.1:{port}")
        sales = Running(replace(place, amqp_uri=uri))
        running.append(sales)

        assert sales.wrong()["broker"] == "not connected to the broker"
        assert sales.get("/livez").text == "alive\n"
        line = Line(where.port, port)
        try:
            eventually(lambda: not sales.wrong(), seconds=SECONDS)
            door = Door(house)
            assert "orders" in str(door.call("sales.totals", {}))
            door.client.close()
            assert sales.terminate() == 0
        finally:
            line.close()

    def test_told_to_stop_meanwhile_it_does(self, place: Place, running: list[Running]) -> None:
        (port,) = free_ports(1)
        sales = Running(replace(place, amqp_uri=f"amqp://sales:x@127.0.0.1:{port}/"))
        running.append(sales)
        assert sales.wrong()["broker"] == "not connected to the broker"

        assert sales.terminate() == 0

        assert "Traceback" not in Path(place.log).read_text()


class TestDatabaseBusyAtStart:
    def test_told_to_stop_meanwhile_it_does(self, place: Place, running: list[Running]) -> None:
        where = pika.URLParameters(place.amqp_uri)
        line = Line(where.port)
        line.freeze()  # so that it waits for the broker after it has looked at the database
        uri = place.amqp_uri.replace(f"{where.host}:{where.port}", f"127.0.0.1:{line.port}")
        sales = Running(replace(place, amqp_uri=uri))
        running.append(sales)
        eventually(lambda: line.passed, seconds=SECONDS)
        held = sqlite3.connect(str(make_url(place.database_url).database), isolation_level=None)
        held.execute("BEGIN IMMEDIATE")  # so that it cannot take over what its processes held
        line.heal()
        eventually(lambda: "relay" in sales.wrong().get("outbox", ""), seconds=SECONDS)

        assert sales.terminate() == 0

        assert "Traceback" not in Path(place.log).read_text()
        held.close()
        line.close()


class TestStop:
    def test_what_runs_is_ended_and_answered_first(
        self, house: House, place: Place, running: list[Running]
    ) -> None:
        sales = Running(replace(place, command=[sys.executable, "-c", PATIENT, "sales"]))
        running.append(sales)
        eventually(lambda: not sales.wrong(), seconds=SECONDS)
        product = {
            "sku": "LAMP-1",
            "name": "Lamp",
            "category": "Furniture",
            "sub_category": "Lamps",
        }
        door = Door(house)
        held = sqlite3.connect(str(make_url(place.database_url).database), isolation_level=None)
        held.execute("BEGIN IMMEDIATE")  # so that the command waits in the middle of its work
        asked = door.client.submit(
            "sales", "create_record", {"kind": "product", "values": product},
            ask=Ask(token=door.admin, timeout_seconds=60),
        )  # fmt: skip
        eventually(lambda: sales.value("crm_entrypoint_in_progress") >= 1, seconds=SECONDS)
        sales.signal()
        eventually(lambda: '"stopping"' in Path(place.log).read_text(), seconds=SECONDS)
        held.execute("ROLLBACK")

        answer = asked.result(60)

        assert sales.exit_status() == 0
        assert isinstance(answer, dict)
        rows = held.execute("SELECT id FROM products").fetchall()
        assert rows == [(answer["id"],)]
        assert held.execute("SELECT count(*) FROM outbox").fetchone() == (0,)  # told as well
        held.close()
        door.client.close()


class TestOps:
    @pytest.fixture
    def ops(self, house: House) -> Iterator[httpx.Client]:
        uri = house.places["accounts"].ops_uri
        with httpx.Client(trust_env=False, timeout=60, base_url=uri) as client:
            yield client

    def test_tells_that_it_is_alive_and_ready(self, ops: httpx.Client) -> None:
        alive, ready = ops.get("/livez"), ops.get("/readyz")

        assert (alive.status_code, alive.text) == (200, "alive\n")
        assert ready.status_code == 200
        assert ready.json() == {"ready": True, "service": "accounts", "wrong": {}}

    def test_has_nothing_else(self, ops: httpx.Client) -> None:
        for path in ("/", "/customers", "/metrics/../readyz/x"):
            assert ops.get(path).status_code == 404

    @pytest.mark.parametrize(
        "junk", [b"\x00\xff\r\n\r\n", b"\r\n", b"GET", b"POST /livez HTTP/1.1"]
    )
    def test_survives_what_is_no_request(self, house: House, junk: bytes) -> None:
        port = house.places["accounts"].ops_port
        with contextlib.closing(socket.create_connection(("127.0.0.1", port))) as raw:
            raw.sendall(junk)

        place = house.places["accounts"]
        eventually(lambda: services.is_ready(place), seconds=SECONDS)

    def test_shows_every_series_from_the_start_at_nought(self, ops: httpx.Client) -> None:
        text = ops.get("/metrics").text

        for outcome_ in ("success", "refused", "error"):
            series = (
                'crm_entrypoint_requests_total{entrypoint="assign_owner",'
                f'kind="rpc",outcome="{outcome_}",service="accounts"}} 0.0'
            )
            assert series in text
        assert 'crm_service_info{service="accounts",version="0.1.0"} 1.0' in text
        assert 'crm_broker_connected{service="accounts"} 1.0' in text
        assert 'crm_leader{service="accounts"} 1.0' in text
        for gauge in ("crm_outbox_pending", "crm_timers_pending", "crm_processes_open"):
            assert f'{gauge}{{service="accounts"}} 0.0' in text
        assert 'crm_db_pool_connections{service="accounts",state="busy"}' in text


class TestLog:
    def test_is_json_without_personal_data(self, house: House) -> None:
        door = Door(house)
        customer = {
            "name": "Zenobia Quux", "email": "zenobia@quux.example", "phone": "+12125550177",
            "country": "US", "city": "Xanadu",
        }  # fmt: skip
        asked = {"correlation_id": "log-test"}
        door.call("accounts.register_customer", customer, **asked)
        with pytest.raises(Exception, match="known"):
            door.call("accounts.register_customer", customer, **asked)
        with pytest.raises(Exception, match="not valid"):
            door.call("accounts.register_customer", customer | {"country": "Quux"}, **asked)
        door.client.close()

        text = Path(house.places["accounts"].log).read_text()
        lines = [json.loads(line) for line in text.splitlines()]
        mine = [line for line in lines if line.get("correlation_id") == "log-test"]

        assert not re.search("zenobia|quux|2125550177|xanadu", text, re.IGNORECASE)
        assert all({"service", "event", "level", "timestamp"} <= line.keys() for line in lines)
        assert [line["outcome"] for line in mine][0::2] == ["ok", "invalid.fields"]
        assert {line["event"] for line in mine} == {"done"}
        assert {line["entrypoint"] for line in mine} == {"register_customer"}
