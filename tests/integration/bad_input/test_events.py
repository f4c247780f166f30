"""Events that are wrong in every way: parked with the reason, and the one behind them is applied."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from contracts import base
from contracts.accounts import CustomerOwnerChanged, CustomerRecorded
from deploy.local.house import House
from tests.integration.bad_input.telling import COMMON, envelope
from tests.support.couriers import SECONDS, Courier, raw, stored
from tests.support.waiting import eventually

RECORDED = "accounts.customer.recorded.v1"
MOVED = "accounts.customer.owner_changed.v1"
EXCHANGES = {RECORDED: "accounts.private", MOVED: "accounts.events"}
# Who hears them: the copies and the facts of each department.
HEARD = {
    RECORDED: (
        "analytics.customers.q1", "marketing.customer_facts.q1", "marketing.customers.q1",
        "sales.customers.q1", "service_desk.customers.q1", "telephony.customers.q1",
    ),
    MOVED: (
        "analytics.owner_changes.q1", "sales.owner_changes.q1", "service_desk.owner_changes.q1",
        "telephony.owner_changes.q1",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def accounts(running_house: House) -> Iterator[Courier]:
    """Accounts' own broker user: whoever has it can tell what accounts tells, right or wrong."""
    opened = Courier(running_house, "accounts")
    yield opened
    opened.close()


def a_customer(id_: str = "c-1", **fields: Any) -> dict[str, Any]:
    told = CustomerRecorded(customer_id=id_, version=1, kind="person", name="Greta", **fields)
    return base.body(told) | COMMON


def a_move(id_: str = "c-1") -> dict[str, Any]:
    told = CustomerOwnerChanged(
        customer_id=id_, version=2, previous_owner_id=None, owner_id="r1", team_id=None,
        territory_id=None, reason="by hand",
    )  # fmt: skip
    return base.body(told) | COMMON


Case = tuple[str, object, dict[str, Any] | None, str, str]
WRONG: dict[str, Case] = {
    "no envelope": (RECORDED, a_customer(), None, "event.undecodable", "is missing"),
    "no id": (RECORDED, a_customer(), envelope(RECORDED, id=None), "event.undecodable", "ce-id"),
    "another version of the envelope": (
        RECORDED, a_customer(), envelope(RECORDED, specversion="9"), "event.undecodable", "'9'",
    ),
    "a sequence that is none": (
        RECORDED, a_customer(), envelope(RECORDED, sequence="x"), "event.undecodable", "malformed",
    ),
    "a header that is no text": (
        RECORDED, a_customer(), envelope(RECORDED, subject=[1]), "event.undecodable", "ce-subject",
    ),
    "a time that is none": (
        RECORDED, a_customer(), envelope(RECORDED, time="noon"), "event.undecodable", "time",
    ),
    "no body": (RECORDED, b"", envelope(RECORDED), "event.undecodable", "not JSON"),
    "no JSON": (RECORDED, b"\xff{", envelope(RECORDED), "event.undecodable", "not JSON"),
    "no object": (RECORDED, ["c-1"], envelope(RECORDED), "event.undecodable", "object"),
    "a missing field": (
        RECORDED, COMMON | {"customer_id": "c-1"}, envelope(RECORDED), "event.shape",
        "is not what it claims to be",
    ),
    "a number as text, in a copy": (
        RECORDED, a_customer() | {"version": "1"}, envelope(RECORDED), "event.shape",
        "version is not what its type says",
    ),
    "a text as number, in a copy": (
        RECORDED, a_customer() | {"name": 7}, envelope(RECORDED), "event.shape",
        "name is not what its type says",
    ),
    "a number as text, in a fact": (
        MOVED, a_move() | {"version": "two"}, envelope(MOVED), "event.shape",
        "version is not what its type says",
    ),
    "a list as text, in a fact": (
        MOVED, a_move() | {"owner_id": ["r1"]}, envelope(MOVED), "event.shape",
        "owner_id is not what its type says",
    ),
    "nothing where something must be, in a fact": (
        MOVED, a_move() | {"customer_id": None}, envelope(MOVED), "event.shape",
        "customer_id is not what its type says",
    ),
    "an unknown type for a copy": (
        RECORDED, a_customer(), envelope("accounts.customer.exploded.v1"), "event.unknown_type",
        "accounts.customer.exploded.v1",
    ),
    "an unknown type for a fact": (
        MOVED, a_move(), envelope("accounts.customer.exploded.v1"), "event.unknown_type",
        "accounts.customer.exploded.v1",
    ),
    "a fact without a field": (MOVED, COMMON, envelope(MOVED), "event.shape", "claims"),
    "a fact that is older than the inbox": (
        MOVED, a_move(), envelope(MOVED, time="2020-01-01T00:00:00.000000Z"), "event.too_old",
        "30 days",
    ),
}  # fmt: skip


class TestParked:
    @pytest.mark.parametrize("case", WRONG)
    def test_with_its_reason_and_nothing_is_applied(
        self, running_house: House, accounts: Courier, operator: Courier, case: str
    ) -> None:
        key, body, headers, code, words = WRONG[case]
        before = stored(running_house, "sales", "customer_refs", "inbox")

        accounts.send(EXCHANGES[key], key, body, headers=headers, message_id="m-1")

        parked = taken(operator, key)
        for found, kept in parked:
            told = found.headers
            assert told["x-reason-code"] == code
            assert words in told["x-reason"]
            assert "Greta" not in told["x-reason"]
            assert (told["x-first-exchange"], told["x-first-routing-key"]) == (EXCHANGES[key], key)
            assert told["x-attempt"] == 1
            assert (kept, found.message_id) == (raw(body), "m-1")
        assert sorted(found.headers["x-handler"] for found, _ in parked) == sorted(HEARD[key])
        assert stored(running_house, "sales", "customer_refs", "inbox") == before

    def test_while_the_next_one_is_applied(
        self, running_house: House, accounts: Courier, operator: Courier
    ) -> None:
        id_ = str(uuid.uuid4())

        accounts.send("accounts.private", RECORDED, b"\xff")
        accounts.send(
            "accounts.private", RECORDED, a_customer(id_), headers=envelope(RECORDED, id_)
        )

        eventually(lambda: known(running_house, id_), seconds=SECONDS)
        assert {kept for _, kept in taken(operator, RECORDED)} == {b"\xff"}


class TestUnknown:
    def test_fields_are_passed_over(self, running_house: House, accounts: Courier) -> None:
        """A field that a newer version of accounts tells is no reason to stand still."""
        id_ = str(uuid.uuid4())
        body = a_customer(id_) | {"shoe_size": 38}

        accounts.send("accounts.private", RECORDED, body, headers=envelope(RECORDED, id_))

        eventually(lambda: known(running_house, id_), seconds=SECONDS)

    def test_types_that_nobody_listens_to_harm_nobody(
        self, running_house: House, accounts: Courier
    ) -> None:
        before = stored(running_house, "sales", "customer_refs", "inbox")
        type_ = "accounts.customer.exploded.v1"

        accounts.send("accounts.events", type_, {}, headers=envelope(type_))

        assert accounts.depth("sales.customers.q1") == 0
        assert stored(running_house, "sales", "customer_refs", "inbox") == before


def taken(operator: Courier, key: str) -> list[tuple[Any, bytes]]:
    """Take what each department that heard it has parked."""
    return [operator.take(f"{queue.partition('.')[0]}.parked") for queue in HEARD[key]]


def known(house: House, id_: str) -> bool:
    return any(id_ in row for row in stored(house, "sales", "customer_refs")["customer_refs"])
