"""Who is answerable for a case: given to somebody, or taken."""

import pytest

from chassis.errors import Conflict, Forbidden, Invalid, StaleVersion
from tests.support.service_desk import Front, told


class TestAssignCase:
    @pytest.mark.spec("SVC-02")
    def test_is_given_and_given_again_with_its_history(self, desk, agent, director):
        case = agent.open()

        director.do("assign_case", case["id"], assignee_id="a2")
        again = director.do("assign_case", case["id"], assignee_id="s1")

        assert (again["state"], again["assignee_id"]) == ("assigned", "s1")
        history = agent.file(case["id"])["history"]
        assert [(h["change"], h["assignee_id"], h["actor"]) for h in history] == [
            ("opened", None, "person:a1"),
            ("assigned", "a2", "person:d1"),
            ("assigned", "s1", "person:d1"),
        ]
        assert [
            (t["previous_assignee_id"], t["assignee_id"]) for t in told(desk, "case.assigned")
        ] == [(None, "a2"), ("a2", "s1")]

    def test_refuses_whoever_could_not_work_on_it(self, desk, agent, director):
        case = agent.open()

        for wrong in ("stranger", "r1", "s2"):  # nobody, no right, another team's supervisor
            with pytest.raises(Invalid) as refused:
                director.do("assign_case", case["id"], assignee_id=wrong)
            assert refused.value.code == "service_desk.case.not_able_to_serve"
        with pytest.raises(Forbidden):
            agent.do("assign_case", case["id"], assignee_id="a2")
        director.do("assign_case", case["id"], assignee_id="a2")
        with pytest.raises(Conflict) as same:
            director.do("assign_case", case["id"], assignee_id="a2")

        assert same.value.code == "service_desk.case.already_assigned"
        assert len(told(desk, "case.assigned")) == 1

    def test_refuses_a_stale_version(self, desk, agent, director):
        case = agent.open()
        director.do("assign_case", case["id"], assignee_id="a2")

        with pytest.raises(StaleVersion):
            desk.call("assign_case", director.token, case_id=case["id"], version=1,
                      assignee_id="a1")  # fmt: skip

        assert agent.get(case["id"])["assignee_id"] == "a2"


class TestTakeCase:
    def test_an_agent_takes_what_nobody_has_and_begins(self, desk, agent):
        case = agent.open()

        taken = agent.do("take_case", case["id"])

        assert (taken["state"], taken["assignee_id"]) == ("assigned", "a1")
        assert agent.history(case["id"]) == [("opened", "everyday"), ("assigned", "manual")]
        (assigned,) = told(desk, "case.assigned")
        assert (assigned["previous_assignee_id"], assigned["assignee_id"]) == (None, "a1")
        assert agent.do("move_case", case["id"], state="in_progress")["state"] == "in_progress"

    def test_refuses_what_somebody_has(self, desk, agent):
        case = agent.open(assignee_id="a1")

        with pytest.raises(Conflict) as refused:
            Front(desk, "a2").do("take_case", case["id"])

        assert refused.value.code == "service_desk.case.already_assigned"
        assert agent.get(case["id"])["assignee_id"] == "a1"

    def test_refuses_whom_a_complaint_is_about_and_who_is_not_of_the_staff(self, desk, agent):
        case = agent.complain(accused_id="a1")
        stranger = desk.person("stranger", "agent")

        with pytest.raises(Conflict) as accused:
            agent.do("take_case", case["id"])
        with pytest.raises(Invalid) as unknown:
            desk.call("take_case", stranger, case_id=case["id"], version=1)

        assert accused.value.code == "service_desk.complaint.not_independent"
        assert unknown.value.code == "service_desk.case.not_able_to_serve"
        assert agent.get(case["id"])["assignee_id"] is None
