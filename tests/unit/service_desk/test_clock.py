"""The SLA clock, worked out from its log alone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.service_desk.domain.calendars import ALWAYS, DAYS, ServiceCalendar, read_week
from services.service_desk.domain.clock import (
    Entry,
    Tick,
    Turn,
    due,
    elapsed,
    elapsed_by_turns,
    is_running,
    remaining,
    since,
)
from services.service_desk.domain.milestones import deadlines
from tests.unit.service_desk.test_calendars import instants, some_calendars

HOUR = timedelta(hours=1)
OFFICE = ServiceCalendar(
    ZoneInfo("Europe/Berlin"),
    read_week({day: [["09:00", "12:00"], ["13:00", "18:00"]] for day in DAYS[:5]}),
)
STAY = ServiceCalendar(ZoneInfo("UTC"), ALWAYS)


def wed(hour, minute=0, day=7):
    """Return an instant of a week in June 2017 by Berlin's wall; the 7th is a Wednesday."""
    return datetime(2017, 6, day, hour, minute, tzinfo=OFFICE.zone).astimezone(UTC)


def log(*entries):
    return [Entry(at, tick) for at, tick in entries]


@st.composite
def logs(draw):
    """A clock that starts and then is paused and resumed some times."""
    start = draw(instants)
    gaps = draw(st.lists(st.timedeltas(timedelta(), timedelta(days=6)), max_size=6))
    entries, at = [Entry(start, Tick.START)], start
    for number, gap in enumerate(gaps):
        at += gap
        entries.append(Entry(at, Tick.RESUME if number % 2 else Tick.PAUSE))
    return entries


class TestTheClock:
    def test_runs_from_its_start(self):
        running = log((wed(11), Tick.START))

        assert elapsed(running, OFFICE, wed(14)) == 2 * HOUR
        assert remaining(running, OFFICE, 5 * HOUR, wed(14)) == 3 * HOUR
        assert due(running, OFFICE, 5 * HOUR) == wed(17)

    def test_counts_each_stretch_by_the_calendar_whose_turn_it_was(self):
        running = log((wed(9), Tick.START), (wed(17), Tick.PAUSE), (wed(19), Tick.RESUME))
        turns = [Turn(wed(9), OFFICE), Turn(wed(20), STAY), Turn(wed(22), OFFICE)]

        # 9 to 17 without noon, then 20 to 22 round the clock, then an hour of Thursday.
        assert elapsed_by_turns(running, turns, wed(10, day=8)) == (7 + 2 + 1) * HOUR

    @given(logs(), instants)
    def test_one_calendar_that_takes_turns_with_itself_counts_as_one(self, entries, until):
        start = entries[0].at
        turns = [Turn(start, OFFICE), Turn(start + 30 * HOUR, OFFICE)]
        assume(until >= turns[-1].since)

        assert elapsed_by_turns(entries, turns, until) == elapsed(entries, OFFICE, until)

    def test_stands_while_the_customer_is_waited_for(self):
        waiting = log((wed(11), Tick.START), (wed(14), Tick.PAUSE))
        back = [*waiting, Entry(wed(10, day=8), Tick.RESUME)]

        assert due(waiting, OFFICE, 5 * HOUR) is None
        assert elapsed(waiting, OFFICE, wed(17, day=9)) == 2 * HOUR
        assert due(back, OFFICE, 5 * HOUR) == wed(14, day=8)

    def test_a_pause_in_the_break_or_at_night_costs_nothing(self):
        idle = log(
            (wed(9), Tick.START), (wed(12, 10), Tick.PAUSE), (wed(12, 50), Tick.RESUME),
            (wed(19), Tick.PAUSE), (wed(8, day=8), Tick.RESUME),
        )  # fmt: skip

        assert due(idle, OFFICE, 10 * HOUR) == due(idle[:1], OFFICE, 10 * HOUR)

    def test_what_was_used_up_before_a_pause_stays_due_then(self):
        late = log((wed(9), Tick.START), (wed(15), Tick.PAUSE))

        assert due(late, OFFICE, 2 * HOUR) == wed(11)
        assert remaining(late, OFFICE, 2 * HOUR, wed(16)) == -3 * HOUR

    def test_stops_for_good(self):
        over = log((wed(9), Tick.START), (wed(10), Tick.STOP))

        assert elapsed(over, OFFICE, wed(18)) == HOUR
        assert due(over, OFFICE, 2 * HOUR) is None
        assert not is_running(over)

    def test_goes_on_after_it_was_stopped_without_the_time_between(self):
        again = log(
            (wed(9), Tick.START), (wed(10), Tick.STOP), (wed(9, day=9), Tick.START),
        )  # fmt: skip

        assert elapsed(again, OFFICE, wed(11, day=9)) == 3 * HOUR

    @pytest.mark.parametrize(
        "ticks",
        [
            [Tick.PAUSE], [Tick.START, Tick.START], [Tick.START, Tick.RESUME],
            [Tick.START, Tick.PAUSE, Tick.PAUSE], [Tick.START, Tick.STOP, Tick.RESUME],
        ],
    )  # fmt: skip
    def test_refuses_a_log_that_does_not_hang_together(self, ticks):
        with pytest.raises(ValueError, match="does not follow"):
            elapsed(log(*((wed(9), tick) for tick in ticks)), OFFICE, wed(10))


