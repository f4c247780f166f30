"""The report of a period and the card of a customer."""

import pytest

from chassis.errors import Invalid
from tests.support.sales import know_customer
from tests.support.service_desk import answer, token_of, travel

MARCH = {"since": "2017-03-01T00:00:00Z", "until": "2017-04-01T00:00:00Z"}


def settle(desk, agent, hours, **fields):
    """Open a case and close it some hours later."""
    case = agent.open(assignee_id="a1", **fields)
    desk.clock.pass_(hours=hours)
    agent.do("resolve_case", case["id"], resolution="solved")
    return agent.do("close_case", case["id"])


class TestCaseReport:
    @pytest.mark.spec("SVC-05")
    def test_counts_by_type_state_severity_and_what_was_promised_in_vain(self, desk, agent):
        settle(desk, agent, 1)
        settle(desk, agent, 1)
        agent.complain()
        agent.open(severity="low", type="question")
        travel(desk, days=2)

        found = desk.call("case_report", agent.token, **MARCH)

        assert found["cases"] == 4
        assert {k: n for k, n in found["by_type"].items() if n} == {
            "incident": 2, "complaint": 1, "question": 1,
        }  # fmt: skip
        assert {k: n for k, n in found["by_state"].items() if n} == {"closed": 2, "assigned": 2}
        assert (found["by_severity"]["low"], found["by_severity"]["critical"]) == (1, 0)
        assert found["breaches"] == {
            "acknowledge": 2, "first_response": 2, "solution": 0, "feedback": 0,
        }  # fmt: skip
        assert found["escalated"] == 2

    @pytest.mark.parametrize(
        ("hours", "median"), [((1,), 3600), ((1, 3), 7200), ((3, 1, 1), 3600), ((), None)]
    )
    def test_the_median_is_of_service_time(self, desk, agent, hours, median):
        for number in hours:
            desk.clock.instant = desk.clock.instant.replace(hour=9)
            settle(desk, agent, number)

        found = desk.call("case_report", agent.token, **MARCH)

        assert found["median_seconds"] == median
        assert found["median_seconds_by_type"]["incident"] == median
        assert found["median_seconds_by_type"]["complaint"] is None

    def test_shows_each_caller_what_they_may_see(self, desk, agent):
        know_customer(desk, "c2", owner_id="r2", team_id="t2", territory_id="north")
        agent.open()
        agent.open(customer_id="c2")

        def cases(who, role, **sight):
            return desk.call("case_report", desk.person(who, role, **sight), **MARCH)["cases"]

        assert cases("d1", "sales_director") == 2
        assert cases("r1", "rep") == 1
        assert cases("s2", "supervisor", team="t2", territories=()) == 1
        assert cases("r9", "rep") == 0

    def test_refuses_a_period_that_is_none(self, desk, agent):
        for wrong in ({"until": MARCH["since"]}, {"since": "March"}, {"since": "2017-03-01"}):
            with pytest.raises(Invalid):
                desk.call("case_report", agent.token, **MARCH | wrong)


class TestCustomerCard:
    def test_shows_open_cases_last_cases_and_surveys_with_their_instants(self, desk, agent):
        done = settle(desk, agent, 1)
        waiting = agent.complain()
        desk.call("invite_survey", agent.token, customer_id="c1", moment="in_sale")
        answer(desk, token_of(desk), 1)

        card = desk.call("customer_card", agent.token, customer_id="c1")

        assert (card["customer_id"], card["service"]) == ("c1", "service_desk")
        assert [one["case_id"] for one in card["cases"]["open"]] == [waiting["id"]]
        assert [one["case_id"] for one in card["cases"]["last"]] == [waiting["id"], done["id"]]
        (survey,) = card["surveys"]["last"]
        assert (survey["satisfaction"], survey["gap"]) == ("highly_satisfied", "1.0000")
        now = "2017-03-01T10:00:00.000000Z"
        assert {card["as_of"], card["cases"]["as_of"], card["surveys"]["as_of"]} == {now}
        assert card["copy"] == {"known": True, "version": 1}

    def test_says_what_is_not_for_the_caller(self, desk, agent):
        agent.open()

        marketer = desk.call("customer_card", desk.person("m1", "marketer"), customer_id="c1")
        stranger = desk.call("customer_card", desk.person("r9", "rep"), customer_id="c1")
        telephony = desk.call("customer_card", desk.service("telephony"), customer_id="c1")

        assert marketer["cases"] == marketer["surveys"] == {"permitted": False}
        assert stranger["cases"]["last"] == []
        assert len(telephony["cases"]["open"]) == 1
