"""Deadlines: warned of, missed, escalated, moved, and true however late anybody looked."""

import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from chassis.tables import TIMERS
from tests.support.service_desk import at, told, travel, types

YEARS_LATER = datetime(2026, 11, 22, tzinfo=UTC)


def timers(desk):
    with desk.runtime.database.reading() as session:
        found = session.execute(select(TIMERS.c.kind, TIMERS.c.key, TIMERS.c.due))
        return sorted((row.kind, row.key.rpartition(":")[2], row.due.isoformat()) for row in found)


def log(front, case_id):
    """Return a case's history as far as the clock wrote it: what, why, when, and by whom."""
    return [
        (one["change"], one["reason"], one["at"])
        for one in front.file(case_id)["history"]
        if one["actor"] == "service:service_desk"
    ]


class TestWarningAndBreach:
    @pytest.mark.spec("SVC-14")
    def test_warns_then_notes_the_breach_and_escalates_each_once(self, desk, agent, director):
        case = director.complain(assignee_id="a2")

        travel(desk, minutes=44)
        assert told(desk, "case.warned") == []
        travel(desk, minutes=1)
        assert [(t["milestone"], t["assignee_id"]) for t in told(desk, "case.warned")] == [
            ("acknowledge", "a2")
        ]
        travel(desk, minutes=15)
        travel(desk, minutes=15)

        (breached,) = told(desk, "case.breached")
        assert (breached["milestone"], breached["due"], breached["assignee_id"]) == (
            "acknowledge", at(1, 10), "a2",
        )  # fmt: skip
        (escalated,) = told(desk, "case.escalated")
        assert (escalated["reason"], escalated["level"], escalated["to_id"]) == (
            "acknowledge_breached", 1, "s1",
        )  # fmt: skip
        (_, assigned) = told(desk, "case.assigned")
        assert (assigned["reason"], assigned["assignee_id"]) == ("escalation", "s1")
        assert log(agent, case["id"]) == [
            ("warned", "acknowledge", at(1, 9, 45)),
            ("breached", "acknowledge", at(1, 10)),
            ("escalated", "acknowledge_breached", at(1, 10)),
            ("assigned", "escalation", at(1, 10)),
        ]

    @pytest.mark.spec("SVC-03", "SVC-14")
    def test_a_complaint_that_nobody_touches_goes_to_the_top_in_four_steps(self, desk, agent):
        case = agent.complain()

        travel(desk, to=YEARS_LATER)

        assert [(t["milestone"], t["due"]) for t in told(desk, "case.breached")] == [
            ("acknowledge", at(1, 10)),
            ("first_response", at(1, 14)),
            ("solution", at(3, 18)),
            ("feedback", at(6, 18)),
        ]
        assert [(t["level"], t["to_id"]) for t in told(desk, "case.escalated")] == [
            (1, "s1"), (2, "d1"), (3, "g1"),
        ]  # fmt: skip
        assert timers(desk) == []
        assert agent.get(case["id"])["escalations"] == 3

    def test_a_clock_that_jumps_by_years_leaves_a_true_log(self, desk, agent, director):
        case = director.complain(assignee_id="a2")

        travel(desk, to=YEARS_LATER)

        history = agent.file(case["id"])["history"]
        assert [one["at"] for one in history] == sorted(one["at"] for one in history)
        assert {one["at"][:4] for one in history} == {"2017"}
        assert [one["noted_at"][:4] for one in history] == ["2017"] * 2 + ["2026"] * 14
        assert [one["change"] for one in history[2:6]] == [
            "warned", "breached", "escalated", "assigned",
        ]  # fmt: skip
        assert history[-2:][0]["reason"] == "feedback"
        assert history[-1]["change"] == "breached"  # nobody stands higher than g1

    def test_late_breaches_of_many_cases_are_told_in_the_order_of_their_instants(self, desk, agent):
        agent.complain()
        desk.clock.pass_(minutes=30)
        agent.complain()

        travel(desk, to=YEARS_LATER)

        dues = [t["due"] for t in told(desk, "case.breached")]
        assert len(dues) == 8
        assert dues == sorted(dues)

    def test_a_command_that_comes_before_a_late_timer_finds_the_breach_first(
        self, desk, agent, director
    ):
        case = director.complain(assignee_id="a2")
        desk.clock.pass_(hours=2)  # nobody has fired anything

        agent.do("acknowledge_case", case["id"])

        assert types(desk)[3:] == [
            "case.warned", "case.breached", "case.escalated", "case.assigned", "case.milestone_met",
        ]  # fmt: skip
        (met,) = told(desk, "case.milestone_met")
        assert (met["in_time"], met["due"], met["met_at"]) == (False, at(1, 10), at(1, 11))
        assert met["seconds_used"] == 7200
        before = len(desk.outbox())
        travel(desk, minutes=1)
        assert len(desk.outbox()) == before
        found = agent.milestone(case["id"], "acknowledge")
        assert (found["breached_at"], found["met_at"]) == (at(1, 10), at(1, 11))

    def test_the_due_instant_itself_is_too_late_and_the_one_before_is_not(self, desk, agent):
        early, late = agent.complain(), agent.complain()
        desk.clock.pass_(minutes=59, seconds=59)
        agent.do("acknowledge_case", early["id"])
        desk.clock.pass_(seconds=1)
        agent.do("acknowledge_case", late["id"])

        assert [t["in_time"] for t in told(desk, "case.milestone_met")] == [True, False]

    def test_a_milestone_that_is_met_is_neither_warned_of_nor_missed(self, desk, agent):
        case = agent.complain(assignee_id="a1")
        agent.do("respond_case", case["id"], channel="phone")
        agent.do("resolve_case", case["id"], resolution="solved")
        agent.do("tell_outcome", case["id"], channel="phone", customer_view="satisfied")

        travel(desk, to=YEARS_LATER)

        assert [t["milestone"] for t in told(desk, "case.milestone_met")] == [
            "acknowledge", "first_response", "solution", "feedback",
        ]  # fmt: skip
        assert told(desk, "case.warned") == told(desk, "case.breached") == []

    def test_two_who_fire_at_once_breach_once(self, desk, agent):
        agent.complain()
        desk.clock.pass_(minutes=61)

        threads = [threading.Thread(target=desk.fire) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        travel(desk, minutes=1)

        assert len(told(desk, "case.breached")) == 1
        assert len(told(desk, "case.escalated")) == 1

    def test_a_command_between_two_breaches_keeps_the_log_in_order(self, desk, agent, director):
        case = director.complain(assignee_id="a2")
        desk.clock.pass_(hours=2)
        agent.do("move_case", case["id"], state="in_progress")
        travel(desk, days=1)

        history = agent.file(case["id"])["history"]

        assert [one["place"] for one in history] == list(range(1, len(history) + 1))
        assert [one["at"] for one in history] == sorted(one["at"] for one in history)


class TestPauses:
    @pytest.mark.spec("SVC-14")
    def test_the_clock_stands_while_the_customer_is_waited_for(self, desk, agent):
        case = agent.complain(assignee_id="a1")
        agent.do("respond_case", case["id"], channel="phone")
        desk.clock.pass_(hours=2)  # 11:00: 2 of 24 hours are used
        agent.do("move_case", case["id"], state="waiting_customer", reason="information_needed")

        assert agent.milestone(case["id"], "solution")["due"] is None
        assert timers(desk) == []
        travel(desk, days=14)
        assert told(desk, "case.breached") == []
        agent.do("move_case", case["id"], state="in_progress", reason="customer_answered")

        assert agent.milestone(case["id"], "solution")["due"] == at(17, 18)
        (replanned,) = told(desk, "case.replanned")
        assert (replanned["reason"], replanned["deadlines"]) == (
            "resumed", {"solution": at(17, 18), "feedback": at(20, 18)},
        )  # fmt: skip
        agent.do("resolve_case", case["id"], resolution="solved")
        met = told(desk, "case.milestone_met")[-1]
        assert (met["milestone"], met["seconds_used"], met["in_time"]) == ("solution", 7200, True)

    def test_a_pause_does_not_undo_what_was_missed_before_it(self, desk, agent):
        case = agent.complain(assignee_id="a1")
        desk.clock.pass_(hours=2)  # the acknowledgement was due at 10:00; no timer has fired
        agent.do("move_case", case["id"], state="waiting_customer")

        assert [t["milestone"] for t in told(desk, "case.breached")] == ["acknowledge"]
        agent.do("acknowledge_case", case["id"])
        assert told(desk, "case.milestone_met")[0]["in_time"] is False

    def test_what_is_met_while_the_clock_stands_is_met_in_time(self, desk, agent):
        case = agent.complain(assignee_id="a1")
        desk.clock.pass_(minutes=30)
        agent.do("move_case", case["id"], state="waiting_customer")
        desk.clock.pass_(days=2)
        agent.do("acknowledge_case", case["id"])

        (met,) = told(desk, "case.milestone_met")
        assert (met["in_time"], met["seconds_used"], met["due"]) == (True, 1800, at(3, 10))

    def test_a_case_that_is_solved_while_waiting_goes_on_counting_to_its_feedback(
        self, desk, agent
    ):
        case = agent.complain(assignee_id="a1")
        agent.do("move_case", case["id"], state="waiting_customer")
        desk.clock.pass_(days=1)

        agent.do("resolve_case", case["id"], resolution="compensated")

        assert agent.milestone(case["id"], "feedback")["due"] == at(7, 18)
        assert [kind for kind, *_ in timers(desk)] == ["case.deadline", "case.warning"]
