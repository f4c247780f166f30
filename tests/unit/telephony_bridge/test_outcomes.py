"""What came of a leg, from the dial status and two kinds of cause."""

import pytest

from services.telephony.bridge.outcomes import Outcome, unanswered


@pytest.mark.parametrize(
    ("dial", "cause", "sip", "expected"),
    [
        ("BUSY", 17, 486, Outcome.BUSY),
        ("", 17, None, Outcome.BUSY),
        ("", None, 486, Outcome.BUSY),
        ("NOANSWER", 0, None, Outcome.NO_ANSWER),
        ("", 19, None, Outcome.NO_ANSWER),
        ("", 18, None, Outcome.NO_ANSWER),
        ("", 16, None, Outcome.NO_ANSWER),
        ("", None, 480, Outcome.NO_ANSWER),
        ("", 21, 603, Outcome.REJECTED),
        ("NOANSWER", 1, 404, Outcome.INVALID_NUMBER),  # the dial status alone would mislead
        ("CHANUNAVAIL", 28, None, Outcome.INVALID_NUMBER),
        ("NOANSWER", None, 484, Outcome.INVALID_NUMBER),
        ("CONGESTION", 34, None, Outcome.UNREACHABLE),
        ("", None, 503, Outcome.UNREACHABLE),
        ("", 38, None, Outcome.UNREACHABLE),
        ("CANCEL", 0, None, Outcome.CANCELLED),
        ("CANCEL", 127, None, Outcome.CANCELLED),
        ("", 127, None, Outcome.CANCELLED),
        ("", None, 487, Outcome.CANCELLED),
        ("", 0, None, Outcome.FAILED),
        ("WHAT", 999, 999, Outcome.FAILED),
    ],
)
def test_says_why(dial: str, cause: int | None, sip: int | None, expected: Outcome) -> None:
    assert unanswered(dial, cause, sip) is expected
