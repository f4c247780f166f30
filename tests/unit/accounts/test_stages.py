"""How the dealings with a customer may go on."""

from dataclasses import replace
from datetime import date
from itertools import product
from typing import Any

import pytest

from services.accounts.domain.stages import (
    ALLOWED,
    BY_HAND,
    SAID,
    Dealings,
    Stage,
    StageByFactsOnly,
    StageReason,
    StageUnreachable,
    Step,
    after_interest,
    after_orders,
    check,
    how_far,
)

MARCH = date(2017, 3, 1)
DEALINGS = Dealings(stage=Stage.SUSPECT, reason=None, since=MARCH, orders=0, churned=False)
SAY = StageReason.SHOWED_INTEREST


def led_to(stage: Stage, **known: Any) -> tuple[str, str] | None:
    """Return where orders lead from a stage."""
    step = after_orders(replace(DEALINGS, stage=stage, **known))
    return (step.stage.value, step.reason.value) if step else None


class TestByHand:
    def test_every_step_that_is_not_on_the_map_is_refused(self) -> None:
        for now, to in product(Stage, BY_HAND):
            orders = 0 if now in {Stage.SUSPECT, Stage.PROSPECT, Stage.QUALIFIED} else 1
            on_the_map = to in ALLOWED[now]
            back = orders > 0 and to in {Stage.SUSPECT, Stage.PROSPECT, Stage.QUALIFIED}
            if on_the_map and not back:
                check(now, Step(to, SAY), orders=orders)
                continue
            with pytest.raises(StageUnreachable):
                check(now, Step(to, SAY), orders=orders)

    @pytest.mark.parametrize("stage", [Stage.CUSTOMER, Stage.REPEAT, Stage.WON_BACK])
    def test_nobody_says_that_somebody_bought(self, stage: Stage) -> None:
        with pytest.raises(StageByFactsOnly):
            check(Stage.LOST, Step(stage, SAY), orders=0)

    def test_nobody_gives_a_reason_that_only_happens(self) -> None:
        with pytest.raises(StageByFactsOnly):
            check(Stage.CUSTOMER, Step(Stage.LOST, StageReason.CHURNED), orders=1)
        assert StageReason.CHURNED not in SAID

    def test_who_was_lost_before_he_bought_may_be_taken_up_again(self) -> None:
        check(Stage.LOST, Step(Stage.PROSPECT, SAY), orders=0)
        with pytest.raises(StageUnreachable):
            check(Stage.LOST, Step(Stage.PROSPECT, SAY), orders=1)


class TestInterest:
    @pytest.mark.parametrize(
        ("now", "reason", "to"),
        [
            (Stage.SUSPECT, StageReason.LEAD_MATCHED, "prospect"),
            (Stage.SUSPECT, StageReason.OPPORTUNITY_OPENED, "qualified"),
            (Stage.PROSPECT, StageReason.LEAD_CONVERTED, "qualified"),
            (Stage.PROSPECT, StageReason.LEAD_MATCHED, None),
            (Stage.QUALIFIED, StageReason.LEAD_MATCHED, None),
            (Stage.REPEAT, StageReason.OPPORTUNITY_OPENED, None),
            (Stage.LOST, StageReason.OPPORTUNITY_OPENED, "qualified"),
        ],
    )
    def test_brings_on_and_takes_nobody_back(
        self, now: Stage, reason: StageReason, to: str | None
    ) -> None:
        step = after_interest(now, reason, orders=0)

        assert (step.stage if step else None) == to

    def test_of_a_lost_buyer_wins_nobody_back(self) -> None:
        assert after_interest(Stage.LOST, StageReason.OPPORTUNITY_OPENED, orders=2) is None


class TestOrders:
    @pytest.mark.parametrize(
        ("now", "known", "to"),
        [
            (Stage.SUSPECT, {"orders": 1, "ordered_on": MARCH}, ("customer", "first_order")),
            (Stage.QUALIFIED, {"orders": 3, "ordered_on": MARCH}, ("customer", "first_order")),
            (Stage.CUSTOMER, {"orders": 2, "ordered_on": MARCH}, ("repeat", "repeat_order")),
            (Stage.CUSTOMER, {"orders": 2}, None),
            (Stage.CUSTOMER, {"orders": 1}, None),
            (Stage.ADVOCATE, {"orders": 5, "ordered_on": MARCH}, None),
            (Stage.DECLINING, {"orders": 5, "ordered_on": MARCH}, ("repeat", "repeat_order")),
            (Stage.REPEAT, {"orders": 5, "churned": True}, ("lost", "churned")),
            (Stage.SUSPECT, {"orders": 1, "churned": True}, ("lost", "churned")),
            (Stage.LOST, {"orders": 5, "churned": True}, None),
            (Stage.LOST, {"orders": 2, "ordered_on": MARCH}, ("won_back", "ordered_again")),
            (Stage.LOST, {"orders": 2, "ordered_on": date(2017, 2, 28)}, None),
            (Stage.LOST, {"orders": 2}, None),
            (Stage.LOST, {"orders": 1, "ordered_on": MARCH}, ("customer", "first_order")),
            (
                Stage.LOST,
                {"orders": 2, "ordered_on": date(2017, 2, 28), "reason": StageReason.CHURNED},
                ("won_back", "ordered_again"),
            ),
            (Stage.WON_BACK, {"orders": 3, "ordered_on": MARCH}, ("repeat", "repeat_order")),
            (Stage.CUSTOMER, {"orders": 0}, ("qualified", "order_cancelled")),
            (Stage.REPEAT, {"orders": 1}, ("customer", "order_cancelled")),
            (Stage.SUSPECT, {"orders": 0}, None),
        ],
    )
    def test_lead_one_step_on(
        self, now: Stage, known: dict[str, Any], to: tuple[str, str] | None
    ) -> None:
        assert led_to(now, **known) == to

    def test_lead_nowhere_that_is_not_on_the_map(self) -> None:
        days = (None, MARCH)
        for now, orders, gone, on in product(Stage, range(4), (True, False), days):
            step = after_orders(
                replace(DEALINGS, stage=now, orders=orders, churned=gone, ordered_on=on)
            )
            assert step is None or step.stage in ALLOWED[now], (now, orders, gone, on)


class TestHowFar:
    def test_nobody_is_lost_while_he_deals_with_us(self) -> None:
        bought = [(stage, True) for stage in (Stage.CUSTOMER, Stage.REPEAT, Stage.WON_BACK)]
        known = [(Stage.LOST, False), (Stage.SUSPECT, False), (Stage.QUALIFIED, False)]

        found = sorted(
            [*bought, (Stage.LOST, True), *known],
            key=lambda one: how_far(one[0], has_bought=one[1]),
        )

        assert found == [*known, (Stage.LOST, True), *bought]
