"""What real calls of a PBX come to: every golden list of the bridge, in order and out of it."""

import json
import random
from collections import Counter
from pathlib import Path

import pytest

from contracts import base as contracts
from services.telephony.tables import Call, CallEvent
from tests.support.telephony import go_on, hear

FOLDER = Path(__file__).resolve().parents[2] / "golden" / "calls"
NAMES = sorted(file.stem for file in FOLDER.glob("*.json"))
CALLERS = {"li": "+8613800138000", "wang": "+8613800130000", "zhao": "+8613900139000"}


def golden(name):
    """Return the events of a capture that are about calls."""
    known = contracts.registry()
    told = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return [
        contracts.read(known[one["type"]].cls, one)
        for one in told
        if one["type"].startswith("cti.call.")
    ]


def rung(events):
    """Count the agents' phones that rang in a list of events."""
    legs = {
        (event.call_id, leg.leg_id)
        for event in events
        if event.direction != "internal"
        for leg in event.legs
        if leg.role == "agent" and leg.alerting_at is not None
    }
    return Counter(call_id for call_id, _ in legs)


def counted(room, type_):
    """Count what was told, by call."""
    return Counter(one["call_id"] for one in room.told(f"telephony.{type_}.v1"))


@pytest.fixture
def callers(telephony, accounts):
    """The customers whose numbers the captures hold."""
    admin = accounts.person("admin", "admin")
    found = {
        phone: accounts.call("register_customer", admin, name=name.title(), phone=phone)[
            "customer_id"
        ]
        for name, phone in CALLERS.items()
    }
    accounts.carry_to(telephony)
    return found


@pytest.mark.parametrize("order", ["in order", "shuffled and twice"])
class TestEveryCapture:
    def test_tells_each_call_and_each_ringing_once_with_its_customer(
        self, telephony, callers, order
    ):
        assert len(NAMES) >= 17
        captures = [golden(name) for name in NAMES]
        for number, events in enumerate(captures):
            heard = list(events)
            if order != "in order":
                heard += events
                random.Random(number).shuffle(heard)  # noqa: S311 - guards no secret
            hear(telephony, *heard, id_=NAMES[number])
            go_on(telephony)
            telephony.clock.pass_(seconds=2)
            telephony.fire()

        everything = [event for events in captures for event in events]
        over = {event.call_id for event in everything if event.state == "cleared"}
        assert counted(telephony, "call.started") == Counter({e.call_id for e in everything})
        assert counted(telephony, "call.ended") == Counter(over)
        assert counted(telephony, "screen.popped") == rung(everything)
        self._is_as_the_newest_event_says(telephony, callers, everything)

    def _is_as_the_newest_event_says(self, room, callers, events):
        stored = {row.id: row for row in room.rows(Call)}
        lines = Counter(row.call_id for row in room.rows(CallEvent))
        newest = {event.call_id: event for event in sorted(events, key=lambda one: one.seq)}
        for call_id, last in newest.items():
            call = stored[call_id]
            assert (call.seq, call.state.value, call.outcome) == (
                last.seq, last.state, last.outcome,
            )  # fmt: skip
            assert lines[call_id] == last.seq, "without gaps"
            number = last.ani if last.direction == "inbound" else last.dnis
            assert call.customer_id == callers.get(number)
            assert call.number == number
