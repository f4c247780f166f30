"""Deadlines that are promised anew, and who is called when one is missed."""

import threading

import pytest

from chassis.errors import Conflict, Problem
from services.service_desk.tables import CaseChange, CaseMilestone
from tests.support.sales import know_customer, know_rep
from tests.support.service_desk import Front, at, told, travel


class TestPromisedAnew:
    def test_a_reopened_case_is_not_late_at_once(self, desk, agent):
        case = agent.complain(assignee_id="a1")
        agent.do("resolve_case", case["id"], resolution="solved")
        agent.do("tell_outcome", case["id"], channel="mail", customer_view="dissatisfied")
        agent.do("close_case", case["id"])
        travel(desk, days=28)  # Wednesday the 29th, 9:00

        agent.do("reopen_case", case["id"], reason="customer_dissatisfied")

        assert told(desk, "case.breached") == []
        found = agent.milestone(case["id"], "solution")
        assert (found["round"], found["due"]) == (2, at(31, 18))
        (replanned,) = told(desk, "case.replanned")
        assert replanned["deadlines"] == {"solution": at(31, 18), "feedback": at(3, 18, month=4)}
        travel(desk, days=3)
        assert [(t["milestone"], t["due"]) for t in told(desk, "case.breached")] == [
            ("solution", at(31, 18))
        ]

    def test_the_time_that_a_case_was_closed_is_not_counted(self, desk, agent):
        case = agent.open(assignee_id="a1")
        desk.clock.pass_(hours=1)
        agent.do("resolve_case", case["id"], resolution="solved")
        agent.do("close_case", case["id"])
        desk.clock.pass_(days=1)
        agent.do("reopen_case", case["id"], reason="not_solved")
        desk.clock.pass_(hours=2)
        agent.do("resolve_case", case["id"], resolution="workaround")
        agent.do("close_case", case["id"])

        first, second = told(desk, "case.closed")
        assert (first["seconds_open"], first["reopened"]) == (3600, 0)
        assert (second["seconds_open"], second["reopened"]) == (3 * 3600, 1)
        assert second["resolution"] == "workaround"

    def test_a_worse_case_is_promised_more_from_now_and_goes_up(self, desk, agent, director):
        case = director.complain(assignee_id="a2")
        agent.do("acknowledge_case", case["id"])
        desk.clock.pass_(hours=1)

        worse = agent.do("reclassify_case", case["id"], severity="critical")

        assert (worse["policy"], worse["assignee_id"]) == ("critical_complaint", "s1")
        (replanned,) = told(desk, "case.replanned")
        assert (replanned["reason"], replanned["severity"]) == ("reclassified", "critical")
        assert replanned["deadlines"] == {
            "first_response": at(1, 11), "solution": at(2, 10), "feedback": at(2, 18),
        }  # fmt: skip
        rounds = [(one["milestone"], one["round"], one["ended_at"] is None)
                  for one in agent.file(case["id"])["milestones"]]  # fmt: skip
        assert ("solution", 1, False) in rounds
        assert ("solution", 2, True) in rounds
        assert told(desk, "case.breached") == []

    @pytest.mark.spec("SVC-11")
    def test_time_that_ran_by_office_hours_stays_counted_by_them(self, desk, agent):
        case = agent.open(assignee_id="a1")
        travel(desk, days=5)  # Monday the 6th, 9:00: 24 office hours have passed
        supervisor = Front(desk, "s1")
        supervisor.do("reclassify_case", case["id"], severity="critical")  # round the clock
        desk.clock.pass_(hours=12)

        supervisor.do("resolve_case", case["id"], resolution="solved")
        supervisor.do("close_case", case["id"])

        (closed,) = told(desk, "case.closed")
        assert closed["seconds_open"] == (24 + 12) * 3600
        used = {t["milestone"]: t["seconds_used"] for t in told(desk, "case.milestone_met")}
        # The first two were promised in office hours, and missed; the third round the clock.
        assert used == {
            "acknowledge": (24 + 8) * 3600, "first_response": (24 + 8) * 3600,
            "solution": 12 * 3600,
        }  # fmt: skip

    def test_what_was_missed_stays_missed_when_it_is_promised_anew(self, desk, agent, director):
        case = director.complain(assignee_id="a2")
        travel(desk, hours=2)

        agent.do("reclassify_case", case["id"], severity="low")
        agent.do("acknowledge_case", case["id"])

        (met,) = told(desk, "case.milestone_met")
        assert (met["milestone"], met["in_time"], met["due"]) == ("acknowledge", False, at(1, 10))
        rows = [row for row in desk.rows(CaseMilestone) if row.milestone == "acknowledge"]
        assert len(rows) == 1

    def test_a_feedback_that_was_missed_is_promised_anew_when_a_case_is_reopened(self, desk, agent):
        case = agent.complain(assignee_id="a1")
        agent.do("resolve_case", case["id"], resolution="solved")
        travel(desk, days=6)  # Tuesday the 7th, 9:00: the feedback was due on Monday at 18:00

        Front(desk, "s1").do("reopen_case", case["id"], reason="not_solved")

        rounds = [
            (one["round"], one["due"], one["breached_at"], one["ended_at"])
            for one in agent.file(case["id"])["milestones"]
            if one["milestone"] == "feedback"
        ]
        assert rounds == [(1, at(6, 18), at(6, 18), at(7, 9)), (2, at(10, 18), None, None)]
        assert told(desk, "case.replanned")[-1]["deadlines"] == {
            "solution": at(9, 18), "feedback": at(10, 18),
        }  # fmt: skip
        travel(desk, days=7)
        assert [t["due"] for t in told(desk, "case.breached") if t["milestone"] == "feedback"] == [
            at(6, 18), at(10, 18),
        ]  # fmt: skip

    def test_is_acknowledged_once_but_answered_as_often_as_needed(self, desk, agent):
        case = agent.complain(assignee_id="a1")
        agent.do("acknowledge_case", case["id"])
        for _ in range(2):
            agent.do("respond_case", case["id"], channel="mail")

        with pytest.raises(Conflict) as twice:
            agent.do("acknowledge_case", case["id"])

        assert twice.value.code == "service_desk.case.already_acknowledged"
        assert [t["milestone"] for t in told(desk, "case.milestone_met")] == [
            "acknowledge", "first_response",
        ]  # fmt: skip


