"""A bridge that is killed, or deaf for a while, anywhere in any call."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from contracts.cti import CallCleared, CallTold
from deploy.local.pbx.state import State
from services.telephony.bridge.calls import Basis
from services.telephony.bridge.snapshot import Snapshot, clear, compare
from tests.support.pbx import (
    CALLS,
    a_machine,
    a_message,
    captured,
    golden,
    hear,
    restarted,
    resynced,
    shown,
    state_after,
)

WHOLE = [one for one in CALLS if not one.startswith("28")]


def endings(told: list[CallTold]) -> list[CallTold]:
    return [one for one in told if isinstance(one, CallCleared)]


def check_sequences(told: list[CallTold]) -> None:
    seen: Counter[str] = Counter()
    for one in told:
        seen[one.call_id] += 1
        assert one.seq == seen[one.call_id]
    assert Counter(one.call_id for one in endings(told)) == dict.fromkeys(seen, 1)


def unflagged(one: dict[str, Any]) -> dict[str, Any]:
    """Take back what flags an ending that was concluded from silence: a gap may be the reason."""
    heard = "established_at" in one or one.get("outcome") in {None, "abandoned"}
    return one if heard else one | {"basis": "live"}


@pytest.mark.parametrize("name", WHOLE)
class TestKilledBetweenTwoEvents:
    def test_tells_the_golden_list_as_if_nothing_had_been(self, name: str) -> None:
        told = captured(name)
        for index in range(len(told) + 1):
            machine = a_machine()
            hear(machine, told[:index])
            after = restarted(machine)
            closed = resynced(after, state_after(told[:index]))
            hear(after, told[index:])

            both = [unflagged(shown(one)) for one, _ in (*machine.told, *after.told)]
            assert (both, closed) == (golden(name), 0), index

    def test_gives_the_same_ids_when_it_hears_an_event_again(self, name: str) -> None:
        told = captured(name)
        middle = len(told) // 2
        machine, again = a_machine(), a_machine()
        hear(machine, told[:middle])
        hear(again, told[:middle])
        hear(restarted(machine), told[middle:])
        hear(again, told[middle:])

        assert [id_ for _, id_ in machine.told] == [id_ for _, id_ in again.told][
            : len(machine.told)
        ]


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("gap", [1, 6])
def test_deaf_for_a_while_it_ends_every_call_once_and_says_where_it_guesses(
    name: str, gap: int
) -> None:
    told = captured(name)
    expected = {one["call_id"]: one for one in golden(name) if one["state"] == "cleared"}
    for index in range(len(told)):
        machine, end = a_machine(), min(index + gap, len(told))
        hear(machine, told[:index])
        resynced(machine, state_after(told[:end]))
        hear(machine, told[end:])

        assert machine.calls == {}
        check_sequences([one for one, _ in machine.told])
        for one in endings([one for one, _ in machine.told]):
            known = expected.get(one.call_id, {})
            if one.basis == Basis.LIVE or one.established_at is not None:
                outcome = known.get("outcome", "answered")  # opened from the snapshot: another id
                assert one.outcome == outcome, index
            if one.basis == Basis.LIVE:
                assert (one.direction, one.ani) == (known["direction"], known.get("ani")), index


class TestSnapshot:
    @pytest.mark.parametrize("name", ["01", "05", "19", "21"])
    def test_takes_over_a_talking_call_that_it_never_heard_of(self, name: str) -> None:
        told = captured(name)
        up = next(at for at, one in enumerate(told) if one.fields()["Event"] == "BridgeEnter") + 2
        machine = a_machine()

        resynced(machine, state_after(told[:up]))
        hear(machine, told[up:])

        first, last = machine.told[0][0], machine.told[-1][0]
        assert {one.basis for one, _ in machine.told} == {"resync"}
        assert (first.ani, first.direction) == ("+8613800138000", "inbound")
        assert [one.state for one, _ in machine.told[:2]] == ["offered", "connected"]
        assert (last.outcome, last.established_at is not None) == ("answered", True)
        check_sequences([one for one, _ in machine.told])

    @pytest.mark.parametrize("name", ["09", "38"])
    def test_tells_no_place_in_the_dialplan_for_the_number_dialled(self, name: str) -> None:
        told = captured(name)
        machine = a_machine()

        resynced(machine, state_after(told[: len(told) // 2]))
        hear(machine, told[len(told) // 2 :])

        assert {one.basis for one, _ in machine.told} == {"resync"}
        assert {one.dnis for one, _ in machine.told} == {None}

    def test_takes_over_a_waiting_call_with_the_time_it_has_waited(self) -> None:
        told = captured("39")
        middle = next(
            at for at, one in enumerate(told) if one.at - told[0].at > timedelta(seconds=5)
        )
        machine = a_machine()

        resynced(machine, state_after(told[:middle]))
        hear(machine, told[middle:])

        ended = endings([one for one, _ in machine.told])
        assert [one.outcome for one in ended] == ["abandoned", "abandoned"]
        expected = {
            one["linkedid"]: one["wait_seconds"] for one in golden(NAME_39) if "outcome" in one
        }
        for one in ended:
            assert one.wait_seconds == pytest.approx(expected[one.linkedid], abs=3.0)

    def test_a_call_that_is_gone_is_lost_only_when_it_is_gone_twice(self) -> None:
        told = captured("05")
        machine = a_machine()
        hear(machine, told[:-2])

        suspects = compare(machine, Snapshot())
        assert clear(machine, Snapshot(), set()) == 0
        assert (len(suspects), len(machine.calls)) == (1, 1)

        assert clear(machine, Snapshot(), suspects) == 1
        last = machine.told[-1][0]
        assert (last.end_reason, last.basis, last.outcome) == (
            "lost",
            "closed_by_bridge",
            "answered",
        )

    def test_a_hangup_that_the_answer_overtook_ends_the_call_properly(self) -> None:
        told = captured("05")
        machine = a_machine()
        hear(machine, told[:-8])

        suspects = compare(machine, Snapshot())
        hear(machine, told[-8:])
        compare(machine, Snapshot())

        assert clear(machine, Snapshot(), suspects) == 0
        assert shown(machine.told[-1][0]) == golden("05_did_answered")[-1]

    def test_who_waited_in_the_gap_and_went_is_not_called_abandoned(self) -> None:
        told = captured("03")
        machine = a_machine()
        hear(machine, told[:12])

        resynced(machine, State())

        last = machine.told[-1][0]
        assert (last.queued_at is not None, last.outcome, last.end_reason) == (
            True,
            "failed",
            "lost",
        )

    def test_passes_over_lines_without_names(self) -> None:
        machine = a_machine()

        seen = Snapshot()
        seen.take(a_message(Event="CoreShowChannel", Channel="PJSIP/1001-00000001"))
        seen.take(a_message(Event="CoreShowChannel", Uniqueid="1", Duration="soon"))
        seen.take(a_message(Event="QueueEntry", Uniqueid="9", Queue="sales", Wait="long"))

        assert compare(machine, seen) == set()
        assert machine.told == []


NAME_39 = "39_change_priority_of_waiting_caller"
