"""The RPC client without eventlet, against stock nameko services on a real broker."""

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pika
import pytest

from chaos.lines import Line
from chassis.errors import Forbidden, Invalid, NotFound, RemoteBug, Unavailable
from chassis.plain.rpc import Ask, Client, gather
from tests.support.bus import Bus, bus
from tests.support.waiting import PATIENCE_SECONDS, eventually

__all__ = ["bus"]
STOCK_SERVICE = """
import eventlet
from nameko.rpc import rpc
from nameko.extensions import DependencyProvider


there = []


class Context(DependencyProvider):
    def get_dependency(self, worker_ctx):
        return worker_ctx.data


class Accounts:
    name = "accounts"
    context = Context()

    @rpc
    def find_matches(self, **payload):
        return payload

    @rpc
    def seen_context(self):
        return {key: value for key, value in self.context.items() if key != "call_id_stack"}

    @rpc
    def slow(self, seconds):
        eventlet.sleep(seconds)
        return seconds

    @rpc
    def meets(self, others):
        there.append(self)
        while len(there) < others:
            eventlet.sleep(0.01)
        return others

    @rpc
    def fails(self):
        raise ValueError("something went wrong inside")
"""
STOCK_CALLER = """
import sys
from nameko.standalone.rpc import ClusterRpcProxy
with ClusterRpcProxy({"AMQP_URI": sys.argv[1]}, timeout=60) as cluster:
    print(cluster.accounts.find_matches(name="Ada"))
"""