class TestTheWayUp:
    def test_prefers_the_team_of_the_case_and_passes_over_who_left(self, desk, agent):
        know_rep(desk, "s1", sequence=2, roles=("supervisor",), team_id="t1", active=False,
                 territory_ids=())  # fmt: skip
        know_rep(desk, "s3", roles=("supervisor",), team_id="t9", territory_ids=("west",))
        agent.complain()

        travel(desk, hours=2)

        # s2 is another team's; s3 has the territory of the customer.
        assert [t["to_id"] for t in told(desk, "case.escalated")] == ["s3"]

    def test_what_is_given_back_by_hand_is_no_longer_above_and_goes_up_again(
        self, desk, agent, director
    ):
        case = agent.complain(assignee_id="a1")
        travel(desk, hours=1)  # the acknowledgement is missed: s1 has it

        given = director.do("assign_case", case["id"], assignee_id="a2")

        assert (given["escalation_level"], given["escalations"]) == (0, 1)
        assert agent.find(escalated=True) == []
        travel(desk, hours=4)  # so is the first response
        assert [(t["level"], t["to_id"]) for t in told(desk, "case.escalated")] == [
            (1, "s1"), (1, "s1"),
        ]  # fmt: skip

    def test_what_is_given_to_a_superior_by_hand_does_not_come_down(self, desk, agent, director):
        case = agent.complain(assignee_id="a1")
        travel(desk, hours=1)

        given = director.do("assign_case", case["id"], assignee_id="d1")

        assert given["escalation_level"] == 1
        travel(desk, hours=4)
        # d1 has it already: it goes past the second level.
        assert [(t["level"], t["to_id"]) for t in told(desk, "case.escalated")] == [
            (1, "s1"), (3, "g1"),
        ]  # fmt: skip

    def test_an_empty_level_is_skipped(self, desk, agent):
        know_customer(desk, "c9", team_id="t9", territory_id="nowhere", owner_id=None)
        agent.complain(customer_id="c9")

        travel(desk, hours=2)

        assert [(t["level"], t["to_id"]) for t in told(desk, "case.escalated")] == [(2, "d1")]


class TestRaces:
    def test_a_breach_while_somebody_answers_is_noted_once_and_nobodys_work_is_lost(
        self, desk, agent, director
    ):
        case = director.complain(assignee_id="a2")
        desk.clock.pass_(hours=2)
        outcomes = []

        def acknowledge():
            try:
                agent.do("acknowledge_case", case["id"])
                outcomes.append("done")
            except Problem as problem:
                outcomes.append(problem.code)

        threads = [threading.Thread(target=each) for each in (acknowledge, desk.fire)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        travel(desk, seconds=0)

        assert outcomes in (["done"], ["stale_version"])
        assert len(told(desk, "case.breached")) == 1
        assert len(told(desk, "case.milestone_met")) == outcomes.count("done")
        places = sorted(row.place for row in desk.rows(CaseChange))
        assert places == list(range(1, len(places) + 1))
