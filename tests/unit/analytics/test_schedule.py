"""When the night's work begins."""

from datetime import UTC, datetime

import pytest

from services.analytics.usecases.schedule import next_night


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (datetime(2018, 1, 1, 1, 59, tzinfo=UTC), datetime(2018, 1, 1, 2, tzinfo=UTC)),
        (datetime(2018, 1, 1, 2, tzinfo=UTC), datetime(2018, 1, 2, 2, tzinfo=UTC)),
        (datetime(2017, 12, 31, 23, tzinfo=UTC), datetime(2018, 1, 1, 2, tzinfo=UTC)),
    ],
)
def test_is_the_next_two_in_the_morning(now, expected):
    assert next_night(now) == expected
