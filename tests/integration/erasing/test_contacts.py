"""One contact of a company is erased by every department, and the company stays (pain point 24)."""

from typing import Any

import pytest

from chassis.errors import Conflict
from chassis.tables import TIMERS
from services.accounts.tables import Contact, Customer, Flag, Interaction, MeetingSeries
from services.sales.tables import Lead, Opportunity
from services.service_desk.tables import Case, CaseNote
from services.telephony.tables import Call, Callback
from tests.support import telephony as calls
from tests.support.contacts import (
    COLLEAGUE,
    PLAIN,
    SWITCHBOARD,
    Company,
    a_company,
    contact_erased,
    traces_before,
    words_of_the_contact,
)
from tests.support.erasures import a_call_of_nobody, a_lead_of_nobody, everywhere, told, told_since
from tests.support.fuzz_rooms import Rooms
from tests.support.persons import NAME, PHONE

COUNTED = (
    ("accounts", Customer), ("accounts", Interaction), ("accounts", Flag),
    ("accounts", MeetingSeries), ("sales", Lead), ("sales", Opportunity),
    ("service_desk", Case), ("service_desk", CaseNote), ("telephony", Call),
)  # fmt: skip


@pytest.fixture
def company(rooms: Rooms) -> Company:
    """A company of one of whose people every department knows something."""
    traces_before(rooms)
    found = a_company(rooms)
    words_of_the_contact(rooms, found)
    return found


def _counts(rooms: Rooms) -> list[int]:
    return [len(rooms.all[room].rows(table)) for room, table in COUNTED]


class TestNothingIsLeftOfTheContact:
    """Personal data stays in corners nobody thinks of (pain point 24)."""

    def test_the_person_stands_in_every_department_that_takes_words(
        self, rooms: Rooms, company: Company
    ) -> None:
        places = {place.partition(".")[0] for place in everywhere(rooms)}

        assert places >= {"accounts", "sales", "service_desk", "telephony"}

    def test_no_table_of_any_department_holds_the_person_afterwards(
        self, rooms: Rooms, company: Company
    ) -> None:
        certificate = contact_erased(rooms, company)

        assert everywhere(rooms) == []
        assert (certificate["status"], certificate["missing"]) == ("done", [])
        assert (certificate["customer_id"], certificate["contact_id"]) == (
            company.id, company.person,
        )  # fmt: skip
        services = certificate["services"]
        assert services["accounts"]["contacts"] == 1
        assert services["sales"]["leads_of_nobody"] == 1
        assert services["service_desk"]["cases_of_nobody"] == 1
        assert services["telephony"]["callbacks"] >= 1

    def test_nothing_that_is_told_says_who_it_was(self, rooms: Rooms, company: Company) -> None:
        before = told(rooms)

        contact_erased(rooms, company)

        (erased,) = rooms.accounts.told("accounts.contact.erased.v1")
        assert (erased["contact_id"], erased["customer_id"]) == (company.person, company.id)
        assert rooms.accounts.told("accounts.customer.erased.v1") == []
        assert told_since(rooms, before) == []


