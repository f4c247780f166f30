"""Business time travels; production refuses to."""

from datetime import UTC, datetime, timedelta

import pytest

from chassis.clock import REFRESH_SECONDS, Clock, isoformat, real_now


class TestClock:
    def test_shows_the_real_instant_without_a_file(self):
        before = real_now()
        shown = Clock().now()

        assert before <= shown <= real_now()

    def test_travels_for_everybody_who_reads_the_file(self, tmp_path):
        file = tmp_path / "clock.json"
        first, second = Clock(file), Clock(file)
        before = real_now()

        Clock.travel(file, datetime(2014, 1, 3, tzinfo=UTC))

        for clock in (first, second):
            passed = clock.now() - datetime(2014, 1, 3, tzinfo=UTC)
            assert timedelta(milliseconds=-1) < passed <= real_now() - before

    def test_follows_the_file_while_it_changes(self, tmp_path, monkeypatch):
        file = tmp_path / "clock.json"
        Clock.travel(file, datetime(2014, 1, 3, tzinfo=UTC))
        clock = Clock(file)
        clock.now()
        monkeypatch.setattr("chassis.clock.REFRESH_SECONDS", 0.0)
        assert REFRESH_SECONDS > 0

        Clock.travel(file, datetime(2015, 1, 3, tzinfo=UTC))

        assert clock.now().year == 2015

    def test_refuses_a_file_in_production(self, tmp_path):
        with pytest.raises(ValueError, match="refused in production"):
            Clock(tmp_path / "clock.json", production=True)


class TestIsoformat:
    def test_is_utc_with_microseconds_and_z(self):
        assert isoformat(datetime(2026, 5, 1, tzinfo=UTC)) == "2026-05-01T00:00:00.000000Z"
