"""Conditions on custom fields: what fits the type of a field, and what holds of its values."""

from datetime import date

import pytest

from services.marketing.domain.custom import CustomField, fit
from services.marketing.domain.segments import (
    Condition,
    Fact,
    Portrait,
    SegmentWrong,
    check,
    judge,
)

TODAY = date(2017, 3, 1)
TREE = CustomField("tree", ("asia", "asia/japan", "asia/japan/tokyo", "europe"))
COLOURS = CustomField("multi_enum", ("red", "blue"))


def asked(**ways):
    return Condition(fact=Fact.CUSTOM, field="it", **ways)


class TestFit:
    @pytest.mark.parametrize(
        ("field", "ways", "value", "holds"),
        [
            (CustomField("text"), {"any_of": ("CHESS", "Go")}, "Chess", True),
            (CustomField("text"), {"any_of": ("chess",)}, "chess/club", False),
            (CustomField("number"), {"any_of": ("1.50",)}, "1.5", True),
            (CustomField("number"), {"at_least": "9"}, "10", True),
            (CustomField("number"), {"below": "10"}, "9.5", True),
            (CustomField("number"), {"below": "10"}, "10", False),
            (CustomField("number"), {"at_least": "0"}, "-1", False),
            (CustomField("date"), {"at_least": "1990-01-01"}, "1990-01-01", True),
            (CustomField("date"), {"below": "1990-01-01"}, "1990-01-01", False),
            (
                CustomField("instant"),
                {"at_least": "2024-01-31T12:00:00+08:00"},
                "2024-01-31T04:00:00.000000Z",
                True,
            ),
            (CustomField("boolean"), {"any_of": ("true",)}, True, True),
            (CustomField("boolean"), {"any_of": ("true",)}, False, False),
            (COLOURS, {"any_of": ("blue",)}, ["red", "blue"], True),
            (COLOURS, {"any_of": ("blue",)}, ["red"], False),
            (TREE, {"any_of": ("asia",)}, "asia/japan/tokyo", True),
            (TREE, {"any_of": ("tokyo",)}, "asia/japan", False),
            (CustomField("reference"), {"any_of": ("C-1",)}, "C-1", True),
        ],
    )
    def test_lets_a_condition_hold_by_the_type_of_its_field(self, field, ways, value, holds):
        condition = asked(**ways)
        check(condition)

        verdict = judge(fit(condition, field), Portrait(custom={"it": value}), TODAY)

        assert (verdict.holds, verdict.reason) == (holds, f"custom.it={'yes' if holds else 'no'}")

    @pytest.mark.parametrize(
        ("field", "ways"),
        [
            (None, {"any_of": ("x",)}),
            (CustomField("money"), {"any_of": ("1",)}),
            (CustomField("money"), {"at_least": "1"}),
            (CustomField("text"), {"at_least": "a"}),
            (TREE, {"below": "asia"}),
            (TREE, {"any_of": ("africa",)}),
            (COLOURS, {"any_of": ("red", "green")}),
            (CustomField("number"), {"at_least": "ten"}),
            (CustomField("number"), {"at_least": "1e999999"}),
            (CustomField("number"), {"at_least": "NaN"}),
            (CustomField("date"), {"below": "2023-02-29"}),
            (CustomField("instant"), {"below": "2024-01-31T12:00:00"}),
            (CustomField("boolean"), {"any_of": ("maybe",)}),
        ],
    )
    def test_refuses_what_no_value_could_meet(self, field, ways):
        with pytest.raises(SegmentWrong) as refused:
            fit(asked(**ways), field)

        assert refused.value.detail == {"fact": "custom", "field": "it"}


class TestCheck:
    @pytest.mark.parametrize(
        "condition",
        [
            Condition(fact=Fact.CUSTOM, any_of=("x",)),
            Condition(fact=Fact.TIER, any_of=("vip",), field="it"),
            Condition(fact=Fact.TIER, at_least="1"),
            asked(),
            asked(at_least="1", below="2"),
            asked(has="x"),
        ],
    )
    def test_demands_one_way_of_asking_for_one_field(self, condition):
        with pytest.raises(SegmentWrong):
            check(condition)


def test_whoever_has_no_value_meets_no_condition_on_it():
    condition = fit(asked(below="10"), CustomField("number"))

    verdict = judge(condition, Portrait(), TODAY)

    assert (verdict.holds, verdict.reason) == (False, "custom.it=unknown")
