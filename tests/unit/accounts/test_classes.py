"""Of which class a customer is: only what happened, and the calendar, decide."""

from datetime import date, timedelta

import pytest

from services.accounts.domain.classes import (
    Facts,
    Satisfaction,
    Thresholds,
    ThresholdsContradict,
    check,
    decide,
)

TODAY = date(2017, 3, 1)
VERY = Satisfaction.HIGHLY_SATISFIED


def ago(days: int) -> date:
    """Return a day so many days ago."""
    return TODAY - timedelta(days=days)


def bought(*days_ago: int, said: Satisfaction | None = None, said_ago: int = 1) -> Facts:
    """Return the facts of somebody who bought on these days."""
    days = sorted(ago(each) for each in days_ago)
    return Facts(
        orders=len(days), first_on=days[0] if days else None, last_on=days[-1] if days else None,
        satisfaction=said, answered_on=ago(said_ago) if said else None,
    )  # fmt: skip


class TestDecide:
    @pytest.mark.parametrize(
        ("facts", "expected"),
        [
            (bought(), "potential"),
            (bought(said=VERY), "potential"),
            (bought(0), "new"),
            (bought(90), "new"),
            (bought(91), "regular"),
            (bought(10, 20), "new"),
            (bought(10, 20, said=VERY), "loyal"),
            (bought(10, said=VERY), "new"),
            (bought(10, 200, said=Satisfaction.SATISFIED), "regular"),
            (bought(365, 400, said=VERY, said_ago=400), "loyal"),
            (bought(366, 400, said=VERY), "churned"),
            (bought(10, 800, said=VERY, said_ago=731), "regular"),
            (bought(10, 800, said=VERY, said_ago=730), "loyal"),
        ],
    )
    def test_follows_from_orders_satisfaction_and_time(self, facts: Facts, expected: str) -> None:
        assert decide(facts, Thresholds(), TODAY).lifecycle == expected

    def test_says_why_in_codes(self) -> None:
        assert decide(bought(400), Thresholds(), TODAY).reasons == ("last_order>365d",)
        assert decide(bought(10, 20, said=VERY), Thresholds(), TODAY).reasons == (
            "orders>=2", "satisfaction=highly_satisfied",
        )  # fmt: skip
        assert decide(bought(100), Thresholds(), TODAY).reasons == (
            "last_order<=365d", "orders<2", "satisfaction=unknown",
        )  # fmt: skip

    @pytest.mark.parametrize(
        ("facts", "day"),
        [
            (bought(), None),
            (bought(0), TODAY + timedelta(days=91)),
            (bought(100), TODAY + timedelta(days=266)),
            (bought(10, 800, said=VERY, said_ago=700), TODAY + timedelta(days=31)),
            (bought(400), None),
        ],
    )
    def test_knows_the_day_on_which_time_alone_may_change_it(
        self, facts: Facts, day: date | None
    ) -> None:
        assert decide(facts, Thresholds(), TODAY).turns_on == day

    def test_that_day_is_the_first_on_which_it_differs(self) -> None:
        facts = bought(100)
        day = decide(facts, Thresholds(), TODAY).turns_on
        assert day is not None

        before, then = (
            decide(facts, Thresholds(), at).lifecycle for at in (day - timedelta(days=1), day)
        )

        assert (before, then) == ("regular", "churned")

    def test_nobody_is_gone_while_he_is_new(self) -> None:
        check(Thresholds(new_days=365, churn_days=365))
        with pytest.raises(ThresholdsContradict):
            check(Thresholds(new_days=366, churn_days=365))