class TestTheCompanyStays:
    """What was erased is one person, not the customer nor anybody else there."""

    def test_as_many_records_are_there_as_before(self, rooms: Rooms, company: Company) -> None:
        before = _counts(rooms)

        contact_erased(rooms, company)

        assert _counts(rooms) == before
        assert {one.customer_id for one in rooms.sales.rows(Opportunity)} == {company.id}
        assert {one.customer_id for one in rooms.accounts.rows(Interaction)} == {company.id}

    def test_the_customer_is_the_same_to_the_letter(self, rooms: Rooms, company: Company) -> None:
        asked: dict[str, Any] = {"kind": "customer", "id": company.id}
        before = rooms.call("accounts.get_record", **asked)

        contact_erased(rooms, company)

        assert rooms.call("accounts.get_record", **asked) == before

    def test_the_colleague_stays_and_reports_to_nobody(
        self, rooms: Rooms, company: Company
    ) -> None:
        contact_erased(rooms, company)

        (left,) = rooms.accounts.rows(Contact)
        assert (left.id, left.name, left.reports_to_id) == (company.colleague, COLLEAGUE, None)
        told = rooms.accounts.told("accounts.contact.recorded.v1")
        assert (told[-1]["contact_id"], told[-1]["version"]) == (company.colleague, left.version)

    def test_words_about_nobody_stay(self, rooms: Rooms, company: Company) -> None:
        contact_erased(rooms, company)

        said = {one.subject for one in rooms.accounts.rows(Interaction)}
        assert PLAIN in said
        assert {one.title for one in rooms.sales.rows(Opportunity)} == {"", "Forty desks"}
        assert {one.contact_id for one in rooms.sales.rows(Opportunity)} == {None}
        assert PLAIN in {one.subject for one in rooms.service_desk.rows(Case)}
        assert "the lorry broke down" in {one.text for one in rooms.service_desk.rows(CaseNote)}
        assert {one.number for one in rooms.telephony.rows(Call)} == {None, SWITCHBOARD}
        meetings = {one.subject: one.active for one in rooms.accounts.rows(MeetingSeries)}
        assert meetings == {"": False, "Review": True}

    def test_its_clocks_run_on(self, rooms: Rooms, company: Company) -> None:
        (flag,) = rooms.accounts.rows(Flag)
        of_cases = [row.key for row in rooms.service_desk.rows(TIMERS)]

        contact_erased(rooms, company)

        (left,) = rooms.accounts.rows(Flag)
        assert (left.note, left.until) == (None, flag.until)
        assert flag.id in {row.key for row in rooms.accounts.rows(TIMERS)}
        assert len(of_cases) > 0
        assert [row.key for row in rooms.service_desk.rows(TIMERS)] == of_cases

    def test_a_colleagues_lead_and_call_lose_what_they_say_of_the_person_and_nothing_else(
        self, rooms: Rooms
    ) -> None:
        company = a_company(rooms)
        about = {"message": f"{NAME} sent me", "email": "bo@acme.example"}
        a_lead_of_nobody(rooms, name=COLLEAGUE, **about)
        a_call_of_nobody(rooms, "of-the-house", SWITCHBOARD)
        rooms.settle()
        (call,) = rooms.telephony.rows(Call)
        disposed = {"call_id": call.id, "version": call.version, "note": f"for {NAME}"}
        rooms.call("telephony.dispose_call", **disposed, disposition="order")

        contact_erased(rooms, company)

        (lead,) = rooms.sales.rows(Lead)
        assert (lead.name, lead.email, lead.message) == (COLLEAGUE, "bo@acme.example", None)
        (call,) = rooms.telephony.rows(Call)
        assert (call.number, call.note, call.customer_id) == (SWITCHBOARD, None, company.id)
        assert everywhere(rooms) == []

    def test_a_call_back_to_a_colleague_stays_without_what_it_says_of_the_person(
        self, rooms: Rooms
    ) -> None:
        company = a_company(rooms)
        asked = {"customer_id": company.id, "number": SWITCHBOARD, "note": f"for {NAME}"}
        rooms.call("telephony.request_callback", **asked)

        contact_erased(rooms, company)

        (left,) = rooms.telephony.rows(Callback)
        assert (left.number, left.note) == (SWITCHBOARD, None)
        assert everywhere(rooms) == []


class TestWhatComesLateOfTheContact:
    """Who was erased does not come back; the company goes on."""

    @pytest.mark.parametrize(
        ("way", "words"),
        [
            ("accounts.record_interaction",
             {"kind": "call", "subject": NAME, "source": "desk", "source_key": "9"}),
            ("sales.open_opportunity", {"title": NAME, "amount_minor": 1, "currency": "USD"}),
            ("accounts.receive_request", {"kind": "access"}),
        ],
    )  # fmt: skip
    def test_a_command_is_refused(
        self, rooms: Rooms, company: Company, way: str, words: dict[str, Any]
    ) -> None:
        contact_erased(rooms, company)

        with pytest.raises(Conflict) as refused:
            rooms.call(way, customer_id=company.id, contact_id=company.person, **words)

        assert refused.value.code == f"{way.partition('.')[0]}.contact.erased"
        assert everywhere(rooms) == []

    def test_a_command_about_the_company_is_not(self, rooms: Rooms, company: Company) -> None:
        contact_erased(rooms, company)

        words = {"kind": "call", "subject": "Hello", "source": "desk", "source_key": "9"}
        rooms.call("accounts.record_interaction", customer_id=company.id, **words)

        assert "Hello" in {one.subject for one in rooms.accounts.rows(Interaction)}

    def test_a_call_that_goes_on_stays_the_companys_without_a_number(self, rooms: Rooms) -> None:
        company = a_company(rooms)
        call = calls.ACall("call-9", ani=PHONE).offered().queued()
        calls.hear(rooms.telephony, *call.told)
        rooms.settle()
        certificate = contact_erased(rooms, company)
        assert certificate["services"]["telephony"]["calls"] == 1

        calls.hear(rooms.telephony, *call.rings().answered().cleared().told[2:])
        rooms.settle()

        (found,) = rooms.telephony.rows(Call)
        assert (found.state, found.customer_id, found.number) == ("cleared", company.id, None)
        assert everywhere(rooms) == []
