"""What is told of each captured call, event by event, and what holds of all of them."""

from collections import defaultdict

import orjson
import pytest

from chassis.envelope import encode
from contracts import base as contracts
from contracts.cti import CallCleared, CallEstablished, CallOffered, CallTold
from tests.support.pbx import (
    CALLS,
    CAPTURES,
    a_machine,
    captured,
    golden,
    hear,
    shown,
    story,
)


def by_call(told: list[CallTold]) -> dict[str, list[CallTold]]:
    found: dict[str, list[CallTold]] = defaultdict(list)
    for one in told:
        found[one.call_id].append(one)
    return found


@pytest.mark.parametrize("name", CAPTURES)
def test_tells_exactly_the_golden_list(name: str) -> None:
    assert [shown(one) for one in story(name)] == golden(name)


@pytest.mark.parametrize("name", CALLS)
class TestEveryCall:
    def test_is_told_without_gaps_from_one(self, name: str) -> None:
        for told in by_call(story(name)).values():
            assert [one.seq for one in told] == list(range(1, len(told) + 1))

    def test_begins_once_and_is_cleared_once_at_the_end(self, name: str) -> None:
        for told in by_call(story(name)).values():
            assert [type(one) for one in told].count(CallOffered) == 1
            assert [type(one) for one in told].count(CallCleared) == 1
            assert isinstance(told[0], CallOffered)
            assert isinstance(told[-1], CallCleared)

    def test_never_goes_back_in_time(self, name: str) -> None:
        for told in by_call(story(name)).values():
            instants = [one.at for one in told]
            assert instants == sorted(instants)
            last = told[-1]
            order = [last.started_at, last.queued_at, last.established_at, last.ended_at]
            known = [one for one in order if one is not None]
            assert known == sorted(known)

    def test_ends_with_an_outcome_that_fits_its_times(self, name: str) -> None:
        for told in by_call(story(name)).values():
            last = told[-1]
            talked = any(isinstance(one, CallEstablished) for one in told)
            assert (last.state, last.outcome is not None) == ("cleared", True)
            assert talked == (last.established_at is not None)
            assert not talked or last.outcome == "answered"
            assert all(leg.ended_at is not None for leg in last.legs)
            assert last.ended_at is not None
            spent = (last.wait_seconds or 0) + (last.talk_seconds or 0) + (last.hold_seconds or 0)
            assert spent <= (last.ended_at - last.started_at).total_seconds() + 0.001

    def test_is_read_by_the_contract(self, name: str) -> None:
        for one in story(name):
            body = orjson.loads(encode(contracts.body(one)))

            assert contracts.read(type(one), body) == one

    def test_leaves_nothing_in_memory(self, name: str) -> None:
        machine = a_machine()

        hear(machine, captured(name))

        expected = 1 if name.startswith("28") else 0
        assert len(machine.calls) == expected
        assert len(machine._by_channel) == 2 * expected


def test_a_machine_hears_all_captures_one_after_the_other() -> None:
    machine = a_machine()

    for name in CAPTURES:
        hear(machine, captured(name))

    expected = sum(len(golden(name)) for name in CAPTURES) - 1  # the end that the restart brings
    assert len(machine.told) == expected
    assert len({id_ for _, id_ in machine.told}) == expected
