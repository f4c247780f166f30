"""Who hands over leaves no case behind: somebody who may work on it is answerable for each."""

from collections import Counter

import pytest

from chassis import leaving, processes
from contracts.accounts import CustomerOwnerChanged
from contracts.owning import StaffHandedOver
from services.service_desk.tables import Case
from services.service_desk.usecases import assignment
from tests.support.leads import make_due
from tests.support.sales import know_customer
from tests.support.service_desk import Front, told


def hand_over(desk, staff_id, *recipients, task="h1", **fields):
    """Let the desk hear that somebody handed over, and do what follows."""
    desk.hear("hand_overs", StaffHandedOver(
        allocation_id=task, version=3, staff_id=staff_id, recipient_ids=recipients, **fields
    ))  # fmt: skip
    processes.resume_due(desk.runtime)


def changes_owner(desk, owner_id="r2", *, batch="h1"):
    """Let the desk hear that the customer is somebody else's now."""
    know_customer(desk, sequence=2, owner_id=owner_id)
    desk.hear("owner_changes", CustomerOwnerChanged(
        customer_id="c1", version=2, previous_owner_id="r1", owner_id=owner_id, team_id="t1",
        territory_id="west", reason="handed_over", batch_id=batch,
    ))  # fmt: skip


def assignees(desk):
    """Count who is answerable for the cases that there are."""
    return Counter(one.assignee_id for one in desk.rows(Case))


def followed(desk):
    """Return what the desk said that it has given away."""
    return [one["counts"] for one in told(desk, "staff.followed")]


class TestCases:
    @pytest.mark.spec("ACC-29")
    def test_go_in_turn_to_those_who_were_named_and_are_counted(self, desk, agent, director):
        for _ in range(4):
            director.do("assign_case", agent.open()["id"], assignee_id="a1")

        hand_over(desk, "a1", "a2", "g1")

        assert assignees(desk) == {"a2": 2, "g1": 2}
        assert followed(desk) == [{"assigned_cases": 4}]
        assert Counter(one["reason"] for one in told(desk, "case.assigned")) == {
            "manual": 4, "handed_over": 4,
        }  # fmt: skip

    def test_who_may_not_work_on_one_does_not_get_it(self, desk, agent, director):
        director.do("assign_case", agent.open()["id"], assignee_id="a1")

        hand_over(desk, "a1", "s2")  # the supervisor of another team

        assert (assignees(desk)["a1"], assignees(desk)["s2"]) == (0, 0)
        assert followed(desk) == [{"assigned_cases": 1}]

    def test_a_complaint_goes_to_nobody_whom_it_is_about(self, desk, agent, director):
        case = director.complain(accused_id="a2", assignee_id="a1")

        hand_over(desk, "a1", "a2")

        assert director.get(case["id"])["assignee_id"] not in {"a1", "a2", None}

    def test_of_nobody_who_could_work_on_it_stays_and_is_told(self, desk, agent, monkeypatch):
        agent.open(assignee_id="a1")
        monkeypatch.setattr(assignment, "others", lambda *_: [])

        hand_over(desk, "a1", "a2")

        assert assignees(desk) == {"a1": 1}
        assert followed(desk) == [{"assigned_cases_left": 1}]

    def test_a_closed_one_keeps_who_had_it(self, desk, agent, director):
        case = agent.open(assignee_id="a1")
        agent.do("move_case", case["id"], state="in_progress")
        agent.do("resolve_case", case["id"], resolution="solved")
        agent.do("close_case", case["id"], customer_view="satisfied")

        hand_over(desk, "a1", "a2")

        assert assignees(desk) == {"a1": 1}
        assert followed(desk) == [{}]

    def test_from_above_comes_down_to_whom_it_is_given(self, desk, agent, director):
        case = agent.open(assignee_id="a1", severity="low")
        director.do("escalate_case", case["id"])
        above = agent.get(case["id"])

        hand_over(desk, above["assignee_id"], "a2")

        now = agent.get(case["id"])
        assert (above["escalation_level"], now["escalation_level"]) == (1, 0)
        assert now["assignee_id"] == "a2"

    def test_of_nobody_whom_we_know_is_theirs_who_were_named(self, desk):
        supervisor = Front(desk, "s1")
        case = supervisor.open(customer_id=None)

        hand_over(desk, "s1", "s2")

        (stored,) = desk.rows(Case)
        assert (stored.id, stored.owner_id, stored.team_id) == (case["id"], "s2", "t2")
        assert followed(desk) == [{"cases": 1}]


class TestWhatFollowsCustomers:
    def test_is_counted_by_whatever_way_it_went(self, desk, agent, director):
        agent.open()
        agent.open()
        changes_owner(desk)
        agent.open()  # is the new owner's from the beginning

        hand_over(desk, "r1", "r2")

        assert {one.owner_id for one in desk.rows(Case)} == {"r2"}
        assert followed(desk) == [{"cases": 2}]

    def test_is_waited_for(self, desk, agent):
        agent.open()
        hand_over(desk, "r1", "r2")
        before = followed(desk)

        know_customer(desk, sequence=2, owner_id="r2")  # the copy is told, the handler is not
        make_due(desk)

        assert before == []
        assert followed(desk) == [{"cases": 1}]
        assert [one.owner_id for one in desk.rows(Case)] == ["r2"]

    def test_of_a_customer_who_stays_stays(self, desk, agent):
        agent.open()

        hand_over(desk, "r1", "r2", kept=1)

        assert [one.owner_id for one in desk.rows(Case)] == ["r1"]
        assert followed(desk) == [{"cases_left": 1}]

    def test_is_not_waited_for_without_end(self, desk, agent):
        agent.open()
        hand_over(desk, "r1", "r2")

        desk.clock.pass_(minutes=3)
        make_due(desk)

        assert followed(desk) == [{"cases_left": 1}]


class TestDeaths:
    def test_goes_on_with_nothing_twice(self, desk, agent, monkeypatch):
        monkeypatch.setattr(leaving, "TAKEN_AT_ONCE", 2)
        for _ in range(5):
            agent.open(assignee_id="a1")
        give, given = assignment.give, 0

        def dying(*asked, **fields):
            nonlocal given
            given += 1
            if given == 4:  # in the middle of the second step
                raise RuntimeError("the process is gone")
            give(*asked, **fields)

        monkeypatch.setattr(assignment, "give", dying)
        hand_over(desk, "a1", "a2")
        half = assignees(desk)
        make_due(desk)

        assert half == {"a1": 3, "a2": 2}
        assert assignees(desk) == {"a2": 5}
        assert followed(desk) == [{"assigned_cases": 5}]
        assert len(told(desk, "case.assigned")) == 10
