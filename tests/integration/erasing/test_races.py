"""Whoever writes about the person while it is erased is refused, or what he wrote is erased (pain point 24)."""

import contextlib
import itertools
import threading
from collections.abc import Callable

import pytest

from chassis.errors import Problem
from services.accounts.tables import Interaction
from services.service_desk.tables import Case, CaseNote
from services.telephony.tables import Call
from tests.support import telephony as calls
from tests.support.dying import meanwhile
from tests.support.erasures import (
    a_call_of_nobody,
    a_case_of_nobody,
    a_person,
    erased,
    everywhere,
    followed,
    wanted,
    words_everywhere,
)
from tests.support.fuzz_rooms import Rooms
from tests.support.persons import MAIL, NAME, PHONE, SECRET
from tests.support.waiting import eventually

COUNT = itertools.count()


class Writer:
    """Somebody who goes on writing about the person, by the customer's id and by its records' ids."""

    def __init__(self, rooms: Rooms, customer_id: str, case_id: str, call_id: str) -> None:
        self._rooms, self._call_id, self.refused, self.done = rooms, call_id, 0, 0
        whose = {"customer_id": customer_id}
        self.ways: dict[str, dict[str, object]] = {
            "accounts.register_contact": whose | {"name": NAME},
            "accounts.record_interaction": whose
            | {"kind": "call", "subject": SECRET, "source": "desk"},
            "sales.open_opportunity": whose
            | {"title": NAME, "amount_minor": 1, "currency": "USD"},
            "service_desk.open_case": whose
            | {"type": "question", "channel": "phone", "subject": SECRET},
            "service_desk.add_case_note": {"case_id": case_id, "text": f"{NAME} called"},
            "marketing.tag_customer": whose | {"tag": SECRET.lower()},
            "telephony.request_callback": {"call_id": call_id, "number": PHONE, "note": SECRET},
        }  # fmt: skip

    def write(self, *ways: str) -> None:
        """Try each way once; a refusal is an answer."""
        for way in ways or self.ways:
            more = {}
            if way == "accounts.record_interaction":
                more = {"source_key": f"k{next(COUNT)}"}
            try:
                self._rooms.call(way, **self.ways[way], **more)
                self.done += 1
            except Problem:
                self.refused += 1


@pytest.fixture
def writer(rooms: Rooms) -> Writer:
    """Somebody who knows the customer, a case and a call of it."""
    a_call_of_nobody(rooms, "call-1")
    id_ = a_person(rooms)
    case_id = words_everywhere(rooms, id_)
    (call,) = rooms.telephony.rows(Call)
    token = rooms.admin("telephony")
    rooms.telephony.call(
        "link_call_customer", token, call_id=call.id, version=call.version, customer_id=id_
    )
    rooms.settle()
    return Writer(rooms, id_, case_id, call.id)


def _customer(writer: Writer) -> str:
    return str(writer.ways["marketing.tag_customer"]["customer_id"])


class TestBetweenAnyTwoSteps:
    """Personal data stays in corners nobody thinks of (pain point 24)."""

    def test_what_is_written_is_refused_or_erased(
        self, rooms: Rooms, writer: Writer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with meanwhile(monkeypatch, writer.write):
            certificate = erased(rooms, _customer(writer))
        rooms.settle()

        assert certificate["status"] == "done"
        assert writer.refused > len(writer.ways)
        assert everywhere(rooms) == []

    def test_a_note_on_a_case_of_nobody_is_refused_or_erased(
        self, rooms: Rooms, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        case_id = a_case_of_nobody(rooms, description=MAIL)
        id_ = a_person(rooms)
        wrote: list[bool] = []

        def write() -> None:
            with contextlib.suppress(Problem):
                rooms.call("service_desk.add_case_note", case_id=case_id, text=NAME)
                wrote.append(True)

        with meanwhile(monkeypatch, write):
            erased(rooms, id_)

        assert wrote
        assert everywhere(rooms) == []
        (case,) = rooms.service_desk.rows(Case)
        assert case.customer_id == id_
        assert {one.text for one in rooms.service_desk.rows(CaseNote)} == {""}


class TestAtTheSameTime:
    """Several write for as long as the erasure goes on, on connections of their own."""

    def test_what_is_written_is_refused_or_erased(self, rooms: Rooms, writer: Writer) -> None:
        known = wanted(rooms, _customer(writer))
        over = threading.Event()

        def go_on(way: str) -> None:
            while not over.is_set():
                writer.write(way)

        writers = [threading.Thread(target=go_on, args=(way,), daemon=True) for way in writer.ways]
        for one in writers:
            one.start()
        try:
            eventually(lambda: writer.done >= len(writers), seconds=60, because="they write")
            _until_taken(lambda: rooms.call("accounts.erase_customer", **known))
            certificate = eventually(
                lambda: _when_done(rooms, known["request_id"]), seconds=120, because="it is done"
            )
        finally:
            over.set()
            for one in writers:
                one.join(60)
        rooms.settle()

        assert certificate["status"] == "done"
        assert writer.refused > 0
        assert everywhere(rooms) == []


def _until_taken(do: Callable[[], object]) -> None:
    eventually(lambda: bool(do()), seconds=60, because="it is taken")


def _when_done(rooms: Rooms, request_id: str) -> dict[str, object] | None:
    found = followed(rooms, request_id)
    return found if found["status"] == "done" else None


class TestWhatIsToldLate:
    """Who was erased does not come back by an event that was on its way."""

    def test_a_call_that_goes_on_is_nobodys(self, rooms: Rooms) -> None:
        call = calls.ACall("call-9", ani=PHONE).offered().queued()
        calls.hear(rooms.telephony, *call.told)
        certificate = erased(rooms, a_person(rooms))
        assert certificate["services"]["telephony"]["calls_of_nobody"] == 1

        calls.hear(rooms.telephony, *call.rings().answered().cleared().told[2:])
        rooms.settle()

        (found,) = rooms.telephony.rows(Call)
        assert (found.state, found.outcome, found.number) == ("cleared", "answered", None)
        assert everywhere(rooms) == []

    def test_facts_that_come_after_it_change_nothing(self, rooms: Rooms) -> None:
        id_ = a_person(rooms)
        about = {"type": "question", "channel": "phone", "subject": SECRET}
        rooms.call("service_desk.open_case", customer_id=id_, **about)  # told, and not heard yet

        erased(rooms, id_)

        assert len(rooms.service_desk.told("service_desk.case.opened.v1")) == 1
        assert rooms.accounts.rows(Interaction) == []
        assert everywhere(rooms) == []
