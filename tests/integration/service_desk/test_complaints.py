"""Complaints: independent hands, four deadlines, the outcome told, the customer's view."""

import pytest

from chassis.errors import Conflict
from tests.support.sales import know_rep
from tests.support.service_desk import Front, told, travel, types


def resolved(agent, **fields):
    """Return a complaint that somebody has settled."""
    case = agent.complain(assignee_id="a1", **fields)
    agent.do("resolve_case", case["id"], resolution="compensated")
    return case


class TestIndependence:
    @pytest.mark.spec("SVC-32")
    def test_is_never_given_to_whom_it_is_about(self, desk, agent, director):
        case = agent.complain(accused_id="a2")

        with pytest.raises(Conflict) as refused:
            director.do("assign_case", case["id"], assignee_id="a2")
        with pytest.raises(Conflict):
            agent.complain(accused_id="a1", assignee_id="a1")

        assert refused.value.code == "service_desk.complaint.not_independent"
        assert director.do("assign_case", case["id"], assignee_id="a1")["assignee_id"] == "a1"

    @pytest.mark.spec("SVC-32")
    def test_is_not_handled_nor_closed_by_the_department_it_is_about(self, desk, agent, director):
        case = agent.complain(accused_team_id="desk")
        outside = Front(desk, "s1")

        with pytest.raises(Conflict) as refused:
            director.do("assign_case", case["id"], assignee_id="a2")
        director.do("assign_case", case["id"], assignee_id="s1")
        with pytest.raises(Conflict):
            agent.do("resolve_case", case["id"], resolution="unfounded")
        outside.do("resolve_case", case["id"], resolution="compensated")
        outside.do("tell_outcome", case["id"], channel="phone", customer_view="dissatisfied")
        with pytest.raises(Conflict) as own:
            agent.do("close_case", case["id"])

        assert refused.value.code == own.value.code == "service_desk.complaint.not_independent"
        assert outside.do("close_case", case["id"])["state"] == "closed"

    @pytest.mark.spec("SVC-32")
    @pytest.mark.parametrize(
        ("method", "fields"),
        [
            ("acknowledge_case", {}),
            ("respond_case", {"channel": "phone"}),
            ("move_case", {"state": "waiting_customer"}),
            ("reclassify_case", {"severity": "low"}),
            ("resolve_case", {"resolution": "unfounded"}),
            ("escalate_case", {}),
        ],
    )
    def test_whom_it_is_about_takes_no_step_in_it(self, desk, agent, director, method, fields):
        case = director.complain(accused_id="a1", assignee_id="a2")
        before = len(desk.outbox())

        with pytest.raises(Conflict) as refused:
            agent.do(method, case["id"], **fields)

        assert refused.value.code == "service_desk.complaint.not_independent"
        assert len(desk.outbox()) == before

    @pytest.mark.spec("SVC-32")
    def test_whom_it_is_about_does_not_say_what_the_customer_thinks(self, desk, agent, director):
        case = director.complain(accused_id="a1", assignee_id="a2")
        Front(desk, "a2").do("resolve_case", case["id"], resolution="compensated")

        with pytest.raises(Conflict) as refused:
            agent.do("tell_outcome", case["id"], channel="phone", customer_view="satisfied")

        assert refused.value.code == "service_desk.complaint.not_independent"
        assert (agent.get(case["id"])["customer_view"], agent.get(case["id"])["outcome_told_at"]) == (
            None, None,
        )  # fmt: skip

    @pytest.mark.spec("SVC-32")
    def test_whom_it_is_about_may_write_down_what_they_know(self, desk, agent, director):
        case = director.complain(accused_id="a1")

        desk.call("add_case_note", agent.token, case_id=case["id"], text="I did call back")

        assert [one["text"] for one in agent.file(case["id"])["notes"]] == ["I did call back"]

    def test_escalation_goes_past_whom_it_is_about(self, desk, agent):
        agent.complain(accused_id="s1")
        travel(desk, hours=2)

        assert [(t["level"], t["to_id"]) for t in told(desk, "case.escalated")] == [(2, "d1")]

    def test_other_cases_name_staff_without_taking_it_from_them(self, director):
        case = director.open(accused_id="a2", assignee_id="a2")

        assert case["assignee_id"] == "a2"