class TestAPromiseMadeLater:
    def test_counts_nothing_before(self):
        running = log((wed(9), Tick.START), (wed(10), Tick.PAUSE), (wed(11), Tick.RESUME))

        assert elapsed(since(running, wed(14)), OFFICE, wed(16)) == 2 * HOUR
        assert elapsed(since(running, wed(9)), OFFICE, wed(16)) == 5 * HOUR

    def test_stands_from_the_beginning_if_the_clock_does(self):
        waiting = log((wed(9), Tick.START), (wed(10), Tick.PAUSE))
        promised = since(waiting, wed(11))

        assert due(promised, OFFICE, HOUR) is None
        assert due([*promised, Entry(wed(14), Tick.RESUME)], OFFICE, HOUR) == wed(15)

    def test_begins_with_the_next_start_if_the_clock_was_stopped(self):
        stopped = log((wed(9), Tick.START), (wed(10), Tick.STOP), (wed(14), Tick.START))

        assert elapsed(since(stopped, wed(11)), OFFICE, wed(15)) == HOUR


class TestDeadlines:
    def test_warns_at_a_share_of_the_target(self):
        found = deadlines(log((wed(9), Tick.START)), OFFICE, 4 * 3600, 75)

        assert (found.warn_at, found.due) == (wed(12), wed(14))


class TestLaws:
    """Pain point 6: a hold is counted once, in and out of hours, however often it is replayed."""

    @given(some_calendars, logs(), st.timedeltas(timedelta(seconds=1), timedelta(hours=60)))
    def test_at_its_due_instant_a_target_is_just_used_up(self, calendar, entries, target):
        found = due(entries, calendar, target)
        assume(found is not None)

        assert elapsed(entries, calendar, found) == target
        assert remaining(entries, calendar, target, found) == timedelta()
        assert elapsed(entries, calendar, found - timedelta(microseconds=1)) < target

    @given(some_calendars, logs(), st.timedeltas(timedelta(seconds=1), timedelta(hours=60)))
    def test_no_deadline_runs_exactly_while_the_clock_stands_with_some_left(
        self, calendar, entries, target
    ):
        used = elapsed(entries, calendar, entries[-1].at)

        assert (due(entries, calendar, target) is None) == (
            not is_running(entries) and used < target
        )

    @given(logs(), st.timedeltas(timedelta(), timedelta(days=9)))
    def test_round_the_clock_a_pause_moves_a_deadline_by_its_length(self, entries, pause):
        assume(is_running(entries))
        last, target = entries[-1].at, timedelta(days=100)
        paused = [*entries, Entry(last, Tick.PAUSE), Entry(last + pause, Tick.RESUME)]

        before, now = due(entries, STAY, target), due(paused, STAY, target)

        assert now - before == pause

    @given(some_calendars, logs(), st.data())
    def test_time_adds_up_wherever_a_promise_begins(self, calendar, entries, data):
        end = entries[-1].at + timedelta(days=5)
        middle = data.draw(st.datetimes(
            entries[0].at.replace(tzinfo=None), end.replace(tzinfo=None), timezones=st.just(UTC),
        ))  # fmt: skip

        whole = elapsed(entries, calendar, end)

        assert whole == elapsed(entries, calendar, middle) + elapsed(
            since(entries, middle), calendar, end
        )
