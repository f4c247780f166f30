"""When a window of the day opens and closes, by a clock that is changed twice a year."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.preferences import Window, closing, is_open, likes_other, opening, window

MINUTE = timedelta(minutes=1)
BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = Window(time(9), time(17), BERLIN)
NIGHT = Window(time(22), time(6), BERLIN)
# Clocks are changed by an hour, by half an hour, never, and once by a whole day (Samoa, 2011).
CHANGES = {
    "Europe/Berlin": ("2024-03-31T01:00Z", "2024-10-27T01:00Z"),
    "America/New_York": ("2024-03-10T07:00Z", "2024-11-03T06:00Z"),
    "Australia/Lord_Howe": ("2024-04-06T15:00Z", "2024-10-05T15:30Z"),
    "Asia/Shanghai": ("2024-05-06T00:00Z",),
    "Pacific/Apia": ("2011-12-30T10:00Z",),
}
clocks = st.builds(time, st.integers(0, 23), st.integers(0, 59))


@st.composite
def moments(draw):
    """Any window, and an instant close to a change of its clock: that is where it goes wrong."""
    zone = draw(st.sampled_from(sorted(CHANGES)))
    change = datetime.fromisoformat(draw(st.sampled_from(CHANGES[zone])))
    opens, closes = draw(st.lists(clocks, min_size=2, max_size=2, unique=True))
    return Window(opens, closes, ZoneInfo(zone)), change + draw(st.integers(-1500, 300)) * MINUTE


def berlin(*parts: int, fold: int = 0) -> datetime:
    """Return an instant by the clock in Berlin."""
    return datetime(*parts, tzinfo=BERLIN, fold=fold).astimezone(UTC)


def first(of: Window, at: datetime, wanted: bool) -> datetime:
    """Look at the clock minute by minute."""
    for minutes in range(3 * 1440):
        if is_open(of, at + minutes * MINUTE) is wanted:
            return at + minutes * MINUTE
    raise AssertionError("never within three days")


class TestAnyWindow:
    @given(moments())
    @settings(max_examples=300)
    def test_opens_when_somebody_who_watches_the_clock_would_see_it(self, moment):
        of, at = moment

        assert opening(of, at) == first(of, at, True)

    @given(moments())
    @settings(max_examples=300)
    def test_closes_when_somebody_who_watches_the_clock_would_see_it(self, moment):
        of, at = moment

        assert closing(of, at) == first(of, at, False)

    @given(moments(), st.integers(0, 59_999_999))
    def test_minds_parts_of_a_minute(self, moment, microseconds):
        of, at = moment[0], moment[1] + timedelta(microseconds=microseconds)

        found = opening(of, at)

        assert is_open(of, found)
        assert found == at or not is_open(of, found - timedelta(microseconds=1))


class TestOpening:
    @pytest.mark.parametrize(
        ("of", "at", "expected"),
        [
            (OFFICE, (2024, 5, 6, 8, 59), (2024, 5, 6, 9)),
            (OFFICE, (2024, 5, 6, 9), (2024, 5, 6, 9)),
            (OFFICE, (2024, 5, 6, 16, 59), (2024, 5, 6, 16, 59)),
            (OFFICE, (2024, 5, 6, 17), (2024, 5, 7, 9)),
            (NIGHT, (2024, 5, 6, 12), (2024, 5, 6, 22)),
            (NIGHT, (2024, 5, 6, 23), (2024, 5, 6, 23)),
            (NIGHT, (2024, 5, 6, 0), (2024, 5, 6, 0)),
            (NIGHT, (2024, 5, 6, 6), (2024, 5, 6, 22)),
            (OFFICE, (2024, 3, 30, 20), (2024, 3, 31, 9)),  # 12 hours: one is left out
            (OFFICE, (2024, 10, 26, 20), (2024, 10, 27, 9)),  # 14 hours: one comes twice
        ],
    )
    def test_is_by_the_clock_there(self, of, at, expected):
        assert opening(of, berlin(*at)) == berlin(*expected)

    def test_what_spring_leaves_out_opens_with_the_change(self):
        of = Window(time(2, 30), time(5), BERLIN)

        assert opening(of, berlin(2024, 3, 31, 1)) == berlin(2024, 3, 31, 3)

    def test_what_spring_leaves_out_wholly_opens_on_the_next_day(self):
        of = Window(time(2, 15), time(2, 45), BERLIN)

        assert opening(of, berlin(2024, 3, 31, 1)) == berlin(2024, 4, 1, 2, 15)

    def test_what_autumn_has_twice_opens_twice(self):
        of = Window(time(2), time(2, 30), BERLIN)

        assert opening(of, berlin(2024, 10, 27, 2, 45)) == berlin(2024, 10, 27, 2, fold=1)

    def test_somebody_without_a_window_likes_any_time(self):
        at = berlin(2024, 5, 6, 3)

        assert (opening(None, at), is_open(None, at)) == (at, True)


class TestWindow:
    def test_is_read_as_it_is_told(self):
        assert window("09:00", "17:00", "Europe/Berlin") == OFFICE

    @pytest.mark.parametrize(
        "told",
        [
            (None, None, None),
            ("09:00", "17:00", None),
            ("09:00", "09:00", "Europe/Berlin"),
            ("9 o'clock", "17:00", "Europe/Berlin"),
            ("09:00", "17:00", "Europe/Atlantis"),
            ("09:00", "17:00", "../passwd"),
        ],
    )
    def test_what_cannot_be_read_limits_nobody(self, told):
        assert window(*told) is None


class TestLikesOther:
    def test_only_who_named_another_does(self):
        assert [likes_other(one, "mail") for one in (None, "mail", "phone")] == [False, False, True]
