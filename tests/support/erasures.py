"""Six departments that follow an erasure together, and what they say of it."""

import contextlib
import time
from typing import Any

from sqlalchemy import case, update

from chassis import processes
from chassis.origin import internal
from chassis.tables import PROCESSES
from services.sales.domain.leads import NewLead
from services.sales.processes.capture import CAPTURE_LEAD
from tests.support import telephony as calls
from tests.support.dying import Death
from tests.support.fuzz_rooms import Rooms
from tests.support.persons import MAIL, NAME, PHONE, SECRET, found_in, names_the_person
from tests.support.sales import Room

AT_HOME = "(212) 555-7733"  # PHONE, as it is written in its own country
BESIDE = "outbox"  # nothing relays it here: told_since looks through what is told


def a_person(rooms: Rooms, **details: Any) -> str:
    """Enter the person whom tests search for."""
    entered = {"name": NAME, "email": MAIL, "phone": PHONE, "country": "US"} | details
    id_ = str(rooms.call("accounts.register_customer", **entered)["customer_id"])
    rooms.carry()
    return id_


def wanted(rooms: Rooms, customer_id: str, kind: str = "erasure", **more: Any) -> dict[str, Any]:
    """Let somebody ask for something, and see that it is the person who asks."""
    asked = {"customer_id": customer_id, "kind": kind} | more
    request = rooms.call("accounts.receive_request", **asked)
    known = {"request_id": request["id"], "version": request["version"]}
    known["version"] = rooms.call("accounts.verify_request", **known)["version"]
    return known


def erased(rooms: Rooms, customer_id: str) -> dict[str, Any]:
    """Erase a customer everywhere, and return the certificate."""
    known = wanted(rooms, customer_id)
    rooms.call("accounts.erase_customer", **known)
    return followed(rooms, known["request_id"])


def followed(rooms: Rooms, request_id: str) -> dict[str, Any]:
    """Let everybody follow and answer, and return the certificate as it is then."""
    rooms.settle()
    rooms.settle()
    return dict(rooms.call("accounts.erasure_certificate", request_id=request_id))


def everywhere(rooms: Rooms) -> list[str]:
    """Return where in the databases of the rooms the person stands."""
    return [
        f"{name}.{place}"
        for name, room in rooms.all.items()
        for place in found_in(room.runtime.database.engine, BESIDE)
    ]


def told(rooms: Rooms) -> dict[str, int]:
    """Return how much each room has told so far."""
    return {name: len(room.outbox()) for name, room in rooms.all.items()}


def told_since(rooms: Rooms, before: dict[str, int]) -> list[str]:
    """Return what was told since then and names the person, headers and all."""
    return [
        row.routing_key
        for name, room in rooms.all.items()
        for row in room.outbox()[before[name] :]
        if names_the_person(row.body) or names_the_person(row.headers)
    ]


def a_lead_of_nobody(rooms: Rooms, **fields: Any) -> str:
    """Capture a lead that is matched with nobody, as one that came before the customer."""
    lead = {"source": "web", "name": "Somebody", "country": "US"} | fields
    return str(rooms.call("sales.capture_lead", **lead)["lead_id"])


def a_lead_on_its_way(rooms: Rooms, **fields: Any) -> None:
    """Let a lead come in of which nothing is stored yet but that it came."""
    runtime = rooms.sales.runtime
    new = {"new": NewLead(**{"source": "web", "name": "Somebody", "country": "US"} | fields)}
    processes.begin(runtime, CAPTURE_LEAD, internal("sales", "test"), new)


def let_go_on(room: Room, kind: str) -> None:
    """Let the processes of one kind go on, and no others."""
    with room.runtime.database.begin() as session:
        later = case((PROCESSES.c.kind == kind, 0.0), else_=time.time() + 3600)
        session.execute(update(PROCESSES).values(next_try=later))
    processes.resume_due(room.runtime)


def statuses(room: Room) -> dict[str, str]:
    """Return how far the processes of a room are, by kind."""
    return {row.kind: row.status for row in room.rows(PROCESSES)}


def a_call_of_nobody(rooms: Rooms, id_: str, number: str = PHONE) -> None:
    """Let somebody call whom accounts does not know yet, and give up waiting."""
    calls.hear(rooms.telephony, *calls.abandoned_call(id_, ani=number))


def a_case_of_nobody(rooms: Rooms, **fields: Any) -> str:
    """Open a case that hangs on no customer."""
    case = {"type": "question", "channel": "mail", "subject": "A question"} | fields
    return str(rooms.call("service_desk.open_case", **case)["id"])


def traces_of_nobody(rooms: Rooms, call_id: str = "before-1") -> None:
    """Let every department write down something about the person before it is a customer."""
    a_lead_of_nobody(rooms, name=NAME, email=MAIL.title(), message=SECRET)
    a_lead_of_nobody(rooms, name=NAME, phone=AT_HOME, company=SECRET)
    a_lead_of_nobody(rooms, name=SECRET, message=f"please ring 212.555.7733, {NAME}")
    a_lead_of_nobody(rooms, name=SECRET, external_ids={"shop": SECRET})
    a_call_of_nobody(rooms, call_id)
    a_case_of_nobody(rooms, subject=SECRET, description=f"write to {MAIL}!")
    noted = a_case_of_nobody(rooms)
    text = f"{NAME} can be reached at {AT_HOME}"
    rooms.call("service_desk.add_case_note", case_id=noted, text=text)
    rooms.settle()


def words_everywhere(rooms: Rooms, customer_id: str, number: str = "+12125557700") -> str:
    """Let people write about a customer in every service that takes words; return the case."""
    whose = {"customer_id": customer_id}
    about = {"type": "complaint", "channel": "phone", "subject": SECRET, "description": NAME}
    case_id = str(rooms.call("service_desk.open_case", **about, **whose)["id"])
    rooms.call("service_desk.add_case_note", case_id=case_id, text=f"{NAME} called")
    worth = {"title": f"Chairs for {NAME}", "amount_minor": 100_00, "currency": "USD"}
    rooms.call("sales.open_opportunity", **whose, **worth)
    rooms.call("service_desk.invite_survey", **whose, moment="pre_sale")
    rooms.call("marketing.tag_customer", **whose, tag=SECRET.lower())
    asked = {"number": number, "note": SECRET}
    rooms.call("telephony.request_callback", **whose, **asked)
    rooms.settle()
    return case_id


def through_deaths(rooms: Rooms, known: dict[str, object]) -> None:
    """Go on with an erasure whatever dies, until nothing is open any more."""
    with contextlib.suppress(Death):
        rooms.call("accounts.erase_customer", **known)
    for _ in range(500):
        try:
            rooms.settle()
        except Death:
            continue
        if all(_is_done(rooms, name) for name in rooms.all):
            return
    raise AssertionError("it never came to its end")


def _is_done(rooms: Rooms, name: str) -> bool:
    return all(row.status == "done" for row in rooms.all[name].rows(PROCESSES))
