"""One rule of who is who: for one description and for a file, for customers and their contacts."""

import random
from typing import Any

import pytest

from services.accounts.usecases.customers import DuplicateCustomer
from tests.support.accounts import Desk, a_customer, a_file, a_row
from tests.support.imports import refusals

NAMES = ["Ann Lee", "Lee, Ann", "Anne Lee", "Acme GmbH", "ACME", "張偉", "张伟", "José Núñez"]
MAILS = ["", "", "ann@lee.org", "bob@acme.com", "info@acme.com", "ann@gmail.com"]
PHONES = ["", "", "+12125550123", "+1 212 555 0124", "+12125550125"]


@pytest.fixture
def acme(desk: Desk) -> str:
    """A company with one contact, Bob."""
    id_ = str(a_customer(desk, kind="organisation", name="Acme GmbH")["customer_id"])
    bob = {"name": "Bob Ray", "email": "bob@acme.com", "phone": "+12125550199"}
    desk.ask("register_contact", customer_id=id_, **bob)
    return id_


class TestContacts:
    @pytest.mark.parametrize(
        ("told", "reasons"),
        [
            ({"name": "B. Ray", "email": "BOB@acme.com"}, ["contact_email"]),
            ({"name": "Ray, Bob", "phone": "0012125550199"}, ["contact_phone", "contact_name"]),
            ({"name": "ACME", "phone": "+1 212 555-0199"}, ["contact_phone", "name"]),
        ],
    )
    def test_lead_every_door_to_their_customer(
        self, desk: Desk, acme: str, told: dict[str, str], reasons: list[str]
    ) -> None:
        with pytest.raises(DuplicateCustomer):
            desk.ask("register_customer", **told)
        linked = desk.ask("register_customer", **told, on_match="link")
        row = {"email": "", "phone": "", "derived": ""} | {k: f'"{v}"' for k, v in told.items()}
        status = desk.imported(a_file(a_row(1, **row)), on_match="link")

        assert (linked["customer_id"], linked["matched_on"]) == (acme, reasons)
        assert status["updated"] == 1
        assert desk.count("customers") == 1

    def test_a_phone_alone_leads_there_without_certainty(self, desk: Desk, acme: str) -> None:
        (match,) = desk.ask("find_matches", name="Cyd", phone="+12125550199")["matches"]

        assert (match["customer_id"], match["certain"]) == (acme, False)
        assert match["reasons"] == ["contact_phone"]

    def test_a_colleague_by_mail_domain_does_not(self, desk: Desk, acme: str) -> None:
        assert desk.ask("find_matches", name="Cyd", email="cyd@acme.com")["matches"] == []


class TestNames:
    @pytest.mark.parametrize(
        ("known", "told", "reason"),
        [
            ("Ann Lee", "LEE, Ann", "name"), ("José Núñez", "jose nunez", "name"),
            ("張偉", "张伟", "name"), ("Johnson", "Jonson", "similar_name"),
            ("Peter Müller", "Peter Mueller", "similar_name"),
        ],
    )  # fmt: skip
    def test_written_otherwise_are_evidence(
        self, desk: Desk, known: str, told: str, reason: str
    ) -> None:
        id_ = a_customer(desk, name=known)["customer_id"]

        (match,) = desk.ask("find_matches", name=told)["matches"]

        assert (match["customer_id"], match["reasons"]) == (id_, [reason])

    @pytest.mark.parametrize(("known", "told"), [("张伟", "张维"), ("Lee", "Lea"), ("Jon", "Jan")])
    def test_of_one_other_character_are_others(self, desk: Desk, known: str, told: str) -> None:
        a_customer(desk, name=known)

        assert desk.ask("find_matches", name=told)["matches"] == []


class TestOneRule:
    def test_a_file_and_a_single_description_agree_on_who_is_known(self, desk: Desk) -> None:
        dice = random.Random(31)  # noqa: S311  # the same people in every run
        _enter(desk, dice)
        asked = [_told(dice) for _ in range(40)]

        alone = [_by_one(desk, told) for told in asked]
        in_files = [_by_file(desk, told) for told in asked]

        assert alone == in_files
        assert len(set(alone)) > 3  # several are known, and some nobody knows
        assert None in alone


def _told(dice: random.Random) -> dict[str, str]:
    choices = {"name": NAMES, "email": MAILS, "phone": PHONES}
    told = {name: dice.choice(values) for name, values in choices.items()}
    return {name: value for name, value in told.items() if value}


def _enter(desk: Desk, dice: random.Random) -> None:
    for _ in range(8):
        known = desk.ask("register_customer", **_told(dice), on_match="warn")["customer_id"]
        for _ in range(dice.randrange(3)):
            desk.ask("register_contact", customer_id=known, **_told(dice))


def _by_one(desk: Desk, told: dict[str, str]) -> str | None:
    found = [one for one in desk.ask("find_matches", **told)["matches"] if one["certain"]]
    return found[0]["customer_id"] if found else None


def _by_file(desk: Desk, told: dict[str, Any]) -> str | None:
    row = {"email": "", "phone": "", "derived": ""} | {k: f'"{v}"' for k, v in told.items()}
    done = desk.imported(a_file(a_row(1, **row)), dry_run=True)
    if not done["refused"]:
        return None
    import_id = done["import_id"]
    (refused,) = refusals(desk, import_id)
    assert refused["refused_code"] == "accounts.import.duplicate"
    with desk.runtime.database.engine.connect() as connection:
        found = connection.exec_driver_sql(
            f"SELECT customer_id FROM import_refusals WHERE import_id = '{import_id}'"
        )
        return str(found.scalar_one())
