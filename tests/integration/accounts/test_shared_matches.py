"""Whom another entity shares is recognised: told by what its window shows, and nothing else."""

import json
from typing import Any

import pytest

from chassis.errors import Forbidden, NotFound
from tests.support.accounts import ANN, Desk, a_staff


@pytest.fixture
def north(desk: Desk) -> str:
    """A token of a director of the entity north."""
    desk.ask("register_entity", entity_id="north", name="North Ltd")
    staff = a_staff(desk, "sales_director", name="Nora", entity_id="north")
    return desk.token_of(staff["id"])


def ann(desk: Desk, *, shared: bool = True, **more: Any) -> str:
    """Enter a customer of the group's own with a contact and a key, and share it."""
    given = {**ANN, "external_ids": {"erp": "E-77"}, **more}
    id_: str = desk.ask("register_customer", **given)["customer_id"]
    desk.ask("register_contact", customer_id=id_, name="Bob Boss", email="bob@lee.org",
             phone="+12125550199")  # fmt: skip
    desk.ask("add_contact_point", customer_id=id_, medium="mail", value="hidden@lee.org",
             kind="work")  # fmt: skip
    if shared:
        version = desk.ask("get_record", kind="customer", id=id_)["version"]
        desk.ask("share_customer", customer_id=id_, version=version, shared=True)
    return id_


class TestMatching:
    @pytest.mark.spec("X-19")
    def test_who_is_entered_elsewhere_is_told_to_be_known_and_entered_all_the_same(
        self, desk: Desk, north: str
    ) -> None:
        theirs = ann(desk)

        entered = desk.ask("register_customer", as_=north, **ANN)

        assert (entered["created"], entered["matches"]) == (True, [])
        assert entered["shared"] == [
            {"customer_id": theirs, "entity_id": "group", "score": 99, "certain": True,
             "reasons": ["email", "phone", "name"]}
        ]  # fmt: skip
        mine = desk.ask("get_record", as_=north, kind="customer", id=entered["customer_id"])
        assert mine["entity_id"] == "north"
        card = desk.ask("shared_customer", as_=north, customer_id=theirs)
        assert card["customer"]["name"] == "Ann Lee"

    @pytest.mark.parametrize(
        ("given", "reasons"),
        [
            ({"email": "ann@lee.org"}, ["email"]),
            ({"phone": "+12125550123"}, ["phone"]),
            ({"name": "Ann Lee"}, ["name"]),
            ({"name": "Ann Leee"}, ["similar_name"]),
            ({"email": "bob@lee.org"}, ["contact_email"]),
            ({"name": "Bob Boss", "phone": "+12125550199"}, ["contact_phone", "contact_name"]),
        ],
    )
    def test_goes_by_what_the_window_shows(
        self, desk: Desk, north: str, given: dict[str, str], reasons: list[str]
    ) -> None:
        id_ = ann(desk)

        (found,) = desk.ask("find_matches", as_=north, **given)["shared"]

        assert (found["customer_id"], found["reasons"][: len(reasons)]) == (id_, reasons)

    @pytest.mark.parametrize(
        "given", [{"external_ids": {"erp": "E-77"}}, {"email": "hidden@lee.org"}]
    )
    def test_goes_by_nothing_that_the_window_hides(
        self, desk: Desk, north: str, given: dict[str, Any]
    ) -> None:
        ann(desk)

        found = desk.ask("find_matches", as_=north, **given)

        assert found == {"matches": [], "shared": []}
        assert len(desk.ask("find_matches", **given)["matches"]) == 1  # its own entity knows it

    def test_a_key_of_another_system_adds_nothing_to_what_is_found(
        self, desk: Desk, north: str
    ) -> None:
        ann(desk)
        given = {"email": "ann@lee.org", "external_ids": {"erp": "E-77"}}

        (found,) = desk.ask("find_matches", as_=north, **given)["shared"]

        assert (found["reasons"], found["score"]) == (["email"], 90)

    def test_tells_no_fact_but_the_askers_own(self, desk: Desk, north: str) -> None:
        ann(desk)

        found = desk.ask("find_matches", as_=north, email="ann@lee.org")

        told = json.dumps(found)
        assert found["shared"][0].keys() == {
            "customer_id", "entity_id", "score", "reasons", "certain",
        }  # fmt: skip
        for private in ("Ann", "+1212", "E-77", "Bob", "owner"):
            assert private not in told

    def test_finds_nobody_who_is_not_shared_or_no_longer(self, desk: Desk, north: str) -> None:
        id_ = ann(desk, shared=False)
        before = desk.ask("find_matches", as_=north, **ANN)["shared"]
        for shared in (True, False):
            version = desk.ask("get_record", kind="customer", id=id_)["version"]
            desk.ask("share_customer", customer_id=id_, version=version, shared=shared)

        after = desk.ask("find_matches", as_=north, **ANN)["shared"]

        assert (before, after) == ([], [])

    @pytest.mark.usefixtures("north")
    def test_ones_own_are_matches_and_not_told_twice(self, desk: Desk) -> None:
        id_ = ann(desk)

        found = desk.ask("find_matches", **ANN)

        assert [one["customer_id"] for one in found["matches"]] == [id_]
        assert found["shared"] == []


