"""Rules of call-backs: when they are due, and how often that is said."""

from datetime import UTC, datetime, timedelta

import pytest

from services.telephony.domain import callbacks
from services.telephony.domain.callbacks import CallbackClosed, CallbackState, NotInTheFuture

NOW = datetime(2017, 3, 1, 9, tzinfo=UTC)


class TestReminderPause:
    def test_doubles_up_to_four_hours(self):
        minutes = [callbacks.reminder_pause(n) / timedelta(minutes=1) for n in range(1, 10)]

        assert minutes == [15, 30, 60, 120, 240, 240, 240, 240, 240]

    def test_stays_there_however_often(self):
        assert callbacks.reminder_pause(10_000) == callbacks.LAST_PAUSE


class TestDemandDue:
    @pytest.mark.parametrize("after", [timedelta(), timedelta(seconds=-1), timedelta(days=367)])
    def test_refuses_the_past_and_the_far_future(self, after):
        with pytest.raises(NotInTheFuture):
            callbacks.demand_due(NOW + after, NOW)

    def test_takes_what_is_between(self):
        due = NOW + timedelta(days=366)

        assert callbacks.demand_due(due, NOW) == due


class TestDemandOpen:
    def test_refuses_what_is_over(self):
        callbacks.demand_open(CallbackState.OPEN)
        with pytest.raises(CallbackClosed):
            callbacks.demand_open(CallbackState.CLOSED)
