"""A bridge that logs in again while a call goes on: it hears events before it knows what it missed."""

from collections import Counter

import pytest

from contracts.cti import CallCleared
from deploy.local.pbx import Told
from deploy.local.pbx.session import written
from deploy.local.pbx.state import State
from services.telephony.bridge.calls import Basis
from services.telephony.bridge.client import Client, Limits
from services.telephony.bridge.config import Address
from services.telephony.bridge.inbox import Inbox
from services.telephony.bridge.machine import Machine
from services.telephony.bridge.session import Session
from tests.support.pbx import BOOT, CALLS, a_machine, captured, golden, hear, restarted, state_after

PLAYED = {"01", "03", "05", "08"}
GAPS = (2, 8)  # events that nobody hears
LATE = (1, 3, 6)  # events that are told before the first answer, and before each other one


class Wire(Client):
    """What a session asks, kept here until the exchange gets round to answering."""

    def __init__(self) -> None:
        super().__init__(Address("127.0.0.1", 1, "bridge", "s"), Limits(), Inbox(10))
        self.asked: list[str] = []

    def ask(self, name: str, **fields: str) -> str:
        self.asked.append(name)
        return name

    def answers(self, state: State) -> list[bytes]:
        """Answer everything that was asked, as things stand."""
        asked, self.asked = self.asked, []
        return [_block({"ActionID": name} | line) for name in asked for line in _lines(name, state)]


def _lines(name: str, state: State) -> list[dict[str, str]]:
    day, _, clock = BOOT.partition("T")
    success = {"Response": "Success"}
    ends = {"Event": f"{name}Complete"}
    match name:
        case "CoreSettings":
            return [success | {"SystemName": "pbx1"}]
        case "CoreStatus":
            return [success | {"CoreStartupDate": day, "CoreStartupTime": clock}]
        case "QueueStatus":
            return [success, *state.queues(), ends]
        case "CoreShowChannels":
            return [success, *state.channels(), ends]
    return [success]


def _block(fields: dict[str, str]) -> bytes:
    return written(fields).removesuffix(b"\r\n\r\n")


def arrive(machine: Machine, told: tuple[Told, ...], begin: int, late: int) -> None:
    """Log in behind so many events, and hear some of the others before each answer."""
    wire = Wire()
    session = Session(wire, machine, None)
    session.start()
    at = begin
    while not session.listening:
        until = min(at + late, len(told))
        for one in told[at:until]:
            session.hear(one.data.removesuffix(b"\r\n\r\n"))
        at = until
        for block in wire.answers(state_after(told[:at])):
            session.hear(block)
    for one in told[at:]:
        session.hear(one.data.removesuffix(b"\r\n\r\n"))


@pytest.mark.parametrize("gap", GAPS)
@pytest.mark.parametrize("late", LATE)
@pytest.mark.parametrize("name", [one for one in CALLS if one[:2] in PLAYED])
def test_ends_a_call_once_and_says_where_it_guesses(name: str, late: int, gap: int) -> None:
    told = captured(name)
    truth = {one["linkedid"]: one for one in golden(name) if one["state"] == "cleared"}
    for index in range(len(told) - gap):
        heard = a_machine()
        hear(heard, told[:index])
        machine = restarted(heard)
        arrive(machine, told, index + gap, late)

        ends = [one for one, _ in machine.told if isinstance(one, CallCleared)]
        assert machine.calls == {}, index
        assert set(Counter(one.linkedid for one in ends).values()) <= {1}, index
        for one in ends:
            known = truth[one.linkedid]
            assert (one.direction, one.ani) == (known["direction"], known.get("ani")), index
            assert one.outcome == known["outcome"] or one.basis != Basis.LIVE, index
