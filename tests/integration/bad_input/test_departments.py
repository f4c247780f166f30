"""What one process of ours tells the others, wrong: parked at once, kept apart, or waited for."""

import contextlib
import sqlite3
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.engine import make_url

from contracts import base
from contracts.accounts import CustomerCreated
from contracts.analytics import CustomerScored
from deploy.local.house import House
from deploy.local.services import metrics_text
from services.analytics.warehouse.asking import ask
from tests.integration.bad_input.telling import COMMON, envelope
from tests.support.couriers import SECONDS, Courier, raw, stored
from tests.support.doors import Door
from tests.support.telephony import ACall, answered_call
from tests.support.waiting import eventually

OFFERED, SCORED = "cti.call.offered.v1", "analytics.customer.scored.v1"
CREATED = "accounts.customer.created.v1"  # nobody but the warehouse hears it


@pytest.fixture(scope="module")
def tell(running_house: House) -> Iterator[Any]:
    """Tell something as the process whose it is, right or wrong."""
    users: dict[str, Courier] = {}

    def told(exchange: str, type_: str, body: object, subject: str) -> None:
        user = exchange.partition(".")[0]
        if user not in users:
            users[user] = Courier(running_house, user)
        headers = envelope(type_, subject)
        users[user].send(exchange, type_, body, headers=headers, message_id=subject)

    yield told
    for courier in users.values():
        courier.close()


def a_call(id_: str, **wrong: Any) -> dict[str, Any]:
    """Return what the bridge tells of a call that comes in, with something wrong in it."""
    return base.body(ACall(id_).offered().told[0]) | COMMON | wrong


WRONG: dict[str, tuple[dict[str, Any], str, str]] = {
    "a number as text": ({"transfers": "none"}, "event.shape", "transfers"),
    "a text as number": ({"ani": 12025550143}, "event.shape", "ani"),
    "an instant that is none": ({"started_at": "noon"}, "event.shape", "started_at"),
    "a leg that is none": ({"legs": [7]}, "event.shape", "legs"),
    "half a leg": ({"legs": [{"leg_id": "x"}]}, "event.shape", "legs"),
    "a place that is none": ({"seq": 1.5}, "event.shape", "seq"),
    "a word that nobody knows": ({"direction": "sideways"}, "telephony.call.word", "no Direction"),
}


class TestTheBridge:
    @pytest.mark.parametrize("case", WRONG)
    def test_tells_a_call_that_is_none_and_it_is_parked_at_once(
        self, running_house: House, tell: Any, operator: Courier, case: str
    ) -> None:
        wrong, code, words = WRONG[case]
        before = stored(running_house, "telephony", "calls", "call_events", "processes")

        tell("cti.private", OFFERED, a_call("wrong", **wrong), "wrong")

        found, kept = operator.take("telephony.parked")
        told = found.headers
        assert (told["x-reason-code"], told["x-attempt"]) == (code, 1)
        assert told["x-handler"] == "telephony.calls_told.q1"
        assert words in told["x-reason"]
        assert "0143" not in told["x-reason"], "a number is personal"
        assert kept == raw(a_call("wrong", **wrong))
        assert stored(running_house, "telephony", "calls", "call_events", "processes") == before

    def test_and_the_next_call_is_taken(
        self, running_house: House, tell: Any, operator: Courier
    ) -> None:
        tell("cti.private", OFFERED, a_call("wrong", seq="first"), "wrong")
        for event in answered_call("right"):
            tell("cti.private", base.describe(type(event)).name, base.body(event) | COMMON, "right")

        assert operator.take("telephony.parked")[0].headers["x-reason-code"] == "event.shape"
        eventually(
            lambda: [
                row
                for row in stored(running_house, "telephony", "calls")["calls"]
                if "right" in row
            ],
            seconds=SECONDS,
        )


