"""Conditions: whether they hold, why, and when time alone changes that."""

from datetime import date, timedelta

import pytest

from services.marketing.domain.segments import (
    Condition,
    Fact,
    Portrait,
    SegmentWrong,
    Verdict,
    check,
    judge,
    judge_all,
    turns_on,
    why,
)

TODAY = date(2017, 3, 1)
RECENT = Condition(fact=Fact.LAST_ORDER, within_days=30)
SLEEPING = Condition(fact=Fact.LAST_ORDER, older_than_days=30)


def bought(days_ago):
    return Portrait(last_order_on=TODAY - timedelta(days=days_ago))


class TestJudge:
    @pytest.mark.parametrize(
        ("days_ago", "recent", "sleeping"),
        [(0, True, False), (30, True, False), (31, False, True), (-5, True, False)],
    )
    def test_counts_days_since_the_last_order(self, days_ago, recent, sleeping):
        of = bought(days_ago)

        assert judge(RECENT, of, TODAY).holds is recent
        assert judge(SLEEPING, of, TODAY).holds is sleeping
        assert judge(RECENT, of, TODAY).reason == f"last_order{'<=' if recent else '>'}30d"

    def test_holds_neither_for_who_never_bought(self):
        never = Verdict(False, "last_order=never")

        assert judge_all([RECENT, SLEEPING], Portrait(), TODAY) == [never, never]

    @pytest.mark.parametrize(
        "fact", [f for f in Fact if f not in {Fact.LAST_ORDER, Fact.TAG, Fact.CUSTOM}]
    )
    def test_knows_every_word_of_a_portrait(self, fact):
        condition = Condition(fact=fact, any_of=("a", "b"))

        assert judge(condition, Portrait(**{fact.value: "b"}), TODAY) == Verdict(True, f"{fact}=b")
        assert judge(condition, Portrait(), TODAY) == Verdict(False, f"{fact}=unknown")


class TestTurnsOn:
    def test_is_the_first_day_on_which_the_answer_differs(self):
        of = bought(3)

        day = turns_on([RECENT, SLEEPING], of, TODAY)

        assert day == TODAY + timedelta(days=28)
        for condition in (RECENT, SLEEPING):
            before, after = judge(condition, of, day - timedelta(days=1)), judge(condition, of, day)
            assert before.holds is not after.holds

    def test_is_never_where_nothing_changes_by_itself(self):
        tier = Condition(fact=Fact.TIER, any_of=("vip",))

        assert turns_on([tier], bought(1), TODAY) is None
        assert turns_on([RECENT], Portrait(), TODAY) is None
        assert turns_on([RECENT], bought(31), TODAY) is None


def test_the_reasons_are_what_failed_or_else_all():
    yes, no = Verdict(True, "a"), Verdict(False, "b")

    assert (why([yes, no]), why([yes])) == (("b",), ("a",))


def test_a_condition_asks_in_exactly_one_way():
    with pytest.raises(SegmentWrong, match="exactly one"):
        check(Condition(fact=Fact.TAG))
