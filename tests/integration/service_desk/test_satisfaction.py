"""What the answers come to: satisfaction by driver, and who came back after a complaint."""

import pytest

from chassis.errors import Invalid
from tests.support.sales import know_customer
from tests.support.service_desk import answer, invite, token_of, told

YEAR = {"since": "2017-01-01T00:00:00Z", "until": "2018-01-01T00:00:00Z"}


def closed_complaint(desk, agent, **fields):
    case = agent.complain(assignee_id="a1", **fields)
    agent.do("resolve_case", case["id"], resolution="compensated")
    agent.do("tell_outcome", case["id"], channel="phone", customer_view="dissatisfied")
    agent.do("close_case", case["id"])
    return case


class TestReports:
    @pytest.mark.spec("SVC-20", "SVC-21")
    def test_weighs_every_driver_by_exact_means(self, desk, agent):
        for number, gap in enumerate((-2, 0, 1)):
            know_customer(desk, f"c{number}", sequence=2)
            invite(desk, agent, customer_id=f"c{number}")
            answer(desk, token_of(desk), gap)

        found = desk.call("satisfaction_by_driver", agent.token, **YEAR)

        price = next(one for one in found["drivers"] if one["driver"] == "price")
        assert price == {
            "driver": "price", "answers": 3, "mean_expected": "5.0000", "mean_perceived": "4.6667",
            "gap": "-0.3333", "satisfaction": "dissatisfied",
            "classes": {"dissatisfied": 1, "satisfied": 1, "highly_satisfied": 1},
        }  # fmt: skip
        assert [one["driver"] for one in found["drivers"]] == [
            "product_features", "price", "staff_attitude",
        ]  # fmt: skip
        assert found["answers"] == {"dissatisfied": 1, "satisfied": 1, "highly_satisfied": 1}

    def test_counts_only_the_period_and_the_moment(self, desk, agent):
        invite(desk, agent, moment="pre_sale")
        answer(desk, token_of(desk))
        token = desk.person("s9", "supervisor", team="t9", territories=())

        def count(asker=agent.token, **asked):
            found = desk.call("satisfaction_by_driver", asker, **YEAR | asked)
            return sum(found["answers"].values())

        assert count() == count(moment="pre_sale") == 1
        assert count(moment="post_sale") == 0
        assert count(until="2017-03-01T09:00:00Z") == 0
        assert count(asker=token) == 0
        for wrong in ({"until": YEAR["since"]}, {"since": "2017-01-01"}):
            with pytest.raises(Invalid):
                count(**wrong)

    @pytest.mark.spec("SVC-34")
    def test_asks_again_after_a_complaint_and_says_how_many_came_back(self, desk, agent):
        for number, gap in enumerate((-2, 1, 0, None)):
            know_customer(desk, f"c{number}", sequence=2)
            closed_complaint(desk, agent, customer_id=f"c{number}")
            if gap is not None:
                answer(desk, token_of(desk), gap)

        found = desk.call("recovery", agent.token, **YEAR)

        assert {name: found[name] for name in ("closed", "asked", "answered", "recovered", "rate")} == {
            "closed": 4, "asked": 4, "answered": 3, "recovered": 2, "rate": "0.6667",
        }  # fmt: skip

    @pytest.mark.spec("SVC-34")
    def test_whoever_is_asked_again_counts_with_the_latest_answer(self, desk, agent):
        case = closed_complaint(desk, agent)
        answer(desk, token_of(desk), -3)
        desk.clock.pass_(days=2)
        invite(desk, agent, case_id=case["id"])
        asked = desk.call("recovery", agent.token, **YEAR)
        answer(desk, token_of(desk), 1)

        found = desk.call("recovery", agent.token, **YEAR)

        assert (asked["answered"], asked["recovered"], asked["rate"]) == (1, 0, "0.0000")
        assert (found["asked"], found["recovered"], found["rate"]) == (1, 1, "1.0000")

    @pytest.mark.spec("SVC-34")
    def test_what_was_answered_before_the_complaint_was_closed_is_no_recovery(self, desk, agent):
        case = agent.complain(assignee_id="a1")
        invite(desk, agent, case_id=case["id"])
        answer(desk, token_of(desk), 2)
        desk.clock.pass_(hours=1)
        agent.do("resolve_case", case["id"], resolution="compensated")
        agent.do("tell_outcome", case["id"], channel="phone", customer_view="dissatisfied")
        agent.do("close_case", case["id"])

        found = desk.call("recovery", agent.token, **YEAR)

        assert {name: found[name] for name in ("closed", "asked", "answered", "rate")} == {
            "closed": 1, "asked": 1, "answered": 0, "rate": None,
        }  # fmt: skip

    @pytest.mark.spec("SVC-34")
    def test_what_is_asked_at_another_moment_is_no_recovery(self, desk, agent):
        case = closed_complaint(desk, agent)
        invite(desk, agent, case_id=case["id"], moment="in_sale")
        answer(desk, token_of(desk), 2)

        found = desk.call("recovery", agent.token, **YEAR)

        assert (found["asked"], found["answered"], found["rate"]) == (1, 0, None)

    def test_a_complaint_that_is_closed_again_keeps_its_open_question(self, desk, agent):
        case = closed_complaint(desk, agent)
        agent.do("reopen_case", case["id"], reason="not_solved")
        agent.do("resolve_case", case["id"], resolution="solved")
        agent.do("tell_outcome", case["id"], channel="phone", customer_view="satisfied")
        agent.do("close_case", case["id"])

        assert len(told(desk, "survey.invited")) == 1

    def test_says_nothing_of_a_rate_without_answers(self, desk, agent):
        assert desk.call("recovery", agent.token, **YEAR)["rate"] is None
