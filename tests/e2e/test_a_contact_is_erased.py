"""One person at a company is forgotten by the whole house, and the company stays (pain point 24)."""

import pytest

from chassis.errors import Conflict
from tests.support.belongings import counted, furnish
from tests.support.doors import PATIENCE
from tests.support.persons import MAIL, NAME, PHONE, SECRET, names_the_person
from tests.support.searching import everywhere, followed, in_log, in_warehouse, park, parked
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(900)

PRODUCT = {"sku": "CHAIR", "name": "Chair", "category": "Furniture"}
COMPANY = {"name": "Acme Chairs", "kind": "organisation", "email": "hello@acme.example",
           "country": "US"}  # fmt: skip
COPIES = (
    ("sales", "customer_refs"),
    ("service_desk", "desk_customer_refs"),
    ("telephony", "telephony_customer_refs"),
    ("marketing", "marketing_customer_refs"),
)


def _write_words(door, customer_id, contact_id):
    """Let people write about the person in every service that takes words."""
    whose = {"customer_id": customer_id}
    theirs = whose | {"contact_id": contact_id}
    touch = {"kind": "call", "subject": SECRET, "source": "desk", "source_key": "1"}
    door.call("accounts.record_interaction", theirs | touch)
    lead = {"source": "web", "name": NAME, "email": MAIL, "phone": PHONE, "message": SECRET,
            "company": SECRET, "submission_id": "form-zwirbel"}  # fmt: skip
    kept = door.call("sales.capture_lead", lead)
    door.until("sales", "leads", 1, f"id = '{kept['lead_id']}' and customer_id = '{customer_id}'")
    worth = {"title": f"Chairs for {NAME}", "amount_minor": 100_00, "currency": "USD"}
    door.call("sales.open_opportunity", theirs | worth)
    asked = {"type": "complaint", "channel": "phone", "subject": SECRET, "description": NAME}
    case = door.call("service_desk.open_case", asked | whose)
    door.call("service_desk.add_case_note", {"case_id": case["id"], "text": f"{NAME} called"})
    door.call("telephony.request_callback", {"number": PHONE, "note": SECRET})  # of nobody


@pytest.fixture(scope="module")
def company(whole_door):
    """A company that every department knows, and the person there who asks to be forgotten."""
    door = whole_door
    door.call("sales.create_record", {"kind": "product", "values": PRODUCT})
    id_ = door.call("accounts.register_customer", COMPANY)["customer_id"]
    for service, table in COPIES:
        door.until(service, table, 1, f"id = '{id_}'")
    furnish(door, id_, "acme", COMPANY["email"])
    told = {"customer_id": id_, "name": NAME, "email": MAIL, "phone": PHONE}
    contact_id = door.call("accounts.register_contact", told)["contact_id"]
    _write_words(door, id_, contact_id)
    park(door, "sales", {"contact_id": contact_id, "name": NAME})
    park(door, "sales", {"customer_id": id_, "name": "Olga"})
    door.until("accounts", "interactions", 1, "source = 'sales.order'")
    door.read_up()
    return id_, contact_id


@pytest.fixture(scope="module")
def before(whole_door, company):
    """Where the person stands before, and what the company has."""
    asked = {"kind": "customer", "id": company[0]}
    record = whole_door.call("accounts.get_record", asked)
    return everywhere(whole_door), counted(whole_door, company[0]), record


@pytest.fixture(scope="module")
def certificate(whole_door, company, before):
    """The erasure of the person, followed by everybody."""
    door, (id_, contact_id) = whole_door, company
    asked = {"customer_id": id_, "contact_id": contact_id, "kind": "erasure"}
    request = door.call("accounts.receive_request", asked)
    known = {"request_id": request["id"], "version": request["version"]}
    known["version"] = door.call("accounts.verify_request", known)["version"]
    door.call("accounts.erase_customer", known)
    found = followed(door, request["id"])
    door.read_up()
    return found


class TestNothingIsLeftOfAContact:
    """Personal data stays in corners nobody thinks of (pain point 24)."""

    def test_the_person_stood_in_every_service_that_keeps_words(self, before):
        assert {place.partition(".")[0] for place in before[0]} >= {
            "accounts", "sales", "service_desk", "telephony",
        }  # fmt: skip

    def test_no_table_of_any_database_holds_the_person(self, whole_door, certificate):
        assert everywhere(whole_door) == []

    def test_neither_the_log_nor_the_warehouse_names_the_person(
        self, whole_door, certificate, tmp_path
    ):
        told, in_what_was_told = in_log(whole_door)
        rows, in_tables = in_warehouse(whole_door, tmp_path)

        assert told > 10
        assert rows > 0
        assert (in_what_was_told, in_tables) == ([], [])

    def test_a_parked_message_about_the_person_is_gone_and_one_of_the_company_stays(
        self, whole_door, certificate
    ):
        def only_the_companys():
            # A sweep holds what it looks at: a look may meet an empty queue.
            found = parked(whole_door, "sales")
            return bool(found) and not any(names_the_person(one) for one in found)

        eventually(only_the_companys, seconds=PATIENCE, because="one message alone is parked")

    def test_every_service_says_how_much_it_has_erased(self, certificate, company):
        assert (certificate["customer_id"], certificate["contact_id"]) == company
        assert set(certificate["services"]) == {
            "accounts", "sales", "service_desk", "marketing", "telephony", "analytics",
        }  # fmt: skip
        assert certificate["services"]["accounts"]["contacts"] == 1
        assert certificate["services"]["sales"]["leads"] >= 1


class TestTheCompanyStaysInEveryDepartment:
    def test_it_has_all_that_it_had_but_the_contact(self, whole_door, company, before, certificate):
        expected = before[1] | {"accounts": before[1]["accounts"] | {"contacts": 1}}

        assert before[1]["accounts"]["contacts"] == 2
        assert counted(whole_door, company[0]) == expected

    def test_its_record_is_the_same(self, whole_door, company, before, certificate):
        asked = {"kind": "customer", "id": company[0]}

        assert whole_door.call("accounts.get_record", asked) == before[2]

    def test_the_contact_is_refused_and_the_company_is_not(self, whole_door, company, certificate):
        asked = {"type": "question", "channel": "phone", "subject": "Chairs"}
        worth = {"title": SECRET, "amount_minor": 1, "currency": "USD"}
        id_, contact_id = company

        opened = whole_door.call("service_desk.open_case", asked | {"customer_id": id_})
        with pytest.raises(Conflict) as refused:
            whole_door.call(
                "sales.open_opportunity", worth | {"customer_id": id_, "contact_id": contact_id}
            )

        assert opened["customer_id"] == id_
        assert refused.value.code == "sales.contact.erased"
        assert everywhere(whole_door) == []
