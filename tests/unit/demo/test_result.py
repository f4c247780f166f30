import json
from dataclasses import replace
from typing import Any

import pytest

from demo.findings import Measure
from demo.reconcile import problems
from demo.result import Check, Refusal, Section, Stage
from demo.result_json import Malformed, of_dict, to_dict
from tests.support.findings import a_campaign, a_cube, a_monitor, a_pyramid, findings
from tests.support.results import a_card, a_customer_flow, a_result, an_import, an_order_flow


def as_json(result: Any) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(json.dumps(to_dict(result)))
    return read


class TestProblems:
    def test_has_none_when_everything_arrived(self) -> None:
        assert problems(a_result()) == ()
        assert problems(a_result(findings=findings())) == ()

    def test_names_the_hop_that_differs(self) -> None:
        result = a_result(flows=(an_order_flow(stored=(5008, 9994, 229720064)), a_customer_flow()))

        assert problems(result) == (
            "Orders: stored has 5008 orders, not 5009 orders.",
            "Orders: stored has 2,297,200.64 USD, not 2,297,200.65 USD.",
        )

    def test_lets_a_hop_leave_out_what_it_cannot_know(self) -> None:
        result = a_result(flows=(an_order_flow(published=(5009, None, None)), a_customer_flow()))

        assert problems(result) == ()

    @pytest.mark.parametrize(
        ("refused_as", "corrected", "told"),
        [
            (None, True, "Import: a.csv row 3 was let in, not refused as x."),
            ("y", True, "Import: a.csv row 3 was y, not refused as x."),
            ("x", False, "Import: a.csv row 3 did not come in after its correction."),
        ],
    )
    def test_names_a_fault_that_was_not_met(
        self, refused_as: str | None, corrected: bool, told: str
    ) -> None:
        fault = Refusal("a.csv", 3, "name", "x", refused_as, "", corrected)

        assert problems(a_result(import_=replace(an_import(), faults=(fault,)))) == (told,)

    def test_names_what_else_is_wrong(self) -> None:
        dark = Section("sales", "Orders", None, None, unavailable="no answer")
        result = a_result(
            funnel=(Stage("Won", 10, 11),),
            checks=(Check("A stock client calls", passed=False, detail="timeout"),),
            cards=(a_card(sections=(dark,)),),
        )

        assert problems(result) == (
            "Funnel: won is 10, not 11.",
            "A stock client calls: timeout",
            "Card of CG-12520: sales is missing (no answer).",
        )

    def test_names_what_the_warehouse_counts_otherwise(self) -> None:
        cube = a_cube()
        wrong = replace(cube.cells[0], amount_minor=cube.cells[0].amount_minor + 1)
        orders = (Measure("Orders", 5009, 5008),)
        result = a_result(
            findings=findings(
                pyramid=replace(a_pyramid(), population=792),
                cube=replace(cube, cells=(wrong, *cube.cells[1:])),
                campaign=a_campaign(members=157),
                monitor=a_monitor(measures=orders, gaps=1),
            )
        )

        assert problems(result) == (
            "Pyramid: its bands hold 793, not 792.",
            "Campaign: 156 fates for 157 members.",
            "Cube: Central, all categories is 50123977, its cells sum to 50123978.",
            "Cube: all regions, Furniture is 74199974, its cells sum to 74199975.",
            "Cube: all regions, all categories is 229720065, its cells sum to 229720066.",
            "Warehouse: orders is 5008, not 5009.",
            "Warehouse: 1 gaps.",
        )


class TestJson:
    def test_reads_what_the_departments_found(self) -> None:
        result = a_result(findings=findings())

        assert of_dict(as_json(result)) == result

    def test_reads_what_it_wrote(self) -> None:
        result = a_result()

        assert of_dict(as_json(result)) == result

    def test_does_not_believe_the_verdict_in_the_file(self) -> None:
        data = as_json(a_result(flows=(an_order_flow(sent=(1, 2, 3)),))) | {"reconciled": True}

        assert problems(of_dict(data)) != ()

    @pytest.mark.parametrize(
        ("change", "told"),
        [
            ({"schema": "other/1"}, "not other/1"),
            ({"mood": "fine"}, "unknown fields: mood"),
            ({"machine": 3}, "result.machine is not an object"),
            ({"steps": [{"title": "Import"}]}, r"result.steps\[0\] lacks seconds"),
        ],
    )
    def test_refuses_what_is_no_result(self, change: dict[str, Any], told: str) -> None:
        data = as_json(a_result()) | change

        with pytest.raises(Malformed, match=told):
            of_dict(data)
