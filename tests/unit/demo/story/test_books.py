from typing import Any

from demo.story import books
from demo.story.books import CASE_CLOSED, CASE_OPENED, TOUCHED


def touched(send_id: str, fate: str, campaign_id: str | None = "k1") -> tuple[str, dict[str, Any]]:
    return TOUCHED, {"send_id": send_id, "fate": fate, "campaign_id": campaign_id}


class TestTouchesTold:
    def test_counts_each_message_of_the_campaign_by_its_last_fate(self) -> None:
        log = [
            touched("s1", "sent"),
            touched("s2", "unknown"),
            touched("s3", "suppressed"),
            touched("s2", "sent"),
            touched("s4", "sent", campaign_id=None),
        ]

        assert books.touches_told(log, "k1") == (3, 2)

    def test_misses_the_one_that_was_not_told(self) -> None:
        log = [touched("s1", "sent"), touched("s3", "suppressed")]

        assert books.touches_told(log, "k1") == (2, 1)


class TestCasesTold:
    def test_counts_each_case_once(self) -> None:
        opened, again = (CASE_OPENED, {"case_id": "c1"}), (CASE_OPENED, {"case_id": "c2"})
        closed = (CASE_CLOSED, {"case_id": "c1"})

        assert books.cases_told([opened, again, closed, closed]) == (2, 1)


class TestCallsTold:
    def test_believes_the_correction(self) -> None:
        ended, corrected = books.CALLS
        log = [
            (ended, {"call_id": "1", "customer_id": None}),
            (ended, {"call_id": "2", "customer_id": "a"}),
            (corrected, {"call_id": "1", "customer_id": "b"}),
        ]

        assert books.calls_told(log) == (2, 2)
