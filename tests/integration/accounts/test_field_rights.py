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
