"""When a customer is taken from its owner: the clock, the warning, the exemptions."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.accounts.domain.customers import Lifecycle
from services.accounts.domain.drops import (
    Demand,
    Drop,
    DropTerms,
    Rule,
    Standing,
    Wait,
    Warn,
    WarningTooLong,
    check,
    decide,
    first_look,
)

START = datetime(2017, 3, 1, 9, tzinfo=UTC)


def day(number: float) -> datetime:
    """Return an instant so many days after the start."""
    return START + timedelta(days=number)


def a_rule(id_: str = "r1", **terms: Any) -> Rule:
    """Return a rule of thirty days that warns five days before."""
    given_ = {"name": "Idle", "demand": Demand.FOLLOW_UP, "days": 30, "warning_days": 5} | terms
    return Rule(id_, DropTerms(**given_))


def owned(**known: Any) -> Standing:
    """Return a customer that somebody owns since the start."""
    return Standing(**({"owned_since": START} | known))


class TestTheClock:
    @pytest.mark.parametrize(
        ("demand", "known", "due"),
        [
            (Demand.FOLLOW_UP, {}, 30),
            (Demand.FOLLOW_UP, {"last_follow_up": day(10)}, 40),
            (Demand.FOLLOW_UP, {"last_follow_up": day(-90)}, 30),  # before the claim
            (Demand.FOLLOW_UP, {"last_opportunity": day(10), "last_deal": day(10)}, 30),
            (Demand.OPPORTUNITY, {"last_opportunity": day(4)}, 34),
            (Demand.OPPORTUNITY, {"last_follow_up": day(10)}, 30),
            (Demand.DEAL, {"last_deal": day(7)}, 37),
        ],
    )
    def test_starts_with_the_later_of_the_last_activity_and_the_claim(
        self, demand: Demand, known: dict[str, Any], due: float
    ) -> None:
        rule = a_rule(demand=demand, warning_days=0, spares_won=False)

        before = decide([rule], owned(**known), day(due) - timedelta(seconds=1))
        after = decide([rule], owned(**known), day(due))

        assert before == Wait(day(due))
        assert after == Drop(rule)


class TestTheWarning:
    def test_comes_its_days_before_and_the_drop_after_it(self) -> None:
        rule, warned = a_rule(), owned(warned_at=day(25), warned_by="r1")

        steps = [
            decide([rule], owned(), day(24)),
            decide([rule], owned(), day(25)),
            decide([rule], warned, day(29)),
            decide([rule], warned, day(30)),
        ]

        assert steps == [Wait(day(25)), Warn(rule, day(30)), Wait(day(30)), Drop(rule)]

    def test_is_given_anew_after_an_activity(self) -> None:
        rule = a_rule()
        known = owned(warned_at=day(25), warned_by="r1", last_follow_up=day(26))

        assert decide([rule], known, day(30)) == Wait(day(37))  # looked at again after a week
        assert decide([rule], known, day(51)) == Warn(rule, day(56))

    def test_is_never_left_out_where_nobody_looked_for_long(self) -> None:
        rule = a_rule()

        assert decide([rule], owned(), day(400)) == Warn(rule, day(405))

    def test_of_another_rule_does_not_count(self) -> None:
        rule = a_rule()

        found = decide([rule], owned(warned_at=day(25), warned_by="r2"), day(30))

        assert found == Warn(rule, day(35))

    @given(
        days=st.integers(2, 60), warning=st.integers(1, 59), step=st.integers(1, 30),
        touches=st.lists(st.integers(0, 200), max_size=4),
    )  # fmt: skip
    def test_whatever_happens_comes_its_days_before_the_drop(
        self, days: int, warning: int, step: int, touches: list[int]
    ) -> None:
        rule = a_rule(days=days, warning_days=min(warning, days - 1))
        warned: datetime | None = None
        for number in range(0, 400, step):  # whenever somebody happens to look
            last = max((day(one) for one in touches if one <= number), default=None)
            known = owned(last_follow_up=last, warned_at=warned, warned_by="r1")
            match decide([rule], known, day(number)):
                case Warn():
                    warned = day(number)
                case Drop():
                    assert warned is not None
                    assert day(number) - warned >= timedelta(days=rule.terms.warning_days)
                    assert day(number) - max(last or START, START) >= timedelta(days=days)
                    return
        pytest.fail("it was never dropped")


class TestWhomARuleMeans:
    @pytest.mark.parametrize(
        ("terms", "known", "is_dropped"),
        [
            ({}, {}, True),
            ({}, {"last_deal": day(-100)}, False),
            ({"spares_won": False}, {"last_deal": day(-100)}, True),
            ({}, {"has_open": True}, False),
            ({"spares_open": False}, {"has_open": True}, True),
            ({"spares_won": False, "spares_open": False}, {"is_locked": True}, False),
            ({"segments": ("Consumer",)}, {"segment": "Consumer"}, True),
            ({"segments": ("Consumer",)}, {"segment": None}, False),
            ({"lifecycles": (Lifecycle.NEW,)}, {"lifecycle": Lifecycle.NEW}, True),
            ({"lifecycles": (Lifecycle.NEW,)}, {"lifecycle": Lifecycle.LOYAL}, False),
        ],
    )
    def test_is_told_by_class_and_exemptions(
        self, terms: dict[str, Any], known: dict[str, Any], is_dropped: bool
    ) -> None:
        rule = a_rule(**({"warning_days": 0} | terms))

        found = decide([rule], owned(**known), day(60))

        assert found == (Drop(rule) if is_dropped else Wait(day(67)))

    def test_the_rule_that_is_due_first_decides(self) -> None:
        slow, quick = a_rule("r1", warning_days=0), a_rule("r2", days=20, warning_days=0)

        assert decide([slow, quick], owned(), day(30)) == Drop(quick)

    def test_without_a_rule_nobody_looks(self) -> None:
        assert decide([], owned(), day(1000)) is None
        assert first_look([], START) is None


class TestRules:
    def test_a_warning_is_shorter_than_the_days(self) -> None:
        with pytest.raises(WarningTooLong):
            check(a_rule(days=5, warning_days=5).terms)

    @pytest.mark.parametrize(("days", "warning", "first"), [(30, 5, 7), (6, 2, 4), (3, 0, 3)])
    def test_the_first_look_is_not_later_than_the_first_thing_due(
        self, days: int, warning: int, first: int
    ) -> None:
        assert first_look([a_rule(days=days, warning_days=warning)], START) == day(first)
