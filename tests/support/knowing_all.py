"""The file of all that six departments keep of a person, made and read."""

import io
import json
from collections import Counter
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from chassis.errors import Unavailable
from chassis.topology.names import OPERATOR
from rapport_cli.main import main
from rapport_cli.subjects import Ask, Made, compose
from tests.support.doors import Door
from tests.support.erasures import (
    a_case_of_nobody,
    a_person,
    traces_of_nobody,
    wanted,
    words_everywhere,
)
from tests.support.fuzz_rooms import PRODUCT, Rooms
from tests.support.persons import MAIL, NAME, SECRET
from tests.support.spare import Spare

LINES = [{"sku": PRODUCT["sku"], "quantity": 1, "amount_minor": 500}]
WORTH = {"currency": "USD", "lines": LINES}


def asking(rooms: Rooms, role: str = "admin", down: str = "") -> Ask:
    """Return how somebody of a role asks the rooms, of which one may be down."""

    def ask(service: str, method: str, payload: dict[str, Any]) -> Any:
        if service == down:
            raise Unavailable("Nobody answers.", code="rpc.timeout")
        room = rooms.all[service]
        return room.ask(method, room.person("somebody", role), payload)

    return ask


def emptied(rooms: Rooms, spares: list[Spare]) -> Rooms:
    """Return the rooms with nothing in them."""
    for spare in spares:
        spare.emptied()
    for room in rooms.all.values():
        room.start_anew()
    return rooms


def somebody_known(rooms: Rooms) -> str:
    """Enter a person of whom every department knows something, also from before it was a customer."""
    traces_of_nobody(rooms)
    customer_id = a_person(rooms, external_ids={"shop": SECRET})
    words_everywhere(rooms, customer_id)
    twice = a_case_of_nobody(rooms, description=f"from {MAIL}")
    rooms.call("service_desk.add_case_note", case_id=twice, text=f"again from {MAIL}")
    lead = {"source": "web", "name": NAME, "email": MAIL, "country": "US"}
    rooms.call("sales.capture_lead", **lead, submission_id="of the customer")
    rooms.call("sales.create_record", kind="product", values=PRODUCT)
    rooms.call("sales.place_order", customer_id=customer_id, ordered_on="2017-03-01", **WORTH)
    rooms.call("accounts.add_contact_point", customer_id=customer_id, medium="mail",
               value="second@quastenhuber.example")  # fmt: skip
    rooms.settle()
    for room in rooms.all.values():
        rooms.depot.warehouse.read_log(room, anew=True)
    return customer_id


def file_of(rooms: Rooms, customer_id: str, **how: Any) -> tuple[Made, bytes]:
    """Let somebody ask what is kept, and make the file."""
    request_id = str(wanted(rooms, customer_id, "access")["request_id"])
    return made_for(rooms, request_id, **how)


def made_for(rooms: Rooms, request_id: str, **how: Any) -> tuple[Made, bytes]:
    """Make the file for a request."""
    paper = io.BytesIO()
    made = compose(asking(rooms, **how), request_id, paper)
    return made, paper.getvalue()


def rows_in(content: bytes, service: str, table: str) -> list[dict[str, Any]]:
    """Return the rows of a table in a file."""
    rows = json.loads(content)["services"][service]["rows"]
    return [one["row"] for one in rows if one["table"] == table]


def tables_in(content: bytes) -> dict[str, Counter[str]]:
    """Return how many rows of which table of which service stand in a file."""
    services = json.loads(content)["services"]
    return {name: Counter(one["table"] for one in of["rows"]) for name, of in services.items()}


def asked_by_command(door: Door, request_id: str, out: Path, *, seconds: int) -> Result:
    """Make the file as a person does: `rapport privacy file`."""
    env = {"RAPPORT_AMQP_URI": door.house.uri_of(OPERATOR), "RAPPORT_TOKEN": door.admin}
    asked = ["privacy", "file", request_id, "--out", str(out), "--timeout", str(seconds), "--json"]
    return CliRunner().invoke(main, asked, env=env)