class TestIdentifying:
    @pytest.mark.spec("X-19")
    @pytest.mark.parametrize(
        ("fact", "reason"),
        [
            ({"phone": "+12125550123"}, "phone"),
            ({"phone": "(212) 555-0123", "country": "US"}, "phone"),
            ({"email": "Ann <ann@lee.org>"}, "email"),
            ({"phone": "+12125550199"}, "contact_phone"),
            ({"email": "bob@lee.org"}, "contact_email"),
        ],
    )
    def test_who_is_shared_is_told_apart(
        self, desk: Desk, north: str, fact: dict[str, str], reason: str
    ) -> None:
        id_ = ann(desk)

        found = desk.ask("identify", as_=north, **fact)

        assert (found["outcome"], found["customers"]) == ("none", [])
        (one,) = found["shared"]
        assert (one["customer_id"], one["entity_id"], one["name"], one["reason"]) == (
            id_, "group", "Ann Lee", reason,
        )  # fmt: skip
        assert "owner_id" not in one

    @pytest.mark.parametrize(
        "fact",
        [
            {"system": "erp", "external_id": "E-77"},
            {"email": "hidden@lee.org"},
            {"phone": "anonymous"},
            {"phone": "2125550123"},  # of no country: its end alone shows nobody of another entity
        ],
    )
    def test_what_the_window_hides_tells_nobody(
        self, desk: Desk, north: str, fact: dict[str, str]
    ) -> None:
        ann(desk)

        found = desk.ask("identify", as_=north, **fact)

        assert (found["outcome"], found["customers"], found["shared"]) == ("none", [], [])

    def test_ones_own_come_first_and_the_shared_ones_beside(self, desk: Desk, north: str) -> None:
        theirs = ann(desk)
        mine = desk.ask("register_customer", as_=north, **ANN)["customer_id"]

        found = desk.ask("identify", as_=north, phone="+12125550123")

        assert [one["customer_id"] for one in found["customers"]] == [mine]
        assert [one["customer_id"] for one in found["shared"]] == [theirs]

    @pytest.mark.parametrize("entity", ["north", "group"])
    def test_a_service_asks_for_the_entity_that_was_called(
        self, desk: Desk, north: str, entity: str
    ) -> None:
        whose = {
            "group": ann(desk, shared=False),
            "north": desk.ask("register_customer", as_=north, **ANN)["customer_id"],
        }
        telephony = desk.token_of_service("sales")  # any other service may not at all
        with pytest.raises(Forbidden):
            desk.ask("identify", as_=telephony, phone="+12125550123")

        found = desk.ask("identify", phone="+12125550123", entity_id=entity)

        assert [one["customer_id"] for one in found["customers"]] == [whose[entity]]

    def test_a_person_asks_for_his_own_entity(self, desk: Desk, north: str) -> None:
        id_ = ann(desk, shared=False)

        with pytest.raises(Forbidden) as refused:
            desk.ask("identify", as_=north, phone="+12125550123", entity_id="group")

        assert refused.value.code == "accounts.identify.other_entity"
        with pytest.raises(NotFound):
            desk.ask("shared_customer", as_=north, customer_id=id_)
