"""A person with words that nothing else can contain, and a search for them through a whole database."""

from typing import Any

from sqlalchemy import Engine, delete, inspect, text

from chassis.tables import OUTBOX
from contracts import SERVICES
from tests.support.accounts import Desk, a_file, a_row
from tests.support.merging import ROWS, answer, merge, named

# No id, digest or salt can contain these by chance: none of them is all hexadecimal digits.
NAME, MAIL, PHONE = "Zwirbel Quastenhuber", "zwirbel@quastenhuber.example", "+12125557733"
WORDS = ("zwirbel", "quastenhuber", "5557733", "3377555", "tintenfass")
SECRET = "Tintenfass"  # what people write about the person in free text


def found_in(engine: Engine, *besides: str) -> list[str]:
    """Return the tables and columns of a database in which the person stands."""
    found = []
    with engine.connect() as connection:
        there = inspect(connection)
        for table in sorted(set(there.get_table_names()) - set(besides)):
            columns = [one["name"] for one in there.get_columns(table)]
            names = ", ".join(f'"{name}"' for name in columns)
            for row in connection.execute(text(f'SELECT {names} FROM "{table}"')):
                found += [
                    f"{table}.{name}"
                    for name, value in zip(columns, row, strict=True)
                    if names_the_person(value)
                ]
    return sorted(set(found))


def names_the_person(value: object) -> bool:
    """Say whether a stored value tells who it is."""
    if isinstance(value, memoryview):
        value = bytes(value)
    said = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return any(word in said.lower() for word in WORDS)


def a_known_person(desk: Desk) -> str:
    """Enter a person, and something about this person in every place that accounts has."""
    row = a_row(1, name=NAME, email=MAIL, phone=PHONE, external_id=f"K-{SECRET}")
    bad = a_row(2, name=NAME, email="new@example.com", phone="+12125550001", country="?")
    desk.imported(a_file(row, bad))
    (found,) = desk.ask("identify", email=MAIL)["customers"]
    id_ = str(found["customer_id"])
    other = {"name": f"{NAME} again", "email": f"again-{MAIL}", "on_match": "warn"}
    loser = desk.ask("register_customer", **other)["customer_id"]
    _write_about(desk, id_)
    merge(desk, id_, loser)
    return id_


def _write_about(desk: Desk, id_: str) -> None:
    whose: dict[str, Any] = {"customer_id": id_}
    contact = desk.ask("register_contact", **whose, name=f"Mother of {NAME}", email=f"m-{MAIL}")
    desk.ask("add_contact_point", **whose, medium="mail", value=f"second-{MAIL}", label=SECRET)
    gone = desk.ask("add_contact_point", **whose, medium="mail", value=f"old-{MAIL}")
    desk.ask("remove_contact_point", point_id=gone["id"], version=gone["version"])
    top = desk.ask("add_department", **whose, name=f"{SECRET} above")
    desk.ask("add_department", **whose, name=f"{SECRET} below", parent_id=top["id"])
    said = desk.ask("record_interaction", **whose, kind="call", subject=f"{SECRET} bought",
                    source="desk", source_key="1", result=SECRET, contact_id=contact["contact_id"])  # fmt: skip
    brought = desk.upload(f"letter of {NAME}".encode())
    desk.ask("attach_file", interaction_id=said["interaction_id"], **brought)
    desk.ask("schedule_meetings", **whose, subject=f"Coffee with {NAME}", cadence="month",
             starts_at="2030-01-01T09:00:00Z")  # fmt: skip
    desk.ask("record_asset", **whose, sku="CHAIR", serial=SECRET)
    desk.ask("raise_flag", **whose, kind="do_not_contact", reason="customer_asked", note=SECRET)
    credit = {"rating": "poor", "reason": "payment_record", "note": SECRET}
    desk.ask("set_credit", **whose, version=named(desk, id_)["version"], **credit)
    desk.ask("set_trait", **whose, kind="employer", value=SECRET)
    desk.ask("register_member", **whose, number=SECRET, level="gold", joined_on="2020-01-01")
    desk.ask("record_nda", **whose, party=NAME, permitted=[SECRET], note=SECRET)
    desk.ask("start_export", note=f"for {NAME}", recipient=SECRET)
    desk.run()


def erase(desk: Desk, customer_id: str) -> str:
    """Let a customer ask to be forgotten, and follow it as far as accounts can; return the request."""
    request = verified(desk, customer_id, "erasure")
    with desk.runtime.database.begin() as session:
        session.execute(delete(OUTBOX))  # the relay has told it
    desk.ask("erase_customer", request_id=request["id"], version=request["version"])
    return str(request["id"])


def verified(desk: Desk, customer_id: str, kind: str) -> dict[str, Any]:
    """Enter a request of which we know that the person asks."""
    request = desk.ask("receive_request", customer_id=customer_id, kind=kind)
    asked = {"request_id": request["id"], "version": request["version"]}
    return dict(desk.ask("verify_request", **asked))


def settle_merges(desk: Desk) -> None:
    """Let every service answer for the merges there are."""
    for one in desk.ask("find_records", kind="merge")["items"]:
        answer(desk, one["id"])


def followed(desk: Desk, request_id: str, *services: str) -> None:
    """Let services answer that they have erased two records each."""
    for service in services:
        row, told = ROWS[service]
        said = told(task_id=request_id, task="erasure", customer_id="-", counts={"row": 2})
        desk.hear(row, said)


def handed_over(desk: Desk, request_id: str, token: str) -> list[dict[str, Any]]:
    """Return all that accounts hands over for a request, each row with its table."""
    whom = desk.ask("data_subject", as_=token, request_id=request_id)["customer_id"]
    found: list[dict[str, Any]] = []
    page: dict[str, Any] = {"next": None}
    while not found or page["next"]:
        asked = {"customer_id": whom, "limit": 7, "after": page["next"]}
        page = desk.ask("customer_data", as_=token, **asked)
        assert len(page["items"]) <= 7
        found += [one["row"] | {"table": one["table"]} for one in page["items"]]
    return found


def noted(desk: Desk, request: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Note that a file was made in which every service is."""
    whom = {"request_id": request["id"], "version": request["version"]}
    whom |= {"customer_id": request["customer_id"]}
    made = {"sha256": "a" * 64, "size": 1, "services": {one: {} for one in SERVICES}}
    return dict(desk.ask("note_access_file", **whom | made | more))
