"""A person asks what we keep of her: one file, out of every department (pain point 24)."""

import hashlib
import json
from collections.abc import Iterable

import pytest
from sqlalchemy import func, select

from chassis.errors import Conflict, Forbidden, NotFound
from chassis.tables import AUDIT, AUDIT_VALUES, Base
from contracts import SERVICES
from services.service_desk.tables import Survey
from tests.contract.test_disclosing import BESIDE, handed_over
from tests.support.erasures import a_person, erased, everywhere, wanted
from tests.support.fuzz_rooms import Rooms
from tests.support.knowing_all import (
    asking,
    emptied,
    file_of,
    made_for,
    rows_in,
    somebody_known,
    tables_in,
)
from tests.support.persons import MAIL, NAME
from tests.support.spare import Spare

SALTED = {"audit_values"}  # handed over with the trail: table audit
BESIDE_RECORDS = {"audit", "warehouse_events"}  # who changed them, and what was told


def rows_of(rooms: Rooms, service: str, names: Iterable[str]) -> dict[str, int]:
    """Count the rows of those tables in which there are any."""
    with rooms.all[service].runtime.database.reading() as session:
        counted = {
            name: session.scalar(select(func.count()).select_from(Base.metadata.tables[name]))
            for name in names
        }
    return {name: count for name, count in counted.items() if count}


@pytest.fixture
def person(rooms: Rooms) -> str:
    """Somebody of whom every department knows something."""
    return somebody_known(rooms)


@pytest.fixture(scope="class")
def file(open_rooms: Rooms, spares: list[Spare]) -> bytes:
    """The file of her, in a house that knows somebody else as well; nobody changes anything."""
    emptied(open_rooms, spares)
    person = somebody_known(open_rooms)
    made, content = file_of(open_rooms, person)
    assert made.missing == {}
    return content


class TestWhatStandsInIt:
    """Nobody can say what is kept of a person (pain point 24)."""

    def test_every_table_in_which_she_stands(self, open_rooms: Rooms, file: bytes) -> None:
        standing = {place.rpartition(".")[0] for place in everywhere(open_rooms)}
        found = {f"{service}.{one}" for service, of in tables_in(file).items() for one in of}
        beside = {f"{service}.{one}" for service in SERVICES for one in BESIDE.keys() | SALTED}
        found_by = {"accounts.search_terms", "accounts.custom_index"}
        assert standing - beside - found_by - found == set()
        assert len(standing & found) > 12

    def test_every_row_of_it(self, open_rooms: Rooms, file: bytes) -> None:
        for service, counts in tables_in(file).items():
            told = {name: counts[name] for name in counts if name not in BESIDE_RECORDS}
            assert rows_of(open_rooms, service, handed_over(service)) == told

    def test_every_change_of_it_once(self, open_rooms: Rooms, file: bytes) -> None:
        for service in SERVICES:
            with open_rooms.all[service].runtime.database.reading() as session:
                hers = AUDIT.c.record_kind.in_(handed_over(service))
                there = session.scalars(select(AUDIT.c.position).where(hers)).all()
            told = [one["position"] for one in rows_in(file, service, "audit")]
            assert sorted(told) == sorted(there)

    def test_what_analytics_concluded_of_what_is_nobodys_too(self, file: bytes) -> None:
        leads = {one["id"] for one in rows_in(file, "sales", "leads")}

        rated = {one["id"] for one in rows_in(file, "analytics", "lead_ratings")}
        assert rated == leads
        assert len(rated) == 5

    def test_what_the_warehouse_was_told(self, file: bytes) -> None:
        told = rows_in(file, "analytics", "warehouse_events")

        assert {one["type"] for one in told} >= {
            "accounts.customer.created.v1", "sales.order.placed.v1", "sales.lead.created.v1",
        }  # fmt: skip
        assert len({one["event_id"] for one in told}) == len(told)

    def test_who_changed_what(self, file: bytes) -> None:
        entered = rows_in(file, "accounts", "audit")[0]
        assert (entered["record_kind"], entered["verb"]) == ("customers", "created")
        assert entered["changes"]["name"] == [None, NAME]
        assert entered["actor"] == "person:admin"

    def test_no_secret_of_the_mechanism(self, open_rooms: Rooms, file: bytes) -> None:
        secrets = [one.token_hash for one in open_rooms.service_desk.rows(Survey)]
        for room in open_rooms.all.values():
            with room.runtime.database.reading() as session:
                secrets += session.scalars(select(AUDIT_VALUES.c.salt))
        assert len(secrets) > 10
        assert [one for one in secrets if one.encode() in file] == []
        for name in (b'"name_key"', b'"phone_reversed"', b'"token_hash"'):
            assert name + b':"' not in file
            assert name + b":[" not in file

    def test_what_was_said_before_she_was_a_customer(self, file: bytes) -> None:
        """Found by mail, number and key, as an erasure finds it."""
        leads = rows_in(file, "sales", "leads")
        assert sum(one["customer_id"] is None for one in leads) == 4
        assert MAIL.title() in {one["email"] for one in leads}
        cases = rows_in(file, "service_desk", "cases")
        assert sum(one["customer_id"] is None for one in cases) == 3
        noted = [one["text"] for one in rows_in(file, "service_desk", "case_notes")]
        assert any("can be reached at" in one for one in noted)
        (call,) = rows_in(file, "telephony", "calls")
        assert call["customer_id"] is None


