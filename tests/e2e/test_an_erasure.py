"""A person is forgotten by the whole house: every table, the log, the warehouse (pain point 24)."""

import contextlib
import json
import shutil

import duckdb
import pika
import pytest
from sqlalchemy import create_engine

from chassis import parking
from chassis.errors import Conflict
from chassis.plain.connection import open_connection
from chassis.plain.stream import StreamReader
from chassis.topology import names
from chassis.topology.names import OPERATOR
from tests.support.belongings import order
from tests.support.doors import PATIENCE
from tests.support.persons import MAIL, NAME, PHONE, SECRET, found_in, names_the_person
from tests.support.plain import whole
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(900)

PRODUCT = {"sku": "CHAIR", "name": "Chair", "category": "Furniture"}
COPIES = (
    ("sales", "customer_refs"),
    ("service_desk", "desk_customer_refs"),
    ("telephony", "telephony_customer_refs"),
    ("marketing", "marketing_customer_refs"),
)


def _everywhere(door):
    """Return where in the databases of the house the person stands."""
    found = []
    for service in door.house.databases:
        engine = create_engine(door.house.places[service].database_url)
        try:
            found += [f"{service}.{place}" for place in found_in(engine)]
        finally:
            engine.dispose()
    return found


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


def _park(door, body):
    """Let sales park a message, as if no handler could take it."""
    properties = pika.BasicProperties(delivery_mode=2, message_id=str(body["customer_id"]))
    with contextlib.closing(open_connection(door.house.uri_of("sales"), name="parking")) as found:
        channel = found.channel()
        channel.confirm_delivery()
        sent = json.dumps(body).encode()
        channel.basic_publish(names.park_exchange("sales"), "", sent, properties, mandatory=True)


def _parked(door):
    """Return the bodies that are parked in sales."""
    found = parking.list_parked(door.house.uri_of(OPERATOR), "sales")
    return [one.delivery.body for one in found]


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
    _park(door, {"customer_id": id_, "name": NAME})
    _park(door, {"customer_id": "somebody else", "name": "Olga"})
    door.read_up()
    door.until("accounts", "interactions", 1, "source = 'sales.order'")
    return id_


@pytest.fixture(scope="module")
def before(whole_door, person):
    """Where the person stands before the erasure."""
    return _everywhere(whole_door)


@pytest.fixture(scope="module")
def certificate(whole_door, person, before):
    """The erasure, followed by everybody."""
    door = whole_door
    asked = {"customer_id": person, "kind": "erasure"}
    request = door.call("accounts.receive_request", asked)
    known = {"request_id": request["id"], "version": request["version"]}
    known["version"] = door.call("accounts.verify_request", known)["version"]
    door.call("accounts.erase_customer", known)

    def done():
        found = door.call("accounts.erasure_certificate", {"request_id": request["id"]})
        return found if found["status"] == "done" else None

    return eventually(done, seconds=PATIENCE, because="every service has erased")


class TestNothingIsLeft:
    """Personal data stays in corners nobody thinks of (pain point 24)."""

    def test_the_person_stood_in_every_service_that_keeps_names(self, before):
        assert {place.partition(".")[0] for place in before} >= {
            "accounts", "sales", "service_desk", "telephony", "marketing",
        }  # fmt: skip

    def test_no_table_of_any_database_holds_the_person(self, whole_door, certificate):
        whole_door.read_up()

        assert _everywhere(whole_door) == []

    def test_the_log_never_held_the_person(self, whole_door, certificate):
        uri = whole_door.house.uri_of(OPERATOR)
        with StreamReader(uri, place="first") as reader:
            read = [one.body for one in whole(reader)]

        assert len(read) > 10
        assert [body for body in read if names_the_person(body)] == []

    def test_a_parked_message_about_the_person_is_gone_and_others_stay(
        self, whole_door, certificate
    ):
        def only_others():
            # A sweep holds what it looks at: a look may meet an empty queue.
            found = _parked(whole_door)
            return bool(found) and not any(names_the_person(one) for one in found)

        eventually(only_others, seconds=PATIENCE, because="the other message alone is parked")

    def test_the_warehouse_does_not_hold_the_person(self, whole_door, certificate, tmp_path):
        (file,) = whole_door.house.directory.rglob("*.duckdb")
        for one in file.parent.glob(f"{file.name}*"):
            shutil.copy(one, tmp_path / one.name)

        with duckdb.connect(str(tmp_path / file.name)) as warehouse:
            tables = [row[0] for row in warehouse.execute("SHOW TABLES").fetchall()]
            rows = {
                one: warehouse.execute(f'SELECT COLUMNS(*)::VARCHAR FROM "{one}"').fetchall()
                for one in tables
            }

        assert any(rows.values())
        assert [one for one, found in rows.items() if names_the_person(found)] == []

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
        assert _everywhere(whole_door) == []
