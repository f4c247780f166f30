"""Lines upwards and the days on which one meets."""

from datetime import UTC, datetime

import pytest

from services.accounts.domain.organisation import (
    Cadence,
    NotOfThisCustomer,
    ReportingLoop,
    check_line,
    nth,
)

LAST_OF_JANUARY = datetime(2016, 1, 31, 9, 30, tzinfo=UTC)


class TestNth:
    @pytest.mark.parametrize(
        ("cadence", "number", "day"),
        [
            (Cadence.WEEK, 0, "2016-01-31"),
            (Cadence.WEEK, 2, "2016-02-14"),
            (Cadence.MONTH, 1, "2016-02-29"),
            (Cadence.MONTH, 2, "2016-03-31"),
            (Cadence.QUARTER, 1, "2016-04-30"),
            (Cadence.HALF_YEAR, 1, "2016-07-31"),
            (Cadence.YEAR, 1, "2017-01-31"),
            (Cadence.MONTH, 13, "2017-02-28"),
        ],
    )
    def test_counts_from_the_first(self, cadence: Cadence, number: int, day: str) -> None:
        assert nth(LAST_OF_JANUARY, cadence, number).isoformat() == f"{day}T09:30:00+00:00"


class TestCheckLine:
    def test_takes_a_line_that_ends(self) -> None:
        check_line({"a": None, "b": "a"}, "c", "b")

    def test_refuses_one_above_itself_at_any_distance(self) -> None:
        for parent in ("a", "b", "c"):
            with pytest.raises(ReportingLoop):
                check_line({"a": None, "b": "a", "c": "b"}, "a", parent)

    def test_refuses_a_stranger(self) -> None:
        with pytest.raises(NotOfThisCustomer):
            check_line({"a": None}, "a", "z")
