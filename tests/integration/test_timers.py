"""Durable timers on both databases: each fires once, in order, and never gets lost."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from chassis.clock import Clock
from chassis.errors import Conflict, StaleVersion, Unavailable
from chassis.origin import internal
from chassis.tables import TIMERS
from chassis.timers import MAX_ATTEMPTS, fire_due, retry
from tests.support.journeys import names, ring, runtime_of
from tests.support.things import Thing

START = datetime(2014, 1, 3, 9, 0, tzinfo=UTC)


@pytest.fixture
def clock(tmp_path):
    file = tmp_path / "clock.json"
    Clock.travel(file, START)
    return file


@pytest.fixture
def runtime(database_url, tmp_path, clock):
    runtime = runtime_of(database_url, tmp_path, clock=clock)
    runtime.timers["test.ring"] = ring
    yield runtime
    runtime.database.close()


def set_timer(runtime, key, hours, kind="test.ring", data=None):
    with runtime.working(internal("sales", "test")) as work:
        work.at(START + timedelta(hours=hours), kind, key, data or {})


def travel(runtime, clock, **span):
    Clock.travel(clock, START + timedelta(**span))
    runtime.clock = Clock(clock)  # at once, not within the 50 ms that a reading is kept


def stored(runtime):
    with runtime.database.reading() as session:
        return session.execute(select(TIMERS).order_by(TIMERS.c.key)).all()


def make_due_again(runtime):
    with runtime.database.begin() as session:
        session.execute(update(TIMERS).values(next_try=0.0))


class TestFireDue:
    def test_leaves_what_is_not_due(self, runtime):
        set_timer(runtime, "later", hours=1)

        assert fire_due(runtime) == 0

        assert [row.key for row in stored(runtime)] == ["later"]

    def test_fires_everything_in_order_after_a_jump_of_years(self, runtime, clock):
        fired = []
        runtime.timers["test.note"] = lambda work, *, key, data: fired.append((key, data["n"]))
        for hours in (30_000, 2, 700, 1):
            set_timer(runtime, f"h{hours}", hours, kind="test.note", data={"n": hours})

        travel(runtime, clock, days=1500)
        tried = fire_due(runtime)

        assert tried == 4
        assert fired == [("h1", 1), ("h2", 2), ("h700", 700), ("h30000", 30_000)]
        assert stored(runtime) == []

    def test_fires_what_a_timer_sets_for_the_past_in_its_place(self, runtime, clock):
        fired = []

        def monthly(work, *, key, data):
            fired.append(key)
            if key == "first":
                work.at(START + timedelta(hours=2), "test.note", "between", {})

        runtime.timers["test.note"] = monthly
        set_timer(runtime, "first", 1, kind="test.note")
        set_timer(runtime, "last", 3, kind="test.note")

        travel(runtime, clock, days=1)
        fire_due(runtime)

        assert fired == ["first", "between", "last"]

    def test_lets_a_timer_set_itself_again(self, runtime, clock):
        def again(work, *, key, data):
            work.at(work.now + timedelta(days=1), "test.note", key, {"n": data["n"] + 1})

        runtime.timers["test.note"] = again
        set_timer(runtime, "daily", 1, kind="test.note", data={"n": 1})

        travel(runtime, clock, hours=2)
        fire_due(runtime)

        assert [(row.key, row.data) for row in stored(runtime)] == [("daily", '{"n":2}')]

    def test_tries_again_what_failed_and_keeps_the_reason(self, runtime, clock):
        def waits(work, *, key, data):
            work.add(Thing(name="half done"))
            raise Unavailable("The neighbour is away.", code="test.away")

        runtime.timers["test.ring"] = waits
        set_timer(runtime, "k", 1)
        travel(runtime, clock, hours=2)

        assert fire_due(runtime) == 1
        assert fire_due(runtime) == 0, "not before its backoff has passed"

        (row,) = stored(runtime)
        assert (row.attempts, row.reason) == (1, "test.away: The neighbour is away.")
        assert names(runtime) == []
        runtime.timers["test.ring"] = ring
        make_due_again(runtime)
        assert fire_due(runtime) == 1
        assert names(runtime) == ["k rang"]

    def test_keeps_a_bug_as_stuck_after_the_last_attempt(self, runtime, clock):
        def broken(work, *, key, data):
            raise KeyError("a.person@example.com")

        runtime.timers["test.ring"] = broken
        set_timer(runtime, "k", 1)
        travel(runtime, clock, hours=2)

        for _ in range(MAX_ATTEMPTS + 3):
            fire_due(runtime)
            make_due_again(runtime)

        (row,) = stored(runtime)
        assert (row.attempts, row.reason) == (MAX_ATTEMPTS, "bug: KeyError")

    def test_rings_again_after_somebody_was_faster_to_take_a_key(self, runtime, clock):
        wanted = ["taken", "free"]
        with runtime.working(internal("sales", "test")) as work:
            work.add(Thing(name="taken"))
        runtime.timers["test.ring"] = lambda work, **_: work.add(Thing(name=wanted.pop(0)))
        set_timer(runtime, "raced", hours=1)
        travel(runtime, clock, hours=2)
        fire_due(runtime)
        make_due_again(runtime)

        fire_due(runtime)

        assert (names(runtime), stored(runtime)) == (["free", "taken"], [])

    def test_sticks_at_once_when_refused_and_goes_on_when_told_to(self, runtime, clock):
        def refuses(work, *, key, data):
            raise Conflict("The lead is closed.", code="sales.lead.closed")

        runtime.timers["test.ring"] = refuses
        set_timer(runtime, "k", 1)
        travel(runtime, clock, hours=2)
        fire_due(runtime)
        make_due_again(runtime)
        assert fire_due(runtime) == 0
        (row,) = stored(runtime)
        assert row.attempts == MAX_ATTEMPTS

        runtime.timers["test.ring"] = ring
        assert retry(runtime, row.id)
        fire_due(runtime)

        assert names(runtime) == ["k rang"]

    def test_does_not_stick_because_somebody_else_was_faster(self, runtime, clock):
        def stale(work, *, key, data):
            raise StaleVersion("It was changed by somebody else.")

        runtime.timers["test.ring"] = stale
        set_timer(runtime, "k", 1)
        travel(runtime, clock, hours=2)

        fire_due(runtime)

        assert [row.attempts for row in stored(runtime)] == [1]

    def test_leaves_a_kind_that_only_a_newer_version_knows(self, runtime, clock):
        set_timer(runtime, "k", 1, kind="test.future")
        travel(runtime, clock, hours=2)

        assert fire_due(runtime) == 0

        assert [row.kind for row in stored(runtime)] == ["test.future"]


def test_two_replicas_fire_each_timer_once(postgresql_url, tmp_path, clock):
    replicas = [runtime_of(postgresql_url, tmp_path, clock=clock) for _ in range(2)]
    for runtime in replicas:
        runtime.timers["test.ring"] = ring
    with replicas[0].working(internal("sales", "test")) as work:
        for number in range(100):
            work.at(START + timedelta(minutes=number), "test.ring", f"k{number:03}", {})
    for runtime in replicas:
        travel(runtime, clock, days=1)

    threads = [threading.Thread(target=fire_due, args=(runtime,)) for runtime in replicas]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    # A second firing would have been refused by the unique name and be stuck here.
    assert stored(replicas[0]) == []
    assert names(replicas[0]) == [f"k{number:03} rang" for number in range(100)]
    for runtime in replicas:
        runtime.database.close()


def test_two_that_set_the_same_timer_are_both_let(postgresql_url, tmp_path, clock):
    """Deleting and inserting would refuse the second: it does not see what the first inserts."""
    runtime = runtime_of(postgresql_url, tmp_path, clock=clock)
    set_timer(runtime, "chase", hours=1)
    together, refused = threading.Barrier(2), []

    def again(hours):
        try:
            with runtime.working(internal("sales", "test")) as work:
                together.wait(60)
                work.at(START + timedelta(hours=hours), "test.ring", "chase", {})
        except Conflict as conflict:
            refused.append(conflict)

    for round_ in range(10):
        both = [threading.Thread(target=again, args=(round_ + n,)) for n in (2, 3)]
        for one in both:
            one.start()
        for one in both:
            one.join(60)

    assert refused == []
    assert [row.key for row in stored(runtime)] == ["chase"]
    runtime.database.close()
