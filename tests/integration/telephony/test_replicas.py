"""Two processes of telephony on one PostgreSQL: each hears everything, in its own order."""

import random
import threading
from collections import Counter

import pytest

from chassis.errors import Unavailable
from services.telephony.service import Telephony
from services.telephony.tables import Call, Callback, CallEvent
from tests.support.sales import a_room
from tests.support.telephony import abandoned_call, answered_call, go_on, hear

TRIES = 50


@pytest.fixture
def replicas(spare, postgres, tmp_path, accounts, neighbours):
    """Two rooms with one database."""
    url = spare.emptied()
    with a_room(Telephony, url, tmp_path) as one, a_room(Telephony, url, tmp_path) as other:
        for room in (one, other):
            room.runtime.link = neighbours
        accounts.carry_to(one)
        yield one, other


def hear_patiently(room, event):
    """Hear an event as the retry tiers would bring it: again, while somebody else is faster."""
    for _ in range(TRIES):
        try:
            hear(room, event, id_="the-same")
        except Unavailable:
            continue
        return
    raise AssertionError(f"not taken after {TRIES} tries: {event.call_id} {event.seq}")


class Hearer(threading.Thread):
    """One process: hears all events in its own order, and goes on with what it finds to do."""

    def __init__(self, room, events, seed, start):
        super().__init__()
        self.room, self.seed, self.begin = room, seed, start
        self.events = list(events)
        random.Random(seed).shuffle(self.events)  # noqa: S311 - guards no secret
        self.done = False

    def run(self):
        self.begin.wait()
        for number, event in enumerate(self.events):
            hear_patiently(self.room, event)
            if number % 5 == self.seed:
                go_on(self.room)
                self.room.fire()
        self.done = True


def counted(room, type_):
    """Count what was told, by call."""
    return Counter(told["call_id"] for told in room.told(f"telephony.{type_}.v1"))


def test_tell_everything_once(replicas):
    talked = [f"k{number}" for number in range(8)]
    lost = [f"a{number}" for number in range(6)]
    calls = [answered_call(id_) for id_ in talked]
    calls += [abandoned_call(id_, ani="+12025550555") for id_ in lost]
    events = [event for call in calls for event in call]
    start, (one, _) = threading.Barrier(2), replicas
    hearers = [Hearer(room, events, seed, start) for seed, room in enumerate(replicas)]

    for hearer in hearers:
        hearer.start()
    for hearer in hearers:
        hearer.join()
    go_on(one)

    assert [hearer.done for hearer in hearers] == [True, True]
    assert {row.id for row in one.rows(Call)} == {*talked, *lost}
    assert counted(one, "call.started") == Counter([*talked, *lost])
    assert counted(one, "call.ended") == Counter([*talked, *lost])
    assert counted(one, "call.delivered") == Counter(talked)
    assert counted(one, "screen.popped") == Counter(talked)
    assert len(one.rows(CallEvent)) == len(events)
    (owed,) = one.rows(Callback)
    assert owed.attempts == len(lost)