class TestNothingElse:
    def test_nothing_of_anybody_else(self, rooms: Rooms, person: str) -> None:
        named = {"name": "Olga Other", "email": "olga@other.example", "phone": "+12125550009"}
        other = a_person(rooms, **named)
        asked = {"type": "question", "channel": "mail", "subject": "Of Olga"}
        rooms.call("service_desk.open_case", customer_id=other, **asked)
        lead = {"source": "web", "country": "US", "email": "other@other.example"}
        rooms.call("sales.capture_lead", name="Olga Other", **lead)

        _, content = file_of(rooms, person)

        assert other.encode() not in content
        assert b"Olga" not in content


class TestWholeOrNot:
    """It is complete, or says what is missing."""

    def test_a_whole_one_is_noted_with_counts_and_checksum(self, rooms: Rooms, person: str) -> None:
        made, content = file_of(rooms, person)

        rooms.call("accounts.note_access_file", **made.noted)

        assert json.loads(content)["complete"] is True
        told = rooms.call(
            "accounts.erasure_certificate", request_id=made.subject["request_id"]
        )  # fmt: skip
        assert told["sha256"] == hashlib.sha256(content).hexdigest()
        assert told["size"] == len(content)
        assert set(told["services"]) == set(SERVICES)
        assert told["services"]["sales"]["leads"] == 5

    def test_a_privacy_officer_completes_the_request_after_that_and_not_before(
        self, rooms: Rooms, person: str
    ) -> None:
        request, ask = wanted(rooms, person, "export"), asking(rooms, "privacy_officer")
        with pytest.raises(Conflict) as refused:
            ask("accounts", "complete_request", request)
        made, content = made_for(rooms, request["request_id"], role="privacy_officer")
        noted = ask("accounts", "note_access_file", made.noted)

        known = request | {"version": noted["version"]}
        done = ask("accounts", "complete_request", known)

        assert made.missing == {}
        assert MAIL.encode() in content  # whatever a role sees of others: it is for her

        assert refused.value.code == "accounts.privacy.state"
        assert done["status"] == "done"

    def test_a_service_that_is_down_is_named_and_the_file_not_taken(
        self, rooms: Rooms, person: str
    ) -> None:
        made, content = file_of(rooms, person, down="telephony")
        said = made.noted
        del said["services"]["telephony"]

        with pytest.raises(Conflict) as refused:
            rooms.call("accounts.note_access_file", **said)

        found = json.loads(content)
        assert found["complete"] is False
        assert found["missing"]["telephony"]["code"] == "rpc.timeout"
        assert found["services"]["telephony"]["rows"] == []
        assert found["services"]["sales"]["counts"]["leads"] == 5
        assert refused.value.code == "accounts.privacy.file_incomplete"
        assert refused.value.detail == {"missing": ["telephony"]}


class TestWhoMay:
    def test_an_erased_person_is_refused_and_the_request_too(
        self, rooms: Rooms, person: str
    ) -> None:
        request_id = wanted(rooms, person, "access")["request_id"]
        erased(rooms, person)

        with pytest.raises(Conflict) as refused:
            made_for(rooms, request_id)

        assert refused.value.code == "accounts.customer.erased"
        for service in SERVICES:
            with pytest.raises(Conflict) as refused:
                rooms.call(f"{service}.customer_data", customer_id=person)
            assert refused.value.code == f"{service}.customer.erased"

    @pytest.mark.parametrize("role", ["rep", "supervisor", "data_analyst", "sales_director"])
    def test_nobody_without_the_right(self, open_rooms: Rooms, role: str) -> None:
        ask = asking(open_rooms, role)

        for service in SERVICES:
            with pytest.raises(Forbidden):
                ask(service, "customer_data", {"customer_id": "whoever"})

    def test_whoever_is_of_another_entity_does_not(self, rooms: Rooms, person: str) -> None:
        for service, room in rooms.all.items():
            token = room.person("them", "admin", entity="another")

            with pytest.raises(NotFound) as refused:
                room.ask("customer_data", token, {"customer_id": person})
            assert refused.value.code == f"{service}.customer.not_found"
            said = {"kind": "mail", "value": MAIL}
            asked = {"customer_id": "whoever", "identities": [said]}
            assert room.ask("customer_data", token, asked) == {"items": [], "next": None}

        with pytest.raises(NotFound):
            room.ask("warehouse_data", token, {"ids": [person]})