@pytest.fixture(scope="module")
def accounts(bus: Bus, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Run a stock nameko service with the name accounts."""
    folder: Path = tmp_path_factory.mktemp("stock")
    (folder / "stock.py").write_text(STOCK_SERVICE)
    (folder / "config.yaml").write_text(f"AMQP_URI: {bus.amqp_uri}\n")
    with (folder / "log").open("wb") as log:
        service = subprocess.Popen(
            [Path(sys.executable).with_name("nameko"), "run", "stock", "--config", "config.yaml"],
            cwd=folder,
            stdout=log,
            stderr=log,
        )
    try:
        eventually(lambda: _consumers(bus) == 1, because=(folder / "log").read_text())
        yield
    finally:
        service.kill()
        service.wait()


@pytest.fixture
def client(bus: Bus, accounts: None) -> Iterator[Client]:
    with Client(bus.uri_of("operator")) as found:
        yield found


def _consumers(bus: Bus) -> int:
    with contextlib.closing(bus.connect()) as connection:
        found = connection.channel().queue_declare("rpc-accounts", passive=True)
    return int(found.method.consumer_count)


class TestCall:
    def test_returns_the_result(self, client: Client) -> None:
        found = client.call("accounts", "find_matches", {"name": "Ada", "limit": 3})

        assert found == {"name": "Ada", "limit": 3}

    def test_sends_its_context_in_namekos_headers(self, client: Client) -> None:
        found = client.call(
            "accounts",
            "seen_context",
            {},
            token="t.o.k",
            timeout_seconds=7,
            idempotency_key="once",
            correlation_id="c-1",
        )

        assert isinstance(found, dict)
        assert found.pop("causation_id")
        assert found == {
            "auth_token": "t.o.k",
            "budget_ms": 7000,
            "idempotency_key": "once",
            "correlation_id": "c-1",
        }

    def test_an_unknown_service_is_told_at_once(self, client: Client, bus: Bus) -> None:
        with contextlib.closing(bus.connect()) as connection:
            connection.channel().queue_delete("rpc-sales")
        started = time.monotonic()

        with pytest.raises(NotFound, match="There is no service sales") as refused:
            client.call("sales", "board", {}, timeout_seconds=120)

        assert refused.value.code == "rpc.unknown_service"
        assert time.monotonic() - started < 60  # long before its budget is over
        with contextlib.closing(bus.connect()) as connection:
            channel = connection.channel()
            channel.queue_declare("rpc-sales", durable=True)
            channel.queue_bind("rpc-sales", "nameko-rpc", "sales.*")

    def test_a_stock_services_errors_are_bugs_to_us(self, client: Client) -> None:
        with pytest.raises(RemoteBug, match="ValueError: something went wrong inside"):
            client.call("accounts", "fails", {})

        with pytest.raises(RemoteBug, match="MethodNotFound"):
            client.call("accounts", "no_such_method", {})

        with pytest.raises(RemoteBug, match="IncorrectSignature"):
            client.call("accounts", "slow", {"minutes": 1})

    @pytest.mark.parametrize(
        "body", [b'{"result": null, "error": "no"}', b'{"result": null, "error": ["no"]}']
    )
    def test_an_error_that_is_none_fails_its_call_alone(
        self, client: Client, bus: Bus, body: bytes
    ) -> None:
        asked = client.submit("sales", "board", {}, ask=Ask())

        _answer(bus, "rpc-sales", body)

        with pytest.raises(RemoteBug, match="no error"):
            asked.result(PATIENCE_SECONDS)
        assert client.call("accounts", "find_matches", {"n": 1}) == {"n": 1}

    def test_ends_at_its_deadline_and_forgets_the_call(self, client: Client) -> None:
        started = time.monotonic()

        with pytest.raises(Unavailable, match=r"within 0\.3 s") as late:
            client.call("accounts", "slow", {"seconds": 120}, timeout_seconds=0.3)

        assert late.value.code == "rpc.timeout"
        assert 0.3 <= time.monotonic() - started < 60  # long before the answer
        assert client._calls == {}
        assert client.call("accounts", "slow", {"seconds": 1}, timeout_seconds=60) == 1

    def test_a_request_that_nobody_takes_is_gone_at_its_deadline(
        self, client: Client, bus: Bus
    ) -> None:
        with pytest.raises(Unavailable):
            client.call("sales", "board", {}, timeout_seconds=0.3)

        eventually(lambda: bus.depth("rpc-sales") == 0)

    def test_refuses_a_body_that_is_too_large(self, client: Client) -> None:
        with pytest.raises(Invalid, match="1048576 are allowed") as refused:
            client.call("accounts", "find_matches", {"text": "x" * 1_048_577})

        assert refused.value.code == "rpc.body_too_large"

    def test_a_stock_nameko_caller_is_served_as_well(self, bus: Bus, accounts: None) -> None:
        called = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", STOCK_CALLER, bus.uri_of("notebook")],
            capture_output=True,
            text=True,
            check=False,
            timeout=90,
        )

        assert called.stdout.strip() == "{'name': 'Ada'}", called.stderr


class TestManyInFlight:
    def test_answers_come_in_the_order_asked(self, client: Client) -> None:
        answers = [
            client.submit("accounts", "find_matches", {"n": n}, ask=Ask(timeout_seconds=60))
            for n in range(300)
        ]

        assert gather(answers) == [{"n": n} for n in range(300)]
        assert client._calls == {}

    def test_waits_for_slow_ones_together(self, client: Client) -> None:
        ask = Ask(timeout_seconds=60)

        answers = [client.submit("accounts", "meets", {"others": 8}, ask=ask) for _ in range(8)]

        assert gather(answers) == [8] * 8  # one after the other would never meet

    def test_raises_the_first_error_after_the_last_answer(self, client: Client) -> None:
        failing = client.submit("accounts", "fails", {}, ask=Ask())
        slow = client.submit("accounts", "slow", {"seconds": 0.3}, ask=Ask())

        with pytest.raises(RemoteBug):
            gather([failing, slow])

        assert slow.done()

    def test_a_forbidden_call_fails_alone(self, bus: Bus, accounts: None) -> None:
        with Client(bus.uri_of("sales")) as client:
            before = [
                client.submit("accounts", "find_matches", {"n": n}, ask=Ask()) for n in range(20)
            ]
            forbidden = client.submit("accounts", "erase", {}, ask=Ask())
            after = [
                client.submit("accounts", "find_matches", {"n": n}, ask=Ask()) for n in range(20)
            ]

            assert gather(before) == gather(after) == [{"n": n} for n in range(20)]
            with pytest.raises(Forbidden, match=r"accounts\.erase") as refused:
                forbidden.result(PATIENCE_SECONDS)
            assert refused.value.code == "rpc.not_allowed"


class TestConnection:
    def test_a_cut_connection_ends_calls_at_once_and_comes_back(
        self, bus: Bus, accounts: None
    ) -> None:
        line = Line(bus.port)
        with Client(bus.through(line.port, "operator")) as client:
            waiting = client.submit(
                "accounts", "slow", {"seconds": 120}, ask=Ask(timeout_seconds=180)
            )
            eventually(lambda: client._calls)

            line.cut()

            with pytest.raises(Unavailable) as lost:
                waiting.result(PATIENCE_SECONDS)
            assert lost.value.code == "broker.unreachable"
            eventually(lambda: line.passed == 2)
            eventually(lambda: _answers(client))
        line.close()

    def test_leaves_no_reply_queue_behind(self, bus: Bus, accounts: None) -> None:
        with Client(bus.uri_of("operator")) as client:
            client.call("accounts", "find_matches", {})
            queue = client._reply_to

        with (
            contextlib.closing(bus.connect()) as connection,
            pytest.raises(pika.exceptions.ChannelClosedByBroker, match="NOT_FOUND"),
        ):
            connection.channel().queue_declare(queue, passive=True)


def _answer(bus: Bus, queue: str, body: bytes) -> None:
    with contextlib.closing(bus.connect()) as connection:
        channel = connection.channel()
        _, asked, _ = eventually(
            lambda: (got := channel.basic_get(queue, auto_ack=True))[0] and got
        )
        properties = pika.BasicProperties(correlation_id=asked.correlation_id)
        channel.basic_publish("nameko-rpc", asked.reply_to, body, properties)


def _answers(client: Client) -> bool:
    try:
        return client.call("accounts", "find_matches", {"n": 1}) == {"n": 1}
    except Unavailable:
        return False
