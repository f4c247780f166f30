"""One contact of a company asks what we keep: a file about this person alone (pain point 24)."""

import json

import pytest

from chassis.errors import Conflict
from contracts import SERVICES
from tests.support.contacts import (
    AT_COMPANY,
    COLLEAGUE,
    COMPANY,
    PLAIN,
    SWITCHBOARD,
    Company,
    a_company,
    asked_for,
    contact_erased,
    traces_before,
    words_of_the_contact,
)
from tests.support.fuzz_rooms import Rooms
from tests.support.knowing_all import emptied, made_for, rows_in, tables_in
from tests.support.persons import MAIL, NAME
from tests.support.spare import Spare


@pytest.fixture(scope="class")
def company(open_rooms: Rooms, spares: list[Spare]) -> Company:
    """A company of which everybody has written; nobody changes anything."""
    emptied(open_rooms, spares)
    traces_before(open_rooms)
    company = a_company(open_rooms)
    words_of_the_contact(open_rooms, company)
    for room in open_rooms.all.values():
        open_rooms.depot.warehouse.read_log(room, anew=True)
    return company


@pytest.fixture(scope="class")
def file(open_rooms: Rooms, company: Company) -> bytes:
    """The file of the person."""
    made, content = made_for(open_rooms, asked_for(open_rooms, company, "access")["request_id"])
    assert made.missing == {}
    open_rooms.call("accounts.note_access_file", **made.noted)
    return content


class TestTheFileOfAContact:
    """Nobody can say what is kept of a person (pain point 24)."""

    def test_holds_what_names_the_contact(self, company: Company, file: bytes) -> None:
        found = tables_in(file)
        assert found["accounts"].keys() == {
            "contacts",
            "contact_points",
            "interactions",
            "meeting_series",
            "privacy_requests",
            "audit",
        }
        assert rows_in(file, "accounts", "contacts")[0]["id"] == company.person
        assert {one["title"] for one in rows_in(file, "sales", "opportunities")} == {
            f"Chairs for {NAME}", "Forty desks",
        }  # fmt: skip

    def test_holds_ways_that_were_removed(self, file: bytes) -> None:
        trail = rows_in(file, "accounts", "audit")
        (gone,) = [one["record_id"] for one in trail if one["verb"] == "deleted"]
        (entered, _) = [one for one in trail if one["record_id"] == gone]
        assert [None, f"old-{MAIL}"] in entered["changes"].values()

    def test_holds_what_is_nobodys_and_says_the_person(self, file: bytes) -> None:
        leads = rows_in(file, "sales", "leads")
        assert {one["email"] for one in leads} == {MAIL}
        (case,) = rows_in(file, "service_desk", "cases")
        assert MAIL in case["description"]

    def test_holds_what_the_warehouse_was_told_and_what_was_concluded(self, file: bytes) -> None:
        told = [one["type"] for one in rows_in(file, "analytics", "warehouse_events")]
        assert "sales.opportunity.opened.v1" in told
        assert "sales.lead.created.v1" in told
        assert "accounts.customer.created.v1" not in told
        rated = {one["id"] for one in rows_in(file, "analytics", "lead_ratings")}
        assert rated == {one["id"] for one in rows_in(file, "sales", "leads")}

    def test_holds_nothing_of_the_company_and_the_colleague(
        self, company: Company, file: bytes
    ) -> None:
        others = (COMPANY, AT_COMPANY, SWITCHBOARD, COLLEAGUE, PLAIN, "Review", company.colleague)
        assert [one for one in others if one.encode() in file] == []
        assert rows_in(file, "accounts", "customers") == []

    def test_says_whom_it_is_about(self, company: Company, file: bytes) -> None:
        head = json.loads(file)
        assert (head["customer_id"], head["contact_id"]) == (company.id, company.person)
        assert head["complete"] is True


def test_an_erased_contact_is_refused_and_the_company_is_not(rooms: Rooms) -> None:
    company = a_company(rooms)
    request_id = asked_for(rooms, company, "access")["request_id"]
    contact_erased(rooms, company)

    with pytest.raises(Conflict) as refused:
        made_for(rooms, request_id)

    assert refused.value.code == "accounts.contact.erased"
    whose = {"customer_id": company.id}
    for service in SERVICES:
        with pytest.raises(Conflict) as refused:
            rooms.call(f"{service}.customer_data", **whose, contact_id=company.person)
        assert refused.value.code == f"{service}.contact.erased"
    assert rooms.call("accounts.customer_data", **whose)["items"]


def test_whoever_is_of_another_entity_gets_nothing(rooms: Rooms) -> None:
    company = a_company(rooms)
    words_of_the_contact(rooms, company)

    for room in rooms.all.values():
        token = room.person("them", "admin", entity="another")
        asked = {"customer_id": "whoever", "contact_id": company.person}
        assert room.ask("customer_data", token, asked) == {"items": [], "next": None}
