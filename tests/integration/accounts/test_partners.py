"""Customers by an outside system's key: each once, in the order of its own revisions."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contracts.erp import CUSTOMER_UPSERT
from services.accounts.service import Accounts
from services.accounts.tables import Customer, ExternalId
from tests.support.sales import Room, a_room

ADA = {"customer_id": "E-1", "revision": 1, "name": "Ada King", "email": "ada@king.org"}


@pytest.fixture
def room(database_url: str, tmp_path: Path) -> Iterator[Room]:
    """Accounts on each kind of database in turn."""
    with a_room(Accounts, database_url, tmp_path) as opened:
        yield opened


def post(room: Room, message_id: str, **fields: Any) -> None:
    room.post("erp_customers", ADA | fields, message_id, CUSTOMER_UPSERT)


def verdicts(room: Room) -> list[str]:
    return [one["outcome"] for one in room.told("erp.customer.accepted.v1")]


def admin(room: Room) -> str:
    return room.person("admin", "admin")


class TestPainPoint23Upsert:
    """Retries and a second system make duplicates (pain point 23)."""

    def test_a_message_that_comes_again_does_nothing(self, room: Room) -> None:
        post(room, "m1")
        post(room, "m1")

        assert verdicts(room) == ["created"]
        assert len(room.rows(Customer)) == len(room.rows(ExternalId)) == 1

    def test_the_same_revision_under_another_id_changes_nothing(self, room: Room) -> None:
        post(room, "m1")
        post(room, "m2", name="Somebody Else")

        assert verdicts(room) == ["created", "unchanged"]
        assert room.rows(Customer)[0].name == "Ada King"

    def test_a_newer_revision_revises_and_an_older_one_is_passed_over(self, room: Room) -> None:
        post(room, "m3", revision=3)
        post(room, "m4", revision=4, city="London")
        post(room, "m2", revision=2, city="Paris")

        assert verdicts(room) == ["created", "revised", "superseded"]
        (customer,) = room.rows(Customer)
        assert (customer.city, customer.version) == ("London", 2)

    def test_an_organisation_stays_one_if_a_revision_does_not_say_so(self, room: Room) -> None:
        post(room, "m1", kind="organisation")
        post(room, "m2", revision=2, city="London")

        assert verdicts(room) == ["created", "revised"]
        (customer,) = room.rows(Customer)
        assert (customer.kind, customer.city) == ("organisation", "London")

    def test_at_once_is_one_customer(self, room: Room) -> None:
        messages = [threading.Thread(target=post, args=(room, f"m{n}")) for n in range(4)]
        for one in messages:
            one.start()
        for one in messages:
            one.join(60)

        assert sorted(verdicts(room)) == ["created", "unchanged", "unchanged", "unchanged"]
        assert len(room.rows(Customer)) == 1

    def test_whom_we_know_by_mail_is_linked_and_keeps_both_keys(self, room: Room) -> None:
        shop = {"name": "A. King", "email": "ada@king.org", "external_ids": {"shop": "S-1"}}
        known = room.call("register_customer", admin(room), **shop)

        post(room, "m1", city="London")

        assert verdicts(room) == ["linked"]
        (customer,) = room.rows(Customer)
        assert (customer.id, customer.city) == (known["customer_id"], "London")
        assert customer.external_ids == {"erp": "E-1", "shop": "S-1"}

    def test_a_key_that_contradicts_is_refused_and_nothing_happens(self, room: Room) -> None:
        post(room, "m1")
        post(room, "m2", customer_id="E-2")

        (refused,) = room.told("erp.customer.refused.v1")
        assert (refused["code"], refused["external_id"]) == ("accounts.external_id.taken", "E-2")
        assert len(room.rows(ExternalId)) == 1

    def test_the_policy_of_partners_may_block(self, room: Room) -> None:
        room.call("register_customer", admin(room), name="A. King", email="ada@king.org")
        room.call(
            "set_match_policy", admin(room), entry_point="partner", policy="block", version=0
        )  # fmt: skip

        post(room, "m1")

        (refused,) = room.told("erp.customer.refused.v1")
        assert refused["code"] == "accounts.customer.duplicate"
        assert "king" not in str(refused).lower()

    @pytest.mark.parametrize(
        "wrong", [{"revision": -1}, {"email": "nobody"}, {"external_ids": {"x": "y"}}, {"name": 7}]
    )
    def test_refuses_what_is_wrong_in_itself(self, room: Room, wrong: dict[str, Any]) -> None:
        post(room, "m1", **wrong)

        assert [one["code"] for one in room.told("erp.customer.refused.v1")] == ["invalid.fields"]
        assert room.rows(Customer) == []