class TestClosing:
    @pytest.mark.spec("SVC-13")
    def test_only_with_the_outcome_told_and_the_customers_view(self, desk, agent):
        case = resolved(agent)

        with pytest.raises(Conflict) as untold:
            agent.do("close_case", case["id"], customer_view="satisfied")
        agent.do("tell_outcome", case["id"], channel="letter")
        with pytest.raises(Conflict) as unknown:
            agent.do("close_case", case["id"])
        with pytest.raises(Conflict):
            agent.do("close_case", case["id"], customer_view="unknown")
        assert told(desk, "case.closed") == []
        closed = agent.do("close_case", case["id"], customer_view="dissatisfied")

        assert untold.value.code == "service_desk.complaint.outcome_not_told"
        assert unknown.value.code == "service_desk.complaint.view_missing"
        assert (closed["state"], closed["customer_view"]) == ("closed", "dissatisfied")

    def test_not_before_it_is_settled(self, desk, agent):
        case = agent.complain(assignee_id="a1")

        with pytest.raises(Conflict) as open_:
            agent.do("close_case", case["id"], customer_view="satisfied")

        assert open_.value.code == "service_desk.case.not_resolved"

    def test_another_case_is_closed_without_asking(self, desk, agent):
        case = agent.open(assignee_id="a1")
        agent.do("resolve_case", case["id"], resolution="answered")

        assert agent.do("close_case", case["id"])["customer_view"] is None
        assert told(desk, "survey.invited") == []


class TestTheWholeStory:
    @pytest.mark.spec("SVC-13", "SVC-14")
    def test_from_the_call_to_the_survey(self, desk, agent, director):
        case = director.complain(call_id="call-7", channel="phone", assignee_id="a2")
        travel(desk, hours=2)
        supervisor = Front(desk, "s1")
        supervisor.do("acknowledge_case", case["id"])
        supervisor.do("move_case", case["id"], state="in_progress", reason="work_started")
        desk.clock.pass_(minutes=30)
        supervisor.do("respond_case", case["id"], channel="phone")
        supervisor.do("resolve_case", case["id"], resolution="compensated", note="a voucher")
        supervisor.do("tell_outcome", case["id"], channel="phone", customer_view="satisfied")
        supervisor.do("close_case", case["id"])

        assert types(desk) == [
            "case.opened", "case.state_changed", "case.assigned", "case.warned", "case.breached",
            "case.escalated", "case.assigned", "case.milestone_met", "case.state_changed",
            "case.milestone_met", "case.state_changed", "case.milestone_met", "case.milestone_met",
            "case.state_changed", "case.closed", "survey.invited",
        ]  # fmt: skip
        (closed,) = told(desk, "case.closed")
        assert {name: closed[name] for name in (
            "number", "type", "resolution", "customer_view", "breached", "escalations", "reopened",
            "seconds_open", "opened_at", "closed_at",
        )} == {
            "number": "C-000001", "type": "complaint", "resolution": "compensated",
            "customer_view": "satisfied", "breached": ["acknowledge"], "escalations": 1,
            "reopened": 0, "seconds_open": 9000, "opened_at": "2017-03-01T09:00:00.000000Z",
            "closed_at": "2017-03-01T11:30:00.000000Z",
        }  # fmt: skip
        (invited,) = told(desk, "survey.invited")
        assert (invited["case_id"], invited["customer_id"], invited["moment"]) == (
            case["id"], "c1", "post_sale",
        )  # fmt: skip
        assert "voucher" not in " ".join(row.body for row in desk.outbox())

    def test_a_complaint_of_nobody_we_know_is_closed_without_a_survey(self, desk, agent):
        case = resolved(agent, customer_id=None)
        agent.do("tell_outcome", case["id"], channel="person", customer_view="satisfied")

        agent.do("close_case", case["id"])

        assert told(desk, "survey.invited") == []

    def test_the_accused_who_changes_teams_is_still_refused(self, desk, agent, director):
        case = agent.complain(accused_id="a2")
        know_rep(desk, "a2", sequence=2, roles=("agent",), team_id="t9", territory_ids=())

        with pytest.raises(Conflict):
            director.do("assign_case", case["id"], assignee_id="a2")
