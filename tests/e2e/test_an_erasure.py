"""A person is forgotten by the whole house: every table, the log, the warehouse (pain point 24)."""

import pytest

from chassis.errors import Conflict
from tests.support.belongings import order
from tests.support.doors import PATIENCE
from tests.support.persons import MAIL, NAME, PHONE, SECRET, names_the_person
from tests.support.searching import everywhere, followed, in_log, in_warehouse, park, parked
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(900)

PRODUCT = {"sku": "CHAIR", "name": "Chair", "category": "Furniture"}
COPIES = (
    ("sales", "customer_refs"),
    ("service_desk", "desk_customer_refs"),
    ("telephony", "telephony_customer_refs"),
    ("marketing", "marketing_customer_refs"),
)


def _write_words(door, customer_id):
    """Let people write about the person in every service that takes words."""
    whose = {"customer_id": customer_id}
    lead = {"source": "web", "name": NAME, "email": MAIL, "phone": PHONE, "message": SECRET,
            "company": SECRET, "submission_id": "form-zwirbel"}  # fmt: skip
    kept = door.call("sales.capture_lead", lead)
    named = {"lead_id": kept["lead_id"], "version": kept["version"]}
    door.call("sales.tag_lead", named | {"add": [SECRET.lower()]})
    asked = {"type": "complaint", "channel": "phone", "subject": SECRET, "description": NAME}
    case = door.call("service_desk.open_case", asked | whose)
    door.call("service_desk.add_case_note", {"case_id": case["id"], "text": f"{NAME} called"})
    worth = {"title": f"Chairs for {NAME}", "amount_minor": 100_00, "currency": "USD"}
    door.call("sales.open_opportunity", whose | worth)
    door.call("service_desk.invite_survey", whose | {"moment": "pre_sale"})
    door.call("marketing.tag_customer", whose | {"tag": SECRET.lower()})
    door.call("telephony.request_callback", whose | {"number": PHONE, "note": SECRET})


@pytest.fixture(scope="module")
def person(whole_door):
    """A person of whom every service knows something."""
    door = whole_door
    door.call("sales.create_record", {"kind": "product", "values": PRODUCT})
    entered = {"name": NAME, "email": MAIL, "phone": PHONE}
    id_ = door.call("accounts.register_customer", entered)["customer_id"]
    for service, table in COPIES:
        door.until(service, table, 1, f"id = '{id_}'")
    order(door, id_)
    _write_words(door, id_)
    park(door, "sales", {"customer_id": id_, "name": NAME})
    park(door, "sales", {"customer_id": "somebody else", "name": "Olga"})
    door.read_up()
    door.until("accounts", "interactions", 1, "source = 'sales.order'")
    return id_


@pytest.fixture(scope="module")
def before(whole_door, person):
    """Where the person stands before the erasure."""
    return everywhere(whole_door)


@pytest.fixture(scope="module")
def certificate(whole_door, person, before):
    """The erasure, followed by everybody."""
    door = whole_door
    asked = {"customer_id": person, "kind": "erasure"}
    request = door.call("accounts.receive_request", asked)
    known = {"request_id": request["id"], "version": request["version"]}
    known["version"] = door.call("accounts.verify_request", known)["version"]
    door.call("accounts.erase_customer", known)
    return followed(door, request["id"])


class TestNothingIsLeft:
    """Personal data stays in corners nobody thinks of (pain point 24)."""

    def test_the_person_stood_in_every_service_that_keeps_names(self, before):
        assert {place.partition(".")[0] for place in before} >= {
            "accounts", "sales", "service_desk", "telephony", "marketing",
        }  # fmt: skip

    def test_no_table_of_any_database_holds_the_person(self, whole_door, certificate):
        whole_door.read_up()

        assert everywhere(whole_door) == []

    def test_the_log_never_held_the_person(self, whole_door, certificate):
        read, naming = in_log(whole_door)

        assert read > 10
        assert naming == []

    def test_a_parked_message_about_the_person_is_gone_and_others_stay(
        self, whole_door, certificate
    ):
        def only_others():
            # A sweep holds what it looks at: a look may meet an empty queue.
            found = parked(whole_door, "sales")
            return bool(found) and not any(names_the_person(one) for one in found)

        eventually(only_others, seconds=PATIENCE, because="the other message alone is parked")

    def test_the_warehouse_does_not_hold_the_person(self, whole_door, certificate, tmp_path):
        rows, naming = in_warehouse(whole_door, tmp_path)

        assert rows > 0
        assert naming == []

    def test_every_service_says_how_much_it_has_erased(self, certificate):
        services = certificate["services"]

        assert set(services) == {
            "accounts", "sales", "service_desk", "marketing", "telephony", "analytics",
        }  # fmt: skip
        assert services["sales"]["leads"] >= 1
        assert services["service_desk"]["cases"] == 1
        assert services["telephony"]["callbacks"] >= 1


class TestTheBooksStay:
    """What was bought stays in the books, without who it was."""

    def test_an_order_keeps_its_amount(self, whole_door, person, certificate):
        there = f"customer_id = '{person}' and total_minor = 10000"

        assert whole_door.count("sales", "orders", there) == 1


class TestWhatComesLate:
    """Who was erased does not come back."""

    @pytest.mark.parametrize(
        "method", ["accounts.register_contact", "service_desk.open_case", "marketing.tag_customer"]
    )
    def test_a_command_is_refused(self, whole_door, person, certificate, method):
        payload = {
            "accounts.register_contact": {"name": NAME},
            "service_desk.open_case": {"type": "question", "channel": "phone", "subject": SECRET},
            "marketing.tag_customer": {"tag": "zwirbel"},
        }[method]

        with pytest.raises(Conflict) as refused:
            whole_door.call(method, payload | {"customer_id": person})

        assert refused.value.code == f"{method.partition('.')[0]}.customer.erased"
        assert everywhere(whole_door) == []