class TestTheLog:
    def test_holds_what_the_warehouse_cannot_read_and_it_is_kept_apart(
        self, running_house: House, tell: Any, door: Door
    ) -> None:
        socket = Path(running_house.places["warehouse"].own["RAPPORT_WAREHOUSE_SOCKET"])
        wrong, right = str(uuid.uuid4()), str(uuid.uuid4())
        before = door.read_up()

        body = base.body(CustomerCreated(customer_id=wrong, version=1, kind="person")) | COMMON
        tell("accounts.events", CREATED, body | {"version": "one"}, wrong)
        tell("accounts.events", CREATED, b"\xff{", wrong)
        tell("accounts.events", CREATED, body | {"customer_id": right}, right)

        eventually(
            lambda: door.read_up()["quarantined"] == before["quarantined"] + 2, seconds=SECONDS
        )
        kept: Any = ask(socket, "quarantine", {"limit": 100})
        found = {one["reason"]: one["sentence"] for one in kept if one["type"] == CREATED}
        assert set(found) == {"envelope", "shape"}
        assert "utf-8" in found["envelope"]
        assert "version" in found["shape"]
        assert door.read_up()["by_type"][CREATED] == before["by_type"].get(CREATED, 0) + 1


class TestAScore:
    def test_of_a_customer_who_is_not_there_yet_waits_and_is_applied(
        self, running_house: House, tell: Any, door: Door
    ) -> None:
        entered = {"name": f"Late {uuid.uuid4()}", "country": "US"}
        id_ = door.call("accounts.register_customer", entered)["customer_id"]
        retried = counted(running_house, "retried")
        scored = CustomerScored(
            customer_id=id_, score_id="s1", tier="vip", rank=1, population=100, spend_minor=100,
            currency="USD", period_start="2017-01-01", period_end="2018-01-01", version=1,
            as_of=COMMON["occurred_at"], method="pyramid.v1",
        )  # fmt: skip

        with away(running_house, id_):
            tell("analytics.events", SCORED, base.body(scored) | COMMON, id_)
            eventually(lambda: counted(running_house, "retried") > retried, seconds=SECONDS)

        named = {"kind": "customer", "id": id_}
        eventually(
            lambda: door.call("accounts.get_record", named)["tier"] == "vip", seconds=SECONDS
        )

    @pytest.mark.parametrize(
        ("wrong", "field"), [({"rank": "first"}, "rank"), ({"as_of": "noon"}, "as_of")]
    )
    def test_of_a_wrong_shape_is_parked_at_once(
        self, tell: Any, operator: Courier, wrong: dict[str, Any], field: str
    ) -> None:
        told = {"customer_id": "c-1", "score_id": "s1", "tier": "vip", "rank": 1, "population": 9,
                "spend_minor": 1, "currency": "USD", "period_start": "2017-01-01",
                "period_end": "2018-01-01", "as_of": COMMON["occurred_at"], "method": "m"}  # fmt: skip

        tell("analytics.events", SCORED, told | COMMON | wrong, "c-1")

        found, _ = operator.take("accounts.parked")
        assert found.headers["x-reason-code"] == "event.shape"
        assert f"{field} is not what its type says" in found.headers["x-reason"]


@contextlib.contextmanager
def away(house: House, customer_id: str) -> Iterator[None]:
    """Let accounts not know a customer for a while, as before a restore."""
    file = make_url(house.places["accounts"].database_url).database
    moves = ((f"not-{customer_id}", customer_id), (customer_id, f"not-{customer_id}"))

    def move(to: str, since: str) -> None:
        with contextlib.closing(sqlite3.connect(str(file), timeout=SECONDS)) as books, books:
            changed = books.execute("UPDATE customers SET id = ? WHERE id = ?", (to, since))
            assert changed.rowcount == 1

    move(*moves[0])
    yield
    move(*moves[1])


def counted(house: House, outcome: str) -> float:
    """Return how often a score came to an outcome in accounts."""
    wanted = {"handler": "scores", "outcome": outcome}
    return sum(
        sample.value
        for family in text_string_to_metric_families(metrics_text(house.places["accounts"]))
        for sample in family.samples
        if sample.name == "crm_events_consumed_total" and wanted.items() <= sample.labels.items()
    )
