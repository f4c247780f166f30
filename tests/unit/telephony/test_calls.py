"""Rules of calls: which number tells who it is, whose phone it is, when a call arrived."""

from datetime import UTC, datetime, timedelta

import pytest

from chassis.errors import Conflict, Invalid
from contracts.cti import Leg
from services.telephony.domain import calls
from services.telephony.domain.calls import CallState, Direction

NINE = datetime(2017, 3, 1, 9, tzinfo=UTC)


def a_leg(device, *, rang=None, talked=None, role="agent", id_=None):
    """Return a leg that rang and talked so many seconds after nine."""
    return Leg(
        leg_id=id_ or f"{device}-{rang}", role=role, device=device, state="ended", started_at=NINE,
        alerting_at=None if rang is None else NINE + timedelta(seconds=rang),
        connected_at=None if talked is None else NINE + timedelta(seconds=talked),
    )  # fmt: skip


class TestTellingNumber:
    @pytest.mark.parametrize(
        ("candidates", "found"),
        [
            (("+8613800138000", "13800138000"), "+8613800138000"),
            ((None, "02012345678"), "02012345678"),
            (("1001", None), None),
            (("95588", "61234"), None),
            (("anonymous",), None),
            (("", None), None),
            (("+" + "1" * 40,), None),
        ],
    )
    def test_is_the_first_that_can_tell(self, candidates, found):
        assert calls.telling_number(*candidates) == found


class TestAgentsDevice:
    @pytest.mark.parametrize(
        ("legs", "named", "found"),
        [
            ((), None, None),
            ((), "PJSIP/9", "PJSIP/9"),
            ((a_leg("A", rang=1), a_leg("B", rang=5)), "A", "B"),
            ((a_leg("A", rang=1, talked=2), a_leg("B", rang=5)), "B", "A"),
            ((a_leg("A", rang=1, talked=2), a_leg("B", rang=5, talked=9)), "A", "B"),
            ((a_leg("trunk", rang=1, talked=2, role="caller"),), None, None),
        ],
    )
    def test_is_where_it_was_last_and_ringing_counts_for_less(self, legs, named, found):
        assert calls.agents_device(legs, named) == found
        assert calls.agents_device(tuple(reversed(legs)), named) == found


class TestRung:
    def test_lists_agents_phones_in_the_order_of_their_ringing(self):
        legs = (
            a_leg("B", rang=5), a_leg("C"), a_leg("trunk", rang=1, role="caller"),
            a_leg("A", rang=1),
        )  # fmt: skip

        assert [leg.device for leg in calls.rung(legs)] == ["A", "B"]


class TestQuarterOf:
    @pytest.mark.parametrize(
        ("minute", "quarter"), [(0, 0), (14, 0), (15, 15), (29, 15), (44, 30), (59, 45)]
    )
    def test_is_half_open(self, minute, quarter):
        at = NINE.replace(minute=minute, second=59, microsecond=999_999)

        assert calls.quarter_of(at) == NINE.replace(minute=quarter)


class TestSpans:
    @pytest.mark.parametrize(
        ("seconds", "milliseconds"), [(None, None), (0.0, 0), (1.0005, 1000), (2.5017, 2502)]
    )
    def test_are_kept_in_milliseconds(self, seconds, milliseconds):
        assert calls.milliseconds(seconds) == milliseconds

    def test_come_back_in_seconds(self):
        assert (calls.seconds(2502), calls.seconds(None)) == (2.502, None)


class TestWords:
    def test_of_a_closed_set_are_taken_and_others_refused(self):
        assert calls.word(Direction, "inbound") is Direction.INBOUND
        with pytest.raises(Invalid):
            calls.word(Direction, "sideways")

    def test_of_the_network_are_one_printable_line(self):
        assert calls.clean("  李明\n\x00 ", 200) == "李明"
        assert calls.clean("x" * 300, 200) == "x" * 200
        assert calls.clean(" \t", 200) is None
        assert calls.keyed({}) is None
        assert calls.keyed({"menu": "1\x00", "code": ""}) == {"menu": "1", "code": ""}
        assert len(calls.keyed({str(n): "x" for n in range(99)}) or {}) == calls.MAX_KEYED

    @pytest.mark.parametrize("state", list(CallState))
    def test_what_came_of_a_call_is_said_when_it_is_over(self, state):
        if state is CallState.CLEARED:
            calls.demand_over(state)
        else:
            with pytest.raises(Conflict):
                calls.demand_over(state)
