"""Companies of one group: each has its own customers, and they share some of them."""

import json

import pytest

from chassis.errors import Conflict, Forbidden, Invalid, NotFound, StaleVersion
from tests.support.accounts import ANN, Desk, a_staff


@pytest.fixture
def north(desk: Desk) -> str:
    """A token of a director of the entity north."""
    desk.ask("register_entity", entity_id="north", name="North Ltd")
    return person(desk, "sales_director", "north")


def person(desk: Desk, role: str, entity: str) -> str:
    """Register somebody in an entity and return the token."""
    staff = a_staff(desk, role, name=f"{role} of {entity}", entity_id=entity)
    return desk.token_of(staff["id"])


def shared_ann(desk: Desk) -> str:
    """Enter a customer of the group's own with a contact and a touch, and share it."""
    id_: str = desk.ask("register_customer", **ANN, external_ids={"erp": "SECRET-1"})["customer_id"]
    desk.ask("register_contact", customer_id=id_, name="Bob Boss", email="bob@lee.org")
    desk.ask("record_interaction", customer_id=id_, kind="call", subject="SECRET-2",
             source="desk", source_key="1")  # fmt: skip
    desk.ask("share_customer", customer_id=id_, version=1, shared=True)
    return id_


class TestEntity:
    def test_is_entered_renamed_closed_and_told(self, desk: Desk) -> None:
        desk.ask("register_entity", entity_id="north", name="North Ltd")
        desk.ask("update_entity", entity_id="north", version=1, name="North AG", active=False)

        (listed,) = desk.ask("entities")["items"]
        assert (listed["id"], listed["name"], listed["active"]) == ("north", "North AG", False)
        told = desk.told("accounts.entity.recorded.v1")
        assert [(one["entity_id"], one["name"], one["active"]) for one in told] == [
            ("north", "North Ltd", True), ("north", "North AG", False),
        ]  # fmt: skip

    def test_has_a_key_of_its_own(self, desk: Desk) -> None:
        desk.ask("register_entity", entity_id="north", name="North Ltd")

        with pytest.raises(Conflict) as refused:
            desk.ask("register_entity", entity_id="north", name="Another")

        assert refused.value.code == "accounts.entity.exists"
        assert desk.count("entities") == 1

    @pytest.mark.parametrize("entity", ["south", "north"])
    def test_that_is_not_or_is_closed_takes_nobody(self, desk: Desk, entity: str) -> None:
        desk.ask("register_entity", entity_id="north", name="North Ltd")
        desk.ask("update_entity", entity_id="north", version=1, name="North", active=False)

        with pytest.raises(Invalid) as refused:
            a_staff(desk, entity_id=entity)

        assert refused.value.code == "accounts.entity.unknown"
        assert desk.count("staff") == 0

    @pytest.mark.usefixtures("north")
    def test_is_nothing_that_an_administrator_of_one_entity_enters(self, desk: Desk) -> None:
        admin = person(desk, "admin", "north")

        for method, given in (
            ("register_entity", {"entity_id": "south", "name": "South"}),
            ("update_entity", {"entity_id": "north", "version": 1, "name": "N", "active": False}),
            ("register_staff", {"name": "Eve", "roles": ["rep"], "entity_id": "group"}),
        ):
            with pytest.raises(Forbidden):
                desk.ask(method, as_=admin, **given)

        assert desk.count("entities") == 1

    @pytest.mark.usefixtures("north")
    def test_takes_the_staff_that_its_own_administrator_enters(self, desk: Desk) -> None:
        admin = person(desk, "admin", "north")

        entered = desk.ask("register_staff", as_=admin, name="Nora", roles=["rep"])

        assert entered["entity_id"] == "north"


class TestPrivateData:
    @pytest.mark.spec("X-19")
    def test_of_another_entity_is_as_if_it_were_not(self, desk: Desk, north: str) -> None:
        id_ = desk.ask("register_customer", **ANN)["customer_id"]
        mine = desk.ask("register_customer", as_=north, **ANN)["customer_id"]

        listed = desk.ask("find_records", as_=north, kind="customer")["items"]
        found = desk.ask("identify", as_=north, phone="+12125550123")["customers"]

        assert [one["id"] for one in listed] == [mine]
        assert [one["customer_id"] for one in found] == [mine]
        for method, given in (
            ("get_record", {"kind": "customer", "id": id_}),
            ("customer_card", {"customer_id": id_}),
            ("shared_customer", {"customer_id": id_}),
            ("share_customer", {"customer_id": id_, "version": 1, "shared": True}),
        ):
            with pytest.raises(NotFound):
                desk.ask(method, as_=north, **given)
        assert desk.ask("timeline", as_=north, customer_id=id_)["items"] == []


