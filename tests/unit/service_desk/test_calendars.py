"""Service time: windows, holidays, zones and the two days of the year that are not 24 hours long."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.service_desk.domain import calendars
from services.service_desk.domain.calendars import (
    ALWAYS,
    CalendarNotValid,
    NoServiceTime,
    ServiceCalendar,
    Window,
    after,
    between,
    read_week,
    read_zone,
)

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
SPLIT = read_week({day: [["09:00", "12:00"], ["13:00", "18:00"]] for day in calendars.DAYS[:5]})
NIGHTS = read_week({day: [["00:00", "03:00"], ["22:00", "24:00"]] for day in calendars.DAYS})
SUNDAY = read_week({"sun": [["01:00", "09:00"]]})
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)

instants = st.datetimes(
    datetime(2016, 1, 1), datetime(2019, 1, 1), timezones=st.just(UTC)  # noqa: DTZ001  # the strategy adds the zone
)  # fmt: skip
spans = st.timedeltas(timedelta(), timedelta(days=40))
days = st.dates(date(2016, 1, 1), date(2019, 3, 1))


@st.composite
def weeks(draw):
    """Any week with at least a day's service, in windows that may meet."""
    found = []
    for _ in range(7):
        cuts = sorted(draw(st.sets(st.integers(0, 1440), max_size=6)))
        cuts = cuts[: len(cuts) // 2 * 2]
        found.append(tuple(Window(a, b) for a, b in zip(cuts[::2], cuts[1::2], strict=True)))
    sure = draw(st.integers(0, 6))
    found[sure] = (Window(480, 960),)
    return tuple(found)


zones = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Shanghai"])
some_calendars = st.builds(
    ServiceCalendar,
    zone=st.builds(ZoneInfo, zones),
    week=weeks(),
    holidays=st.frozensets(days, max_size=20),
)


def at(zone, *parts, fold=0):
    """Return an instant by a wall clock."""
    return datetime(*parts, tzinfo=zone, fold=fold).astimezone(UTC)


class TestWindows:
    """Pain point 7: a lunch break, a night shift, a week-end."""

    office = ServiceCalendar(BERLIN, SPLIT)

    @pytest.mark.parametrize(
        ("start", "end", "hours"),
        [
            ((2017, 6, 7, 8), (2017, 6, 7, 9, 30), 0.5),  # before it opens
            ((2017, 6, 7, 11), (2017, 6, 7, 14), 2),  # over the break
            ((2017, 6, 7, 12, 15), (2017, 6, 7, 12, 45), 0),  # within the break
            ((2017, 6, 7, 17), (2017, 6, 8, 10), 2),  # over night
            ((2017, 6, 9, 17), (2017, 6, 12, 10), 2),  # over the week-end
            ((2017, 6, 5), (2017, 6, 12), 40),  # a week
            ((2017, 6, 8), (2017, 6, 7), 0),  # backwards
        ],
    )
    def test_counts_what_lies_within_them(self, start, end, hours):
        assert between(self.office, at(BERLIN, *start), at(BERLIN, *end)) == hours * HOUR

    @pytest.mark.parametrize(
        ("start", "hours", "due"),
        [
            ((2017, 6, 7, 9), 3, (2017, 6, 7, 12)),  # as the window closes, not as the next opens
            ((2017, 6, 7, 11), 2, (2017, 6, 7, 14)),
            ((2017, 6, 9, 17), 2, (2017, 6, 12, 10)),
            ((2017, 6, 10, 3), 0.5, (2017, 6, 12, 9, 30)),
            ((2017, 6, 10, 3), 0, (2017, 6, 10, 3)),
        ],
    )
    def test_finds_the_first_instant_at_which_so_much_has_passed(self, start, hours, due):
        assert after(self.office, at(BERLIN, *start), hours * HOUR) == at(BERLIN, *due)

    def test_night_service_meets_at_midnight(self):
        nights = ServiceCalendar(BERLIN, NIGHTS)

        assert between(nights, at(BERLIN, 2017, 6, 7, 21), at(BERLIN, 2017, 6, 8, 4)) == 5 * HOUR
        assert after(nights, at(BERLIN, 2017, 6, 7, 23), 2 * HOUR) == at(BERLIN, 2017, 6, 8, 1)

    def test_a_holiday_is_a_day_on_the_wall_of_the_zone(self):
        closed = replace(self.office, holidays=frozenset({date(2017, 6, 8)}))

        found = after(closed, at(BERLIN, 2017, 6, 7, 17), 2 * HOUR)

        assert found == at(BERLIN, 2017, 6, 9, 10)

    def test_a_zone_decides_what_nine_o_clock_is(self):
        shanghai = ServiceCalendar(ZoneInfo("Asia/Shanghai"), SPLIT)

        found = after(shanghai, datetime(2017, 6, 7, tzinfo=UTC), 2 * HOUR)

        assert found == datetime(2017, 6, 7, 3, tzinfo=UTC)  # 11:00 there; it opened at 9:00

    def test_round_the_clock_is_time_itself(self):
        always = ServiceCalendar(BERLIN, ALWAYS)
        start = at(BERLIN, 2017, 3, 20, 11, 7)

        assert between(always, start, start + timedelta(days=300)) == timedelta(days=300)
        assert after(always, start, 1000 * HOUR) == start + 1000 * HOUR

    def test_does_not_look_for_ever(self):
        all_ = frozenset(date(2017, 1, 1) + timedelta(days=day) for day in range(32 * 366))
        never = replace(self.office, holidays=all_)

        with pytest.raises(NoServiceTime):
            after(never, at(BERLIN, 2017, 6, 7), HOUR)

    def test_a_week_without_windows_has_no_service_time(self):
        never = replace(self.office, week=((),) * 7)
        start = at(BERLIN, 2017, 6, 7)

        assert between(never, start, start + 1000 * HOUR) == timedelta()
        with pytest.raises(NoServiceTime):
            after(never, start, HOUR)


class TestSummerTime:
    """By hand: Berlin leaves out 2:00 to 3:00 on 26 March 2017 and has it twice on 29 October."""

    @pytest.mark.parametrize(
        ("zone", "day", "hours"),
        [
            (BERLIN, (2017, 3, 26), 23),
            (BERLIN, (2017, 10, 29), 25),
            (BERLIN, (2017, 6, 7), 24),
            (NEW_YORK, (2017, 3, 12), 23),
            (NEW_YORK, (2017, 11, 5), 25),
        ],
    )
    def test_a_day_has_the_hours_it_has(self, zone, day, hours):
        start = at(zone, *day)
        end = at(zone, *(date(*day) + timedelta(days=1)).timetuple()[:3])

        assert between(ServiceCalendar(zone, ALWAYS), start, end) == hours * HOUR

    @pytest.mark.parametrize(
        ("zone", "day", "hours"),
        [
            (BERLIN, (2017, 3, 26), 7),  # 1 to 9 with the hour from 2 to 3 missing
            (BERLIN, (2017, 10, 29), 9),
            (NEW_YORK, (2017, 3, 12), 7),
            (NEW_YORK, (2017, 11, 5), 9),
        ],
    )
    def test_a_window_over_the_change_is_as_long_as_people_are_there(self, zone, day, hours):
        calendar = ServiceCalendar(zone, SUNDAY)

        found = between(calendar, at(zone, *day), at(zone, *day, 12))

        assert found == hours * HOUR

    @pytest.mark.parametrize(
        ("zone", "start", "hours", "due"),
        [
            # 23:00 before the change, then 4 real hours: the wall says 4:00, not 3:00.
            (BERLIN, (2017, 3, 25, 23), 4, datetime(2017, 3, 26, 2, tzinfo=UTC)),
            (BERLIN, (2017, 10, 28, 23), 4, datetime(2017, 10, 29, 1, tzinfo=UTC)),
            (NEW_YORK, (2017, 3, 11, 23), 4, datetime(2017, 3, 12, 8, tzinfo=UTC)),
            (NEW_YORK, (2017, 11, 4, 23), 4, datetime(2017, 11, 5, 7, tzinfo=UTC)),
        ],
    )
    def test_a_deadline_over_the_change(self, zone, start, hours, due):
        assert after(ServiceCalendar(zone, ALWAYS), at(zone, *start), hours * HOUR) == due

    def test_instants_in_the_zone_itself_are_told_apart_from_its_wall(self):
        start = datetime(2017, 10, 29, 1, tzinfo=BERLIN)
        end = datetime(2017, 10, 29, 4, tzinfo=BERLIN)

        assert between(ServiceCalendar(BERLIN, ALWAYS), start, end) == 4 * HOUR
        assert after(ServiceCalendar(BERLIN, ALWAYS), start, 4 * HOUR) == end.astimezone(UTC)

    def test_office_hours_keep_their_wall_clock(self):
        office = ServiceCalendar(NEW_YORK, SPLIT)

        before = after(office, at(NEW_YORK, 2017, 3, 10, 17), 2 * HOUR)
        later = after(office, at(NEW_YORK, 2017, 11, 3, 17), 2 * HOUR)

        assert before == datetime(2017, 3, 13, 14, tzinfo=UTC)  # Monday 10:00 in summer time
        assert later == datetime(2017, 11, 6, 15, tzinfo=UTC)  # Monday 10:00 in winter time

    def test_a_time_that_spring_leaves_out_is_the_instant_of_the_change(self):
        gap = ServiceCalendar(BERLIN, read_week({"sun": [["02:30", "12:30"]]}))

        found = between(gap, at(BERLIN, 2017, 3, 26), at(BERLIN, 2017, 3, 26, 12, 30))

        assert found == 9.5 * HOUR  # from 3:00, which 2:00 became

    def test_a_time_that_autumn_has_twice_is_the_first(self):
        early = ServiceCalendar(
            BERLIN, read_week({"sun": [["00:00", "02:30"], ["02:30", "09:00"]]})
        )
        first = at(BERLIN, 2017, 10, 29, 2, 30)
        opens = at(BERLIN, 2017, 10, 29)

        assert between(early, opens, first) == 2.5 * HOUR
        assert between(early, opens, at(BERLIN, 2017, 10, 29, 12)) == 10 * HOUR

    def test_a_midnight_that_does_not_exist_and_a_day_that_does_not(self):
        brazil, samoa = ZoneInfo("America/Sao_Paulo"), ZoneInfo("Pacific/Apia")

        springing = between(
            ServiceCalendar(brazil, ALWAYS), at(brazil, 2017, 10, 14), at(brazil, 2017, 10, 16)
        )
        skipping = between(
            ServiceCalendar(samoa, ALWAYS), at(samoa, 2011, 12, 29), at(samoa, 2011, 12, 31)
        )

        assert (springing, skipping) == (47 * HOUR, 24 * HOUR)


class TestLaws:
    """Pain point 6: whatever the calendar, time adds up."""

    @given(some_calendars, instants, spans, spans)
    def test_splitting_a_stretch_adds_up(self, calendar, start, first, second):
        middle, end = start + first, start + first + second

        parts = between(calendar, start, middle) + between(calendar, middle, end)

        assert parts == between(calendar, start, end)

    @given(some_calendars, instants, st.timedeltas(MINUTE, timedelta(hours=90)))
    def test_a_deadline_is_where_its_time_has_just_passed(self, calendar, start, needed):
        due = after(calendar, start, needed)

        assert between(calendar, start, due) == needed
        assert between(calendar, start, due - timedelta(microseconds=1)) < needed

    @given(some_calendars, instants, spans)
    def test_looking_back_from_a_deadline_never_overshoots(self, calendar, start, span):
        end = start + span

        due = after(calendar, start, between(calendar, start, end))

        assert due <= end
        assert between(calendar, due, end) == timedelta()

    @given(some_calendars, days, instants, st.timedeltas(MINUTE, timedelta(hours=90)))
    def test_a_holiday_never_brings_a_deadline_nearer(self, calendar, day, start, needed):
        more = replace(calendar, holidays=calendar.holidays | {day})

        assert after(more, start, needed) >= after(calendar, start, needed)
        end = start + needed
        assert between(more, start, end) <= between(calendar, start, end)

    @given(some_calendars, instants, spans)
    def test_service_time_is_never_longer_than_time(self, calendar, start, span):
        assert timedelta() <= between(calendar, start, start + span) <= span


class TestReading:
    @pytest.mark.parametrize(
        "week",
        [
            {"monday": [["09:00", "17:00"]]},
            {"mon": [["09:00", "17:00"], ["16:00", "18:00"]]},
            {"mon": [["17:00", "09:00"]]},
            {"mon": [["09:00", "09:00"]]},
            {"mon": [["9:00", "17:00"]]},
            {"mon": [["T0930", "23:00"]]},
            {"mon": [["09:00", "24:30"]]},
            {"mon": [["09:00", "25:00"]]},
            {"mon": [["09:00+01", "17:00"]]},
            {"mon": [["09:00"]]},
            {"mon": [["09:00", "10:00"]]},  # a week with next to no service
            {"mon": [[f"0{hour}:00", f"0{hour}:30"] for hour in range(9)]},
            {},
        ],
    )
    def test_refuses_hours_that_nobody_could_keep(self, week):
        with pytest.raises(CalendarNotValid):
            read_week(week)

    @pytest.mark.parametrize("name", ["Mars/Olympus", "", "../../etc/passwd", "America", "\0"])
    def test_refuses_a_zone_that_nobody_knows(self, name):
        with pytest.raises(CalendarNotValid):
            read_zone(name)
