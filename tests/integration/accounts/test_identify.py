"""Who is it: by number, phone, mail or another system's key."""

from typing import Any

import pytest

from chassis.errors import Invalid
from tests.support.accounts import Desk, a_customer, a_staff


@pytest.fixture
def ann(desk: Desk) -> dict[str, Any]:
    """Ann in New York, with a contact."""
    found = a_customer(
        desk,
        name="Ann Lee",
        email="ann@lee.org",
        phone="(212) 555-0123",
        external_ids={"erp": "A1"},
    )
    desk.ask(
        "register_contact", customer_id=found["customer_id"], name="Bob", email="bob@lee.org",
        phone="+12125550199",
    )  # fmt: skip
    return found


@pytest.mark.spec("ACC-31")
@pytest.mark.parametrize(
    ("fact", "reason", "score"),
    [
        ({"number": "100001"}, "number", 100),
        ({"email": " ANN@LEE.ORG"}, "email", 100),
        ({"email": "bob@lee.org"}, "contact_email", 100),
        ({"system": "erp", "external_id": "A1"}, "external_id", 100),
        ({"phone": "+12125550123"}, "phone", 100),
        ({"phone": "0012125550123 "}, "phone", 100),
        ({"phone": "212-555-0123", "country": "US"}, "phone", 100),
        ({"phone": "+1 212 555 0199"}, "contact_phone", 100),
        ({"phone": "2125550123"}, "phone_suffix", 65),
        ({"phone": "555-0123"}, "phone_suffix", 50),
    ],
)
def test_one_customer_is_found_by_any_fact(
    desk: Desk, ann: dict[str, Any], fact: dict[str, str], reason: str, score: int
) -> None:
    found = desk.ask("identify", **fact)

    assert found["outcome"] == "one"
    (one,) = found["customers"]
    assert (one["customer_id"], one["reason"]) == (ann["customer_id"], reason)
    assert one["score"] == score


def test_a_number_stored_without_its_country_is_found_by_a_full_one(desk: Desk) -> None:
    known = a_customer(desk, country=None, phone="0551 234567")

    found = desk.ask("identify", phone="+49551234567")

    assert found["customers"][0]["customer_id"] == known["customer_id"]


def test_several_are_ranked(desk: Desk) -> None:
    far = a_customer(desk, phone="+13125550123", country=None)
    near = a_customer(desk, phone="+12125550123", country=None)

    found = desk.ask("identify", phone="2125550123")

    assert found["outcome"] == "several"
    assert [one["customer_id"] for one in found["customers"]] == [
        near["customer_id"], far["customer_id"],
    ]  # fmt: skip


class TestPainPoint20RawForms:
    """Callers are not recognised; tests/unit/accounts/test_raw_forms.py has the whole table."""

    @pytest.mark.parametrize(
        ("phone", "reason"),
        [
            ("13800138000", "phone_suffix"),  # as the captured calls have it
            ("13800138000 ", "phone_suffix"),
            ("+8613800138000", "phone"),
            ("0086 138-0013-8000", "phone"),
            ('"Li Ming" <sip:+8613800138000@pbx.example.com;user=phone>', "phone"),
            ("tel:+86-138-0013-8000;ext=12", "phone"),
            ("\u202a+86 138 0013 8000\u202c\r\n", "phone"),
        ],
    )
    def test_finds_the_caller(self, desk: Desk, phone: str, reason: str) -> None:
        known = a_customer(desk, country="CN", phone="138 0013 8000")

        (one,) = desk.ask("identify", phone=phone)["customers"]

        assert (one["customer_id"], one["reason"]) == (known["customer_id"], reason)

    def test_finds_one_that_was_stored_with_an_extension(self, desk: Desk) -> None:
        known = a_customer(desk, country="CN", phone="010-8888 6666转801")

        (one,) = desk.ask("identify", phone="+861088886666")["customers"]

        assert (one["customer_id"], one["score"]) == (known["customer_id"], 100)

    @pytest.mark.parametrize(
        "phone",
        ["", "anonymous", "<unknown>", "Restricted", "sip:anonymous@anonymous.invalid", "1001"],
    )
    def test_a_withheld_number_and_an_extension_are_none_without_an_error(
        self, desk: Desk, phone: str
    ) -> None:
        a_customer(desk, phone="1001", country="CN")

        assert desk.ask("identify", phone=phone) == {
            "outcome": "none",
            "customers": [],
            "shared": [],
        }

    @pytest.mark.parametrize(
        "email", ["Bob <bob@lee.org>", "mailto:BOB@lee.org", '"R, B" <bob@lee.org>']
    )
    def test_finds_an_address_in_what_comes_with_it(
        self, desk: Desk, ann: dict[str, Any], email: str
    ) -> None:
        (one,) = desk.ask("identify", email=email)["customers"]

        assert (one["customer_id"], one["reason"]) == (ann["customer_id"], "contact_email")

    def test_what_is_no_address_is_nobodys(self, desk: Desk, ann: dict[str, Any]) -> None:
        assert desk.ask("identify", email="Bob Ray")["outcome"] == "none"


@pytest.mark.parametrize(
    "fact", [{"number": "4711"}, {"phone": "4711"}, {"phone": "+12125550000"}, {"email": "x@y.zz"}]
)
def test_a_stranger_is_none(desk: Desk, ann: dict[str, Any], fact: dict[str, str]) -> None:
    assert desk.ask("identify", **fact) == {"outcome": "none", "customers": [], "shared": []}


def test_a_key_is_one_of_its_system_only(desk: Desk, ann: dict[str, Any]) -> None:
    assert desk.ask("identify", system="shop", external_id="A1")["outcome"] == "none"


def test_finds_only_whom_the_asker_may_see(desk: Desk, ann: dict[str, Any]) -> None:
    rep = desk.token_of(a_staff(desk)["id"])

    assert desk.ask("identify", as_=rep, email="ann@lee.org")["outcome"] == "none"
    assert desk.ask("identify", as_=rep, email="bob@lee.org")["outcome"] == "none"


def test_refuses_no_fact_and_two_facts(desk: Desk) -> None:
    with pytest.raises(Invalid):
        desk.ask("identify")
    with pytest.raises(Invalid):
        desk.ask("identify", number="1", email="a@b.cd")
