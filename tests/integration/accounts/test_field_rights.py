"""How a customer is reached is seen by whoever has that right, whatever is asked (pain point 5)."""

import json

import pytest

from tests.support.accounts import ANN, Desk, a_staff

REACH = ("ann@lee.org", "+12125550123", "bob@lee.org", "ZZ 99X", "Rye")


def asked(desk: Desk, customer_id: str, role: str) -> str:
    """Ask everything that shows a customer or a contact, and return all that is answered."""
    token = desk.token_of(a_staff(desk, name=f"Uma the {role}", roles=[role])["id"])
    contact = desk.ask("find_records", kind="contact")["items"][0]["id"]
    return json.dumps([
        desk.ask("get_record", as_=token, kind="customer", id=customer_id),
        desk.ask("find_records", as_=token, kind="customer"),
        desk.ask("get_record", as_=token, kind="contact", id=contact),
        desk.ask("find_records", as_=token, kind="contact"),
        desk.ask("customer_card", as_=token, customer_id=customer_id),
        desk.ask("identify", as_=token, email="ann@lee.org"),
        desk.ask("change_history", as_=token, kind="customer", id=customer_id),
        desk.ask("change_history", as_=token, kind="contact", id=contact),
    ])  # fmt: skip


@pytest.fixture
def ann(desk: Desk) -> str:
    """A customer with a contact, both of whom can be reached."""
    id_: str = desk.ask("register_customer", **ANN, city="Rye", postal_code="ZZ 99X")["customer_id"]
    desk.ask("register_contact", customer_id=id_, name="Bob", email="bob@lee.org")
    return id_


class TestFieldRights:
    @pytest.mark.parametrize("role", ["data_analyst", "marketer"])
    def test_whoever_may_not_reach_a_customer_is_told_no_way_to(
        self, desk: Desk, ann: str, role: str
    ) -> None:
        answers = asked(desk, ann, role)

        assert [one for one in REACH if one in answers] == []
        assert "Ann Lee" in answers
        assert '"withheld": ["city", "email", "phone", "phone_e164", "postal_code"]' in answers

    def test_whoever_may_is_told_all(self, desk: Desk, ann: str) -> None:
        answers = asked(desk, ann, "agent")

        assert [one for one in REACH if one not in answers] == []
        assert "withheld" not in answers


class TestSearch:
    """A beginning that is met tells a character of what it begins."""

    TEXTS = ("ann@l", "ann@lee.org", "bob@", "0123", "+1 212 555 0123")

    @pytest.mark.parametrize("role", ["data_analyst", "marketer"])
    def test_nobody_guesses_a_way_to_a_customer(self, desk: Desk, ann: str, role: str) -> None:
        token = desk.token_of(a_staff(desk, role)["id"])

        found = [desk.ask("search_customers", as_=token, text=one)["items"] for one in self.TEXTS]

        assert found == [[], [], [], [], []]

    def test_a_name_is_found_by_it_and_by_no_mail_address(self, desk: Desk, ann: str) -> None:
        token = desk.token_of(a_staff(desk, "marketer")["id"])
        desk.ask("register_contact", customer_id=ann, name="Cleo", email="zeta4711@lee.org")
        number = desk.ask("get_record", kind="customer", id=ann)["number"]

        def reasons(text: str) -> list[str]:
            found = desk.ask("search_customers", as_=token, text=text)["items"]
            return [one["reason"] for one in found]

        assert [reasons(text) for text in ("ann", "bob", number, "zeta", "zeta4711")] == [
            ["name"], ["contact_name"], ["number"], [], [],
        ]  # fmt: skip

    def test_whoever_may_reach_finds_by_each(self, desk: Desk, ann: str) -> None:
        token = desk.token_of(a_staff(desk, "agent")["id"])

        found = [desk.ask("search_customers", as_=token, text=one)["items"] for one in self.TEXTS]

        assert [[one["reason"] for one in each] for each in found] == [
            ["email"], ["email"], ["contact_email"], ["phone"], ["phone"],
        ]  # fmt: skip


class TestCard:
    """The card shows no more than the lists that it is made of (pain point 5)."""

    def _furnished(self, desk: Desk, customer_id: str) -> None:
        said = {"kind": "call", "subject": "Bankrupt soon", "source": "desk", "source_key": "1"}
        desk.ask("record_interaction", customer_id=customer_id, **said)
        desk.ask("schedule_meetings", customer_id=customer_id, subject="Settle debts",
                 cadence="month", starts_at="2099-01-01T12:00:00Z")  # fmt: skip
        desk.ask("set_consent", customer_id=customer_id, channel="mail", granted=True,
                 basis="consent", evidence="form:secret-17")  # fmt: skip

    @pytest.mark.parametrize(
        ("role", "hidden", "sections"),
        [
            ("marketer", ["Bankrupt soon", "Settle debts"], ["interactions"]),
            ("rep", ["form:secret-17"], ["consents"]),
            ("agent", ["form:secret-17"], ["traits", "consents"]),
            ("general_manager", [], []),
        ],
    )
    def test_a_section_takes_the_permission_of_its_list(
        self, desk: Desk, ann: str, role: str, hidden: list[str], sections: list[str]
    ) -> None:
        self._furnished(desk, ann)
        staff = a_staff(desk, role)["id"]
        desk.ask("assign_owner", customer_id=ann, version=1, owner_id=staff)

        card = desk.ask("customer_card", as_=desk.token_of(staff), customer_id=ann)

        shown = json.dumps(card)
        secrets = ("Bankrupt soon", "Settle debts", "form:secret-17")
        assert [one for one in secrets if one not in shown] == hidden
        withheld = [name for name, one in card.items() if "permitted" in one]
        assert [name for name in withheld if not card[name]["permitted"]] == sections

    def test_who_has_two_roles_sees_each_section_as_far_as_that_reaches(
        self, desk: Desk, ann: str
    ) -> None:
        self._furnished(desk, ann)
        both = a_staff(desk, roles=["marketer", "rep"])["id"]

        card = desk.ask("customer_card", as_=desk.token_of(both), customer_id=ann)

        assert (card["interactions"]["permitted"], card["consents"]["permitted"]) == (False, True)
        assert "Bankrupt soon" not in json.dumps(card)
