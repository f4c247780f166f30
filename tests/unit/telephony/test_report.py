"""What a day of calls comes to."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import Invalid
from services.telephony.domain import report
from services.telephony.domain.report import Sums


class TestTotal:
    def test_adds_up_and_keeps_the_longest(self):
        parts = [
            Sums(offered=2, answered=1, longest_wait_ms=900), Sums(offered=3, longest_wait_ms=200),
        ]  # fmt: skip

        assert report.total(parts) == Sums(offered=5, answered=1, longest_wait_ms=900)

    def test_of_nothing_is_nothing(self):
        assert report.total([]) == Sums()

    @given(st.lists(st.integers(0, 10**9), min_size=1, max_size=20), st.integers(0, 20))
    def test_comes_to_the_same_however_it_is_rolled_up(self, waits, cut):
        parts = [Sums(offered=1, answered_wait_ms=wait, longest_wait_ms=wait) for wait in waits]

        rolled = report.total([report.total(parts[:cut]), report.total(parts[cut:])])

        assert rolled == report.total(parts)


class TestRatios:
    def test_are_what_their_names_say(self):
        sums = Sums(
            offered=100, answered=80, answered_in_time=64, abandoned=15, abandoned_short=5,
            abandoned_in_time=10, answered_wait_ms=800_000, talk_ms=8_000_000, hold_ms=800_000,
            longest_wait_ms=90_500,
        )  # fmt: skip

        assert report.ratios(sums) == {
            "service_level": 67.4,
            "service_level_of_answered": 80.0,
            "service_level_of_offered": 64.0,
            "service_level_with_abandoned": 74.0,
            "abandoned_percent": 10.5,
            "average_speed_of_answer": 10.0,
            "average_handling": 110.0,
            "longest_wait": 90.5,
        }

    def test_of_nothing_divide_by_nothing(self):
        found = report.ratios(Sums(offered=2, abandoned=2, abandoned_short=2))

        assert (found["service_level"], found["average_handling"]) == (None, None)


class TestSpanOf:
    @pytest.mark.parametrize(
        ("day", "zone", "hours"),
        [
            (date(2024, 3, 31), "Europe/Berlin", 23),
            (date(2024, 10, 27), "Europe/Berlin", 25),
            (date(2024, 10, 27), "UTC", 24),
            (date(2024, 3, 10), "Asia/Kathmandu", 24),
        ],
    )
    def test_is_as_long_as_the_clocks_make_it(self, day, zone, hours):
        start, end = report.span_of(day, zone)

        assert (end - start).total_seconds() == hours * 3600
        assert start.minute % 15 == 0

    def test_begins_at_midnight_there(self):
        start, _ = report.span_of(date(2024, 6, 1), "Asia/Shanghai")

        assert start == datetime(2024, 5, 31, 16, tzinfo=UTC)

    @pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../etc", "x" * 500])
    def test_refuses_a_place_that_is_none(self, zone):
        with pytest.raises(Invalid):
            report.span_of(date(2024, 6, 1), zone)