class TestSharedCustomer:
    @pytest.mark.spec("X-19")
    def test_is_seen_by_the_other_entities_with_whom_to_talk_to(
        self, desk: Desk, north: str
    ) -> None:
        id_ = shared_ann(desk)

        (listed,) = desk.ask("shared_customers", as_=north)["items"]
        card = desk.ask("shared_customer", as_=north, customer_id=id_)

        assert (listed["id"], listed["name"], listed["entity_id"]) == (id_, "Ann Lee", "group")
        assert card["customer"]["email"] == "ann@lee.org"
        assert [one["name"] for one in card["contacts"]] == ["Bob Boss"]
        assert "SECRET" not in json.dumps([listed, card])
        (told,) = desk.told("accounts.customer.shared.v1")
        assert (told["customer_id"], told["shared"], told["changed"]) == (id_, True, {})

    def test_is_changed_by_its_own_entity_alone(self, desk: Desk, north: str) -> None:
        id_ = shared_ann(desk)

        for method, given in (
            ("update_customer", {"version": 1, "changes": {"name": "Eve"}}),
            ("assign_owner", {"version": 1, "owner_id": None}),
            ("share_customer", {"version": 1, "shared": False}),
            ("ownership_history", {}),
            ("consents", {}),
        ):
            with pytest.raises(NotFound):
                desk.ask(method, as_=north, customer_id=id_, **given)
        with pytest.raises(NotFound):
            desk.ask("change_history", as_=north, kind="customer", id=id_)
        assert desk.ask("timeline", as_=north, customer_id=id_)["items"] == []

        assert desk.ask("get_record", kind="customer", id=id_)["name"] == "Ann Lee"

    def test_is_shown_without_what_the_asker_may_not_see(self, desk: Desk) -> None:
        desk.ask("register_entity", entity_id="north", name="North Ltd")
        analyst = person(desk, "data_analyst", "north")
        id_ = shared_ann(desk)

        card = desk.ask("shared_customer", as_=analyst, customer_id=id_)

        assert card["customer"]["withheld"] == ["email", "phone"]
        assert card["contacts"][0]["withheld"] == ["email", "phone"]

    def test_is_taken_back_and_seen_no_longer(self, desk: Desk, north: str) -> None:
        id_ = shared_ann(desk)
        version = desk.ask("get_record", kind="customer", id=id_)["version"]
        ended = desk.ask("share_customer", customer_id=id_, version=version, shared=False)
        desk.ask("share_customer", customer_id=id_, version=ended["version"], shared=False)

        assert desk.ask("shared_customers", as_=north)["items"] == []
        with pytest.raises(NotFound):
            desk.ask("shared_customer", as_=north, customer_id=id_)
        told = desk.told("accounts.customer.shared.v1")
        assert [one["shared"] for one in told] == [True, False]

    def test_is_shared_as_it_was_read(self, desk: Desk) -> None:
        id_ = desk.ask("register_customer", **ANN)["customer_id"]

        with pytest.raises(StaleVersion):
            desk.ask("share_customer", customer_id=id_, version=7, shared=True)

        assert desk.count("shared_customers") == 0

    def test_is_listed_a_page_at_a_time_and_by_entity(self, desk: Desk, north: str) -> None:
        ids = []
        for number in range(3):
            given = {"name": f"N{number}", "email": f"n{number}@lee.org"}
            id_ = desk.ask("register_customer", as_=north, **given)["customer_id"]
            desk.ask("share_customer", as_=north, customer_id=id_, version=1, shared=True)
            ids.append(id_)
        shared_ann(desk)

        first = desk.ask("shared_customers", entity_id="north", limit=2)
        rest = desk.ask("shared_customers", entity_id="north", limit=2, after=first["next"])

        assert [one["id"] for one in [*first["items"], *rest["items"]]] == ids
        assert rest["next"] is None
