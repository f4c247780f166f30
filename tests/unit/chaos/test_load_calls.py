"""What the proof of calls finds when something is planted."""

from collections import Counter

import pytest

from chaos.load.calls import holes, unlike
from chaos.load.playing import Heard, Planned, Played


def a_row(**given: object) -> dict[str, object]:
    whole = {
        "id": "c1", "state": "cleared", "outcome": "answered", "estimated": False,
        "told_end_at": "2026-03-02 12:00:00", "customer_id": "ada",
    }  # fmt: skip
    return whole | given


def a_play(heard: Heard = Heard.WHOLE) -> Played:
    return Played("pbx1-1.1", Planned("01", "13900000000", "answered", "ada"), heard)


class TestUnlike:
    def test_is_silent_on_a_call_as_it_was(self) -> None:
        assert list(unlike(a_row(), a_play())) == []

    @pytest.mark.parametrize("heard", [Heard.PARTLY, Heard.NOT])
    def test_lets_an_estimated_call_be_another_if_it_was_not_heard_whole(
        self, heard: Heard
    ) -> None:
        assert list(unlike(a_row(outcome="failed", estimated=True), a_play(heard))) == []

    @pytest.mark.parametrize(
        ("changed", "heard", "found"),
        [
            ({"state": "connected"}, Heard.PARTLY, "call c1 (partly heard) is not over"),
            ({"told_end_at": None}, Heard.WHOLE, "call c1 (whole heard) is not over"),
            ({"outcome": "failed", "estimated": True}, Heard.WHOLE,
             "call c1 (whole heard) was answered, telephony says failed"),
            ({"outcome": "abandoned"}, Heard.PARTLY,
             "call c1 (partly heard) was answered, telephony says abandoned"),
            ({"customer_id": None}, Heard.WHOLE, "call c1 (whole heard) is of None, not of ada"),
        ],
    )  # fmt: skip
    def test_names_what_is_not_as_it_was(
        self, changed: dict[str, object], heard: Heard, found: str
    ) -> None:
        assert list(unlike(a_row(**changed), a_play(heard))) == [found]


def test_names_the_events_of_a_call_that_are_missing_or_there_twice() -> None:
    lines = Counter({("c1", 1): 1, ("c1", 3): 1, ("c2", 1): 2, ("strange", 5): 1})

    assert list(holes(lines, {"c1": 4, "c2": 1, "c3": 0})) == [
        "event 1 of call c2 is there 2 times",
        "call c1 has no event 2, 4 of 4",
    ]
