"""Contacts and interactions of a customer."""

from typing import Any

import pytest

from chassis.errors import Conflict, Invalid, StaleVersion
from tests.support.accounts import Desk, a_customer, a_staff

TOUCH = {"kind": "call", "subject": "Asked for a price", "source": "pbx", "source_key": "call-1"}


class TestNames:
    """Blanks are nobody's name: whoever is entered so is found by nothing."""

    def test_are_refused_of_customers_contacts_and_staff(self, desk: Desk) -> None:
        known = a_customer(desk)["customer_id"]
        contact = desk.ask("register_contact", customer_id=known, name="Bob")["contact_id"]
        staff = a_staff(desk)["id"]
        asked: list[tuple[str, dict[str, Any]]] = [
            ("register_customer", {"name": " "}),
            ("update_customer", {"customer_id": known, "version": 1, "changes": {"name": " "}}),
            ("register_contact", {"customer_id": known, "name": "  "}),
            ("update_contact", {"contact_id": contact, "version": 1, "changes": {"name": " "}}),
            ("register_staff", {"name": " "}),
            ("update_staff", {"staff_id": staff, "version": 1, "changes": {"name": " "}}),
        ]

        for method, payload in asked:
            with pytest.raises(Invalid) as refused:
                desk.put(method, payload)
            assert refused.value.code == "invalid.fields"

        assert [desk.count(one) for one in ("customers", "contacts", "staff")] == [1, 1, 1]


class TestRegisterContact:
    @pytest.mark.spec("ACC-03")
    def test_enters_a_contact_once_and_tells_it_in_private(self, desk: Desk) -> None:
        id_ = a_customer(desk)["customer_id"]
        bob = {
            "customer_id": id_,
            "name": "Bob Ray",
            "email": "bob@acme.com",
            "phone": "212 555 0100",
        }

        first = desk.ask("register_contact", **bob)
        second = desk.ask("register_contact", **(bob | {"email": "BOB@acme.com"}))

        assert (first["created"], second["created"]) == (True, False)
        assert first["contact_id"] == second["contact_id"]
        (told,) = desk.told("accounts.contact.recorded.v1")
        assert (told["name"], told["phone"]) == ("Bob Ray", "+12125550100")

    def test_the_same_name_elsewhere_is_somebody_else(self, desk: Desk) -> None:
        for _ in range(2):
            id_ = a_customer(desk)["customer_id"]
            desk.ask("register_contact", customer_id=id_, name="Bob Ray", email="bob@acme.com")

        assert desk.count("contacts") == 2

    def test_two_of_the_same_name_differ_by_mail(self, desk: Desk) -> None:
        id_ = a_customer(desk)["customer_id"]
        for email in ("bob@acme.com", "bob.junior@acme.com"):
            desk.ask("register_contact", customer_id=id_, name="Bob Ray", email=email)

        assert desk.count("contacts") == 2


class TestUpdateContact:
    def test_changes_and_tells_it(self, desk: Desk) -> None:
        id_ = a_customer(desk)["customer_id"]
        contact_id = desk.ask("register_contact", customer_id=id_, name="Bob")["contact_id"]

        changed = desk.ask(
            "update_contact", contact_id=contact_id, version=1,
            changes={"phone": "(212) 555-0100", "role": "Buyer"},
        )  # fmt: skip

        assert (changed["phone_e164"], changed["role"], changed["version"]) == (
            "+12125550100", "Buyer", 2,
        )  # fmt: skip
        assert len(desk.told("accounts.contact.recorded.v1")) == 2

    def test_refuses_a_stale_version(self, desk: Desk) -> None:
        id_ = a_customer(desk)["customer_id"]
        contact_id = desk.ask("register_contact", customer_id=id_, name="Bob")["contact_id"]
        desk.ask("update_contact", contact_id=contact_id, version=1, changes={"role": "Buyer"})

        with pytest.raises(StaleVersion):
            desk.ask("update_contact", contact_id=contact_id, version=1, changes={"role": "Boss"})


class TestRecordInteraction:
    @pytest.mark.spec("ACC-09", "ACC-27")
    def test_keeps_a_touch_with_its_result_on_the_timeline(self, desk: Desk) -> None:
        id_ = a_customer(desk)["customer_id"]
        for day in (1, 3, 2):
            desk.ask(
                "record_interaction", customer_id=id_, **(TOUCH | {"source_key": f"call-{day}"}),
                at=f"2017-01-0{day}T10:00:00Z", result="Wants a quote", direction="inbound",
            )  # fmt: skip

        first = desk.ask("timeline", customer_id=id_, limit=2)
        rest = desk.ask("timeline", customer_id=id_, limit=2, after=first["next"])

        keys = [one["source_key"] for one in first["items"] + rest["items"]]
        assert keys == ["call-3", "call-2", "call-1"]
        assert rest["next"] is None
        assert first["items"][0]["result"] == "Wants a quote"

    def test_the_same_key_of_a_source_is_one_touch(self, desk: Desk) -> None:
        id_ = a_customer(desk)["customer_id"]

        first = desk.ask("record_interaction", customer_id=id_, **TOUCH)
        second = desk.ask("record_interaction", customer_id=id_, **TOUCH)

        assert first["interaction_id"] == second["interaction_id"]
        assert (first["created"], second["created"]) == (True, False)
        assert desk.count("interactions") == 1

    def test_refuses_a_key_that_was_used_for_another_customer(self, desk: Desk) -> None:
        desk.ask("record_interaction", customer_id=a_customer(desk)["customer_id"], **TOUCH)

        with pytest.raises(Conflict):
            desk.ask("record_interaction", customer_id=a_customer(desk)["customer_id"], **TOUCH)

    def test_refuses_a_contact_of_another_customer(self, desk: Desk) -> None:
        other = a_customer(desk)["customer_id"]
        bob = desk.ask("register_contact", customer_id=other, name="Bob")["contact_id"]

        with pytest.raises(Conflict):
            desk.ask(
                "record_interaction", customer_id=a_customer(desk)["customer_id"],
                **TOUCH, contact_id=bob,
            )  # fmt: skip

        assert desk.count("interactions") == 0

    def test_refuses_an_instant_without_a_zone(self, desk: Desk) -> None:
        id_ = a_customer(desk)["customer_id"]

        with pytest.raises(Invalid):
            desk.ask("record_interaction", customer_id=id_, **TOUCH, at="2017-01-01T10:00:00")
