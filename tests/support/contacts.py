"""One person at a company, a colleague there, and what everybody has written down of both."""

from dataclasses import dataclass
from typing import Any

from tests.support.accounts import Desk, a_customer
from tests.support.erasures import a_call_of_nobody, a_case_of_nobody, a_lead_of_nobody
from tests.support.fuzz_rooms import Rooms
from tests.support.persons import MAIL, NAME, PHONE, SECRET

COMPANY, AT_COMPANY, SWITCHBOARD = "Acme Chairs", "hello@acme.example", "+12125550100"
COLLEAGUE = "Bo Carpenter"
PLAIN = "Delivery is late"  # words about nobody


@dataclass(frozen=True)
class Company:
    """A customer, the contact who asks to be forgotten, and another one."""

    id: str
    person: str
    colleague: str


def a_company(rooms: Rooms) -> Company:
    """Enter a company with two people; one of them is whom tests search for."""
    entered = {"name": COMPANY, "email": AT_COMPANY, "phone": SWITCHBOARD, "kind": "organisation"}
    id_ = str(rooms.call("accounts.register_customer", **entered, country="US")["customer_id"])
    person = _contact(rooms, id_, name=NAME, email=MAIL, phone=PHONE, role="buyer")
    colleague = _contact(rooms, id_, name=COLLEAGUE, email="bo@acme.example", phone=SWITCHBOARD)
    asked = {"contact_id": colleague, "version": 1, "reports_to_id": person}
    rooms.call("accounts.place_contact", **asked)
    rooms.carry()
    return Company(id_, person, colleague)


def words_of_the_contact(rooms: Rooms, company: Company) -> None:
    """Let every department write about the person, and about the company and the colleague too."""
    _in_accounts(rooms, company)
    whose: dict[str, Any] = {"customer_id": company.id}
    worth = {"amount_minor": 100_00, "currency": "USD", "contact_id": company.person}
    rooms.call("sales.open_opportunity", **whose, **worth, title=f"Chairs for {NAME}")
    rooms.call("sales.open_opportunity", **whose, **worth, title="Forty desks")
    a_lead_of_nobody(rooms, name=NAME, email=MAIL, company=SECRET, message=SECRET)
    about = {"type": "complaint", "channel": "phone"} | whose
    rooms.call("service_desk.open_case", **about, subject=SECRET, description=f"{NAME} is angry")
    plain = rooms.call("service_desk.open_case", **about, subject=PLAIN)["id"]
    for text in (f"ring {PHONE}, {SECRET}", "the lorry broke down"):
        rooms.call("service_desk.add_case_note", case_id=plain, text=text)
    rooms.call("telephony.request_callback", **whose, number=PHONE, note=SECRET)
    a_call_of_nobody(rooms, "of-the-person")
    a_call_of_nobody(rooms, "of-the-house", SWITCHBOARD)
    rooms.settle()


def traces_before(rooms: Rooms) -> None:
    """Let departments write the person down before anybody knows it."""
    a_lead_of_nobody(rooms, name="Z. Q.", email=MAIL, message=SECRET)
    a_case_of_nobody(rooms, subject=SECRET, description=f"write to {MAIL}!")
    rooms.settle()


def asked_for(rooms: Rooms, company: Company, kind: str = "erasure") -> dict[str, Any]:
    """Let the person ask for something, and see that it is the person who asks."""
    asked = {"customer_id": company.id, "contact_id": company.person, "kind": kind}
    request = rooms.call("accounts.receive_request", **asked)
    known = {"request_id": request["id"], "version": request["version"]}
    known["version"] = rooms.call("accounts.verify_request", **known)["version"]
    return known


def contact_erased(rooms: Rooms, company: Company) -> dict[str, Any]:
    """Erase the person everywhere, and return the certificate."""
    known = asked_for(rooms, company)
    rooms.call("accounts.erase_customer", **known)
    rooms.settle()
    rooms.settle()
    found = rooms.call("accounts.erasure_certificate", request_id=known["request_id"])
    return dict(found)


def _contact(rooms: Rooms, customer_id: str, **told: Any) -> str:
    found = rooms.call("accounts.register_contact", customer_id=customer_id, **told)
    return str(found["contact_id"])


def _in_accounts(rooms: Rooms, company: Company) -> None:
    whose: dict[str, Any] = {"customer_id": company.id}
    theirs = whose | {"contact_id": company.person}
    point = {"medium": "mail", "label": SECRET}
    rooms.call("accounts.add_contact_point", **theirs, **point, value=f"second-{MAIL}")
    gone = rooms.call("accounts.add_contact_point", **theirs, **point, value=f"old-{MAIL}")
    named = {"point_id": gone["id"], "version": gone["version"]}
    rooms.call("accounts.remove_contact_point", **named)
    said = {"kind": "call", "source": "desk"}
    for key, touch in enumerate((
        theirs | {"subject": SECRET, "result": SECRET},
        whose | {"subject": f"{NAME} rang", "result": SECRET},
        whose | {"subject": PLAIN, "contact_id": company.colleague},
    )):  # fmt: skip
        rooms.call("accounts.record_interaction", **said, **touch, source_key=str(key))
    meeting = {"cadence": "month", "starts_at": "2030-01-01T09:00:00Z"}
    rooms.call("accounts.schedule_meetings", **theirs, **meeting, subject=f"Coffee with {NAME}")
    rooms.call("accounts.schedule_meetings", **whose, **meeting, subject="Review")
    rooms.call("accounts.raise_flag", **whose, kind="do_not_contact", channel="post",
               reason="customer_asked", note=f"{NAME} asked for it",
               until="2031-01-01T00:00:00Z")  # fmt: skip
    rooms.call("accounts.start_export", note=f"for {NAME}")


def a_house(desk: Desk, **told: Any) -> tuple[str, str]:
    """Enter a company and one of its people."""
    house = a_customer(desk, name="Acme Chairs", kind="organisation")["customer_id"]
    person = {"name": NAME, "email": MAIL, "phone": PHONE} | told
    contact = desk.ask("register_contact", customer_id=house, **person)["contact_id"]
    return str(house), str(contact)


def asked(desk: Desk, customer_id: str, contact_id: str, kind: str = "erasure") -> dict[str, Any]:
    """Enter a request of which we know that the person asks."""
    whom = {"customer_id": customer_id, "contact_id": contact_id}
    request = desk.ask("receive_request", **whom, kind=kind)
    seen = {"request_id": request["id"], "version": request["version"]}
    return {"request_id": request["id"], "version": desk.ask("verify_request", **seen)["version"]}
