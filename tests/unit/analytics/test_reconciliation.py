"""The monitor's judgement: equal, catching up, differing once, an alarm."""

import pytest

from services.analytics.domain import reconciliation
from services.analytics.domain.reconciliation import Books, Calm, Measure, Verdict

SOURCE = Books(3, 5, {"USD": 100, "JPY": 7}, {"USD": 100, "JPY": 7})
STILL = Calm(0, 0, same=True)


class TestCompare:
    @pytest.mark.spec("ANA-04")
    def test_sets_counts_and_sums_beside_each_other_by_currency(self):
        ours = Books(3, 4, {"USD": 100}, {"USD": 90, "EUR": 1})

        assert reconciliation.compare(SOURCE, ours) == (
            Measure("orders", 3, 3),
            Measure("lines", 5, 4),
            Measure("amount.JPY", 7, 0),
            Measure("amount.USD", 100, 100),
            Measure("line_amount.EUR", 0, 1),
            Measure("line_amount.JPY", 7, 0),
            Measure("line_amount.USD", 100, 90),
        )


class TestJudge:
    def judge(self, ours=SOURCE, calm=STILL, previous=None):
        return reconciliation.judge(reconciliation.compare(SOURCE, ours), calm, previous)

    def test_is_equal_only_if_nothing_was_left_to_read(self):
        assert self.judge() is Verdict.EQUAL
        for moving in (Calm(1, 0, same=True), Calm(0, 1, same=True), Calm(0, 0, same=False)):
            assert self.judge(calm=moving) is Verdict.CATCHING_UP

    def test_a_difference_is_an_alarm_the_second_time_in_a_row(self):
        behind = Books(2, 5, SOURCE.amounts, SOURCE.line_amounts)

        assert self.judge(behind) is Verdict.DIFFERS
        assert self.judge(behind, previous=Verdict.EQUAL) is Verdict.DIFFERS
        assert self.judge(behind, previous=Verdict.CATCHING_UP) is Verdict.DIFFERS
        assert self.judge(behind, previous=Verdict.DIFFERS) is Verdict.ALARM
        assert self.judge(behind, previous=Verdict.ALARM) is Verdict.ALARM
        assert self.judge(previous=Verdict.ALARM) is Verdict.EQUAL
