"""The PBX fixes no order between kinds of messages: any order that it may choose ends the same."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from contracts.cti import CallCleared
from deploy.local.pbx import Told
from tests.support.pbx import CALLS, a_machine, captured, fields_of, hear, shown, story

WINDOW = timedelta(milliseconds=5)
FREE = frozenset({"AgentComplete", "Cdr", "DeviceStateChange", "QueueMemberStatus"})
ROUNDS = 12


def about(fields: dict[str, str]) -> set[str]:
    """Return the channels that an event is about; events of one channel keep their order."""
    kind = fields["Event"]
    if kind in FREE:
        return set()
    own = {fields.get("Uniqueid", "")}
    if kind == "Newchannel":  # nothing of a call comes before its first channel
        return own | {fields.get("Linkedid", "")}
    return own - {""}


def bound(fields: dict[str, str]) -> set[str]:
    """Return the channels that must be there: neither not yet begun, nor hung up."""
    if fields["Event"] in FREE:
        return set()
    return {value for key, value in fields.items() if key.endswith("Uniqueid")} - {""}


def may_swap(first: dict[str, str], second: dict[str, str]) -> bool:
    if about(first) & about(second):
        return False
    for one, other in ((first, second), (second, first)):
        if one["Event"] in {"Newchannel", "Hangup"} and one.get("Uniqueid") in bound(other):
            return False
    return True


def shuffled(told: Sequence[Told], chance: random.Random) -> list[Told]:
    """Swap neighbours at random, as far as the PBX itself could have told them so."""
    found = list(told)
    fields = [fields_of(one) for one in found]
    for _ in range(len(found) * 8):
        at = chance.randrange(len(found) - 1)
        near = abs(found[at + 1].at - found[at].at) <= WINDOW
        if near and may_swap(fields[at], fields[at + 1]):
            found[at], found[at + 1] = found[at + 1], found[at]
            fields[at], fields[at + 1] = fields[at + 1], fields[at]
    return found


def ends(told: list[Any]) -> dict[str, dict[str, Any]]:
    return {
        one.linkedid + str(one.started_at): shown(one)
        for one in told
        if isinstance(one, CallCleared)
    }


def same(one: Any, other: Any) -> bool:
    """Compare two endings: times and spans may differ by what the shuffle moved."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(
            key == "seq" or same(one[key], other[key]) for key in one
        )
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) <= 2 * WINDOW.total_seconds()
    if isinstance(one, str) and isinstance(other, str) and one.endswith("Z"):
        return abs(datetime.fromisoformat(one) - datetime.fromisoformat(other)) <= 2 * WINDOW
    return bool(one == other)


def by_leg(end: dict[str, Any]) -> dict[str, Any]:
    return end | {"legs": sorted(end["legs"], key=lambda leg: str(leg["leg_id"]))}


@pytest.mark.parametrize("name", CALLS)
def test_ends_the_same_in_any_order(name: str) -> None:
    told, expected = captured(name), ends(story(name))
    chance = random.Random(name)  # noqa: S311 - the same order each time
    orders = set()

    for _ in range(ROUNDS):
        events = shuffled(told, chance)
        orders.add(tuple(map(id, events)))
        machine = a_machine()
        hear(machine, events)
        for call in list(machine.calls.values()):
            machine.close(call, machine.now(), "pbx_restart")
        found = ends([one for one, _ in machine.told])

        assert found.keys() == expected.keys()
        for key, end in found.items():
            assert same(by_leg(end), by_leg(expected[key])), (end, expected[key])
    assert len(orders) > 1  # it did change the order
