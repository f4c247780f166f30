"""The ERP connector against a real broker and a house that answers like sales does."""

import json
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pika
import pytest

from demo import history
from demo.erp.schedule import postings
from deploy.local.broker import Broker

INBOUND, OUTBOUND, QUEUE = "crm.inbound", "crm.outbound", "partner.erp.q1"
IN_HOUSE = "sales.erp_orders.q1"


@pytest.fixture
def uri(broker: Broker) -> str:
    return broker.amqp_uri


class StandIn:
    """Answer each new message id with a verdict; keep what arrived."""

    def __init__(self, uri: str) -> None:
        self.arrived: Counter[str] = Counter()
        self.books: dict[str, tuple[int, dict[str, Any]]] = {}
        self.products: dict[str, str] = {}
        self._connection = pika.BlockingConnection(pika.URLParameters(uri))
        self._channel = self._connection.channel()
        self._declare()
        self._thread = threading.Thread(target=self._channel.start_consuming)
        self._thread.start()

    def close(self) -> None:
        self._connection.add_callback_threadsafe(self._channel.stop_consuming)
        self._thread.join()
        self._connection.close()

    def _declare(self) -> None:
        channel = self._channel
        for exchange in (INBOUND, OUTBOUND):
            channel.exchange_declare(exchange, "topic", durable=True)
        for queue, exchange, key in ((IN_HOUSE, INBOUND, "erp.#"), (QUEUE, OUTBOUND, "erp.#")):
            channel.queue_declare(queue, durable=True, arguments={"x-queue-type": "quorum"})
            channel.queue_purge(queue)
            channel.queue_bind(queue, exchange, key)
        channel.basic_qos(prefetch_count=50)
        channel.basic_consume(IN_HOUSE, self._on_message)

    def _on_message(self, channel: Any, method: Any, *message: Any) -> None:
        properties, body = message
        message_id, told = properties.message_id, json.loads(body)
        self.arrived[message_id] += 1
        if self.arrived[message_id] == 1:
            outcome = self._enter(told)
            key = method.routing_key.replace("upsert", "accepted")
            verdict = {"message_id": message_id, "outcome": outcome}
            channel.basic_publish(OUTBOUND, key, json.dumps(verdict).encode())
        channel.basic_ack(method.delivery_tag)

    def _enter(self, told: dict[str, Any]) -> str:
        if "order_id" not in told:
            self.products[told["product_id"]] = told["name"]
            return "created"
        assert not self.products or all(
            line["product_id"] in self.products for line in told["lines"]
        )
        known = self.books.get(told["order_id"])
        if known is not None and known[0] >= told["revision"]:
            return "superseded"
        self.books[told["order_id"]] = (told["revision"], told)
        return "created"


@pytest.fixture
def sales(uri: str) -> Iterator[StandIn]:
    made = StandIn(uri)
    yield made
    made.close()


class Erp:
    """Start the connector, as often as a test likes, on one ledger."""

    def __init__(self, uri: str, ledger: Path) -> None:
        self._command = [sys.executable, "-m", "demo.erp"]
        self._command += ["--amqp-uri", uri, "--ledger", str(ledger)]
        self._started: list[subprocess.Popen[str]] = []

    def start(self, *options: str) -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        command = [*self._command, *options]
        started = subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True)
        self._started.append(started)
        return started

    def end(self) -> None:
        for one in self._started:
            one.kill()
            one.communicate()


@pytest.fixture
def erp(uri: str, tmp_path: Path) -> Iterator[Erp]:
    made = Erp(uri, tmp_path / "erp.db")
    yield made
    made.end()


def last_line(run: subprocess.Popen[str]) -> dict[str, Any]:
    out, _ = run.communicate(timeout=60)
    read: dict[str, Any] = json.loads(out.splitlines()[-1])
    return read


class TestErp:
    def test_posts_a_quarter_and_keeps_every_verdict(
        self, erp: Erp, sales: StandIn, tmp_path: Path
    ) -> None:
        clock = tmp_path / "clock.json"

        run = erp.start("--quarter", "1", "--clock-file", str(clock))

        told = last_line(run)["orders"]
        assert run.returncode == 0
        assert (told["posted"], told["messages"], told["orders"]) == (139, 133, 131)
        assert (told["accepted"], told["refused"]) == (133, 0)
        assert told["outcomes"] == {"created": 131, "superseded": 2}
        assert Counter(sales.arrived.values()) == {1: 127, 2: 6}
        amounts = [order["total_minor"] for _, order in sales.books.values()]
        assert sum(amounts) == told["amount_minor"]
        assert clock.exists()

    def test_settles_the_catalogue_before_the_first_order(self, erp: Erp, sales: StandIn) -> None:
        run = erp.start("--catalogue", "--to", "2014-01-10", "--in-flight", "1000")

        told = last_line(run)
        assert run.returncode == 0
        assert told["orders"]["accepted"] == told["orders"]["messages"] > 0
        named = {line["product_id"] for _, order in sales.books.values() for line in order["lines"]}
        assert (told["products"]["accepted"], told["products"]["outstanding"]) == (len(named), 0)
        assert set(sales.products) == named

    def test_killed_and_started_again_loses_nothing_and_repeats_with_the_same_ids(
        self, erp: Erp, sales: StandIn
    ) -> None:
        first = erp.start("--quarter", "1", "--pace", "60", "--progress", "0.1")
        assert first.stdout is not None
        while json.loads(first.stdout.readline())["day"] is None:
            pass
        first.send_signal(signal.SIGKILL)
        first.communicate()

        second = erp.start("--quarter", "1")

        told = last_line(second)["orders"]
        assert second.returncode == 0
        assert told["outstanding"] == 0
        assert len(sales.arrived) == 133
        assert len(sales.books) == 131

    def test_sends_nothing_again_that_is_settled(self, erp: Erp, sales: StandIn) -> None:
        last_line(erp.start("--to", "2014-01-10"))
        before = dict(sales.arrived)

        told = last_line(erp.start("--to", "2014-01-10"))["orders"]

        assert dict(sales.arrived) == before
        assert told["outstanding"] == 0

    def test_says_which_verdicts_are_missing_when_the_house_is_silent(
        self, erp: Erp, sales: StandIn
    ) -> None:
        sales.arrived.update(_ids_of_january())  # taken for repeats, so nobody answers

        run = erp.start("--to", "2014-01-10", "--patience", "1")

        told = last_line(run)["orders"]
        assert run.returncode == 1
        assert told["outstanding"] == told["messages"] > 0

    def test_says_clearly_that_the_broker_does_not_let_it_in(
        self, uri: str, tmp_path: Path
    ) -> None:
        wrong = "amqp://erp:guess@" + uri.split("@")[1]

        erp = Erp(wrong, tmp_path / "erp.db")
        run = erp.start()

        _, error = run.communicate(timeout=60)
        assert run.returncode == 1
        assert json.loads(error.splitlines()[-1])["error"] == "broker.access_refused"


def _ids_of_january() -> list[str]:
    return [one.message_id for one in postings(history.read())]
