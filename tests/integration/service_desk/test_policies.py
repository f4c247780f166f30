"""Calendars, holidays and promises as the users decide them."""

import pytest

from chassis.errors import Conflict, Forbidden, Invalid, NotFound
from services.service_desk.tables import Calendar, Holiday, Policy
from services.service_desk.usecases import clocks, policies
from tests.support.service_desk import at, told, travel

OFFICE, ALWAYS = "service_calendars.office", "service_calendars.always"
NIGHT = {day: [["20:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
EVERY_HOUR = {
    day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
}
A_POLICY = {
    "key": "urgent_web", "label": "Urgent", "type": "incident", "severity": "high",
    "calendar_id": ALWAYS, "acknowledge_seconds": 600, "solution_seconds": 7200, "warn_percent": 50,
}  # fmt: skip


@pytest.fixture
def admin(desk):
    return desk.person("admin", "admin")


def holiday(desk, admin, day, calendar_id=OFFICE):
    return desk.call("declare_holiday", admin, calendar_id=calendar_id, day=day, label="Feast")


def write(desk, token, **fields):
    return desk.ask("write_policy", token, A_POLICY | fields)


def due(agent, case, milestone="solution"):
    return agent.milestone(case["id"], milestone)["due"]


class TestHolidays:
    @pytest.mark.spec("SVC-11")
    def test_move_the_deadlines_of_every_running_clock(self, desk, agent, admin):
        case, other = agent.complain(), agent.open(severity="critical")
        before = due(agent, other)

        declared = holiday(desk, admin, "2017-03-02")
        desk.fire()

        assert due(agent, case) == "2017-03-06T18:00:00.000000Z"  # was Friday
        assert due(agent, other) == before  # round the clock is another calendar
        (replanned,) = told(desk, "case.replanned")
        assert (replanned["case_id"], replanned["reason"]) == (case["id"], "calendar")
        desk.call("withdraw_holiday", admin, holiday_id=declared["id"], version=1)
        desk.fire()
        assert due(agent, case) == "2017-03-03T18:00:00.000000Z"
        assert desk.rows(Holiday) == []
        verbs = [t["verb"] for t in told(desk, "record.changed")]
        assert verbs == ["created", "deleted"]

    def test_are_worked_out_in_batches(self, desk, agent, admin, monkeypatch):
        monkeypatch.setattr(clocks, "BATCH", 2)
        cases = [agent.complain() for _ in range(5)]

        holiday(desk, admin, "2017-03-02")
        desk.fire()

        assert {due(agent, case) for case in cases} == {"2017-03-06T18:00:00.000000Z"}

    def test_leave_alone_what_stands_what_is_missed_and_what_is_over(self, desk, agent, admin):
        waiting, over = (agent.complain(assignee_id="a1") for _ in range(2))
        missed = agent.complain()
        agent.do("move_case", waiting["id"], state="waiting_customer")
        agent.do("resolve_case", over["id"], resolution="solved")
        agent.do("tell_outcome", over["id"], channel="mail", customer_view="satisfied")
        agent.do("close_case", over["id"])
        travel(desk, hours=2)
        before = len(told(desk, "case.replanned"))

        holiday(desk, admin, "2017-03-01")
        desk.fire()

        assert due(agent, missed, "acknowledge") == "2017-03-01T10:00:00.000000Z"
        replanned = told(desk, "case.replanned")[before:]
        assert [t["case_id"] for t in replanned] == [missed["id"]]
        assert due(agent, waiting) is None

    def test_refuse_the_same_day_twice_and_unknown_calendars(self, desk, admin):
        holiday(desk, admin, "2017-03-02")

        with pytest.raises(Conflict) as known:
            holiday(desk, admin, "2017-03-02")
        with pytest.raises(NotFound):
            holiday(desk, admin, "2017-03-02", "nowhere")
        for wrong in ("2017-02-30", "tomorrow", 7):
            with pytest.raises(Invalid):
                holiday(desk, admin, wrong)
        with pytest.raises(Forbidden):
            holiday(desk, desk.person("s1", "supervisor"), "2017-03-03")

        assert known.value.code == "service_desk.holiday.known"
        assert len(desk.rows(Holiday)) == 1

    def test_refuse_one_more_than_a_calendar_has(self, desk, admin, monkeypatch):
        monkeypatch.setattr(policies, "MAX_HOLIDAYS", 1)
        holiday(desk, admin, "2017-03-02")

        with pytest.raises(Invalid) as refused:
            holiday(desk, admin, "2017-03-03")

        assert refused.value.code == "service_desk.calendar.too_many_holidays"


class TestCalendars:
    @pytest.mark.spec("SVC-11")
    def test_other_hours_move_the_deadlines(self, desk, agent, admin):
        case = agent.complain()

        desk.call("revise_calendar", admin, calendar_id=OFFICE, version=1, week=NIGHT,
                  zone="Europe/Berlin")  # fmt: skip
        desk.fire()

        assert due(agent, case, "acknowledge") == "2017-03-01T20:00:00.000000Z"  # 20:00 to 21:00

    def test_a_new_one_is_used_by_a_new_promise(self, desk, agent, admin):
        made = desk.call(
            "create_record", admin, kind="calendar",
            values={"key": "night", "label": "At night", "zone": "America/New_York", "week": NIGHT},
        )  # fmt: skip

        write(desk, admin, calendar_id=made["id"])
        case = agent.open(severity="high")

        assert (case["policy"], case["calendar_id"]) == ("urgent_web", made["id"])
        assert due(agent, case, "acknowledge") == "2017-03-02T01:10:00.000000Z"

    def test_refuses_hours_that_nobody_could_keep(self, desk, admin):
        good = {"key": "night", "label": "At night", "zone": "UTC", "week": NIGHT}

        for wrong in (
            {"zone": "Mars/Olympus"}, {"zone": "../../etc/passwd"}, {"week": {}},
            {"week": {"mon": [["09:00", "17:00"], ["12:00", "18:00"]]}},
            {"week": {"mon": [["17:00", "09:00"]]}}, {"week": {"moon": [["09:00", "17:00"]]}},
            {"week": {"mon": [["09:00", "09:30"]]}}, {"week": {"mon": "09:00-17:00"}},
            {"key": "Office Hours"}, {"label": ""}, {"colour": "red"},
        ):  # fmt: skip
            with pytest.raises(Invalid):
                desk.call("create_record", admin, kind="calendar", values=good | wrong)

        assert len(desk.rows(Calendar)) == 2


@pytest.fixture
def half_way(desk, director):
    """A complaint on Friday at 8:00: 16 of 24 office hours are used, and two deadlines missed."""
    case = director.complain(assignee_id="a1")
    travel(desk, days=1, hours=6)  # Thursday, 15:00
    director.do("assign_case", case["id"], assignee_id="a1")
    travel(desk, hours=17)
    return case


def stay_open(desk, admin):
    """Give service round the clock from now on."""
    desk.call("revise_calendar", admin, calendar_id=OFFICE, version=1, week=EVERY_HOUR)


def late(front, case):
    """Return which deadlines were missed when, as the history has it, which has to be in order."""
    history = front.file(case["id"])["history"]
    assert [one["at"] for one in history] == sorted(one["at"] for one in history)
    return {one["reason"]: one["at"] for one in history if one["change"] == "breached"}


class TestHoursThatBringADeadlineForward:
    def test_past_the_present_make_it_due_at_once(self, desk, director, admin, half_way):
        stay_open(desk, admin)  # the solution would have been due on Thursday at 9:00

        desk.fire()

        assert late(director, half_way) == {
            "acknowledge": at(1, 10), "first_response": at(1, 14),
            "solution": at(3, 8), "feedback": at(3, 8),
        }  # fmt: skip
        assert due(director, half_way) == at(3, 8)
        assert told(desk, "case.breached")[-1]["due"] == at(3, 8)

    def test_make_it_due_after_what_somebody_did_meanwhile(self, desk, director, admin, half_way):
        stay_open(desk, admin)
        desk.clock.pass_(hours=1)
        director.do("assign_case", half_way["id"], assignee_id="a2")

        travel(desk, hours=1)

        assert late(director, half_way)["solution"] == at(3, 9)

    def test_make_it_due_when_the_clock_goes_on(self, desk, director, admin, half_way):
        director.do("move_case", half_way["id"], state="waiting_customer")
        stay_open(desk, admin)
        desk.clock.pass_(hours=1)  # nobody has worked it out anew yet

        director.do("move_case", half_way["id"], state="in_progress")

        assert late(director, half_way)["solution"] == at(3, 9)

    def test_only_to_the_future_make_it_due_then_however_late_a_timer_fires(
        self, desk, director, admin
    ):
        case = director.complain(assignee_id="a1")
        desk.clock.pass_(minutes=30)
        stay_open(desk, admin)

        travel(desk, days=3000)

        assert late(director, case) == {
            "acknowledge": at(1, 10), "first_response": at(1, 13),
            "solution": at(2, 9), "feedback": at(2, 17),
        }  # fmt: skip


class TestPolicies:
    @pytest.mark.spec("SVC-14")
    def test_promise_what_they_say_on_the_cases_they_are_for(self, desk, agent, admin):
        write(desk, admin)

        case, other = agent.open(severity="high"), agent.open()

        assert (case["policy"], case["policy_reason"]) == (
            "urgent_web", "type=incident,severity=high",
        )  # fmt: skip
        assert other["policy"] == "everyday"
        found = agent.file(case["id"])["milestones"]
        assert [(one["milestone"], one["warn_at"], one["due"]) for one in found] == [
            ("acknowledge", "2017-03-01T09:05:00.000000Z", "2017-03-01T09:10:00.000000Z"),
            ("solution", "2017-03-01T10:00:00.000000Z", "2017-03-01T11:00:00.000000Z"),
        ]

    def test_a_change_holds_from_now_on_and_a_retired_one_is_not_chosen(self, desk, agent, admin):
        policy = write(desk, admin)
        old = agent.open(severity="high")

        changed = desk.call("revise_policy", admin, policy_id=policy["id"], version=1,
                            solution_seconds=3600)  # fmt: skip
        new = agent.open(severity="high")
        desk.call("revise_policy", admin, policy_id=policy["id"], version=changed["version"],
                  active=False)  # fmt: skip

        assert [due(agent, case)[11:16] for case in (old, new)] == ["11:00", "10:00"]
        assert agent.open(severity="high")["policy"] == "everyday"

    def test_a_case_without_any_policy_is_taken_in_without_deadlines(self, desk, agent, admin):
        for row in desk.rows(Policy):
            desk.call("revise_policy", admin, policy_id=row.id, version=1, active=False)

        case = agent.complain(assignee_id="a1")
        agent.do("acknowledge_case", case["id"])
        agent.do("resolve_case", case["id"], resolution="solved")

        assert (case["policy"], case["policy_reason"]) == ("none", "none")
        assert told(desk, "case.opened")[0]["deadlines"] == {}
        assert told(desk, "case.milestone_met") == []
        agent.do("tell_outcome", case["id"], channel="mail", customer_view="satisfied")
        desk.clock.pass_(hours=1)
        assert agent.do("close_case", case["id"])["seconds_open"] == 3600

    def test_refuses_promises_that_make_no_sense(self, desk, admin):
        for wrong in (
            {"acknowledge_seconds": 8000},  # after the solution
            {"acknowledge_seconds": None, "solution_seconds": None},
            {"solution_seconds": 30 * 86_400 + 1}, {"acknowledge_seconds": 59},
            {"acknowledge_seconds": 600.5}, {"warn_percent": 0}, {"warn_percent": 101},
            {"type": "grumble"}, {"tier": "V.I.P."}, {"id": "mine"},
        ):  # fmt: skip
            with pytest.raises(Invalid):
                write(desk, admin, **wrong)

        assert len(desk.rows(Policy)) == 6

    def test_refuses_unknown_calendars_and_callers(self, desk, admin):
        with pytest.raises(NotFound):
            write(desk, admin, calendar_id="nowhere")
        with pytest.raises(Forbidden):
            write(desk, desk.person("a1", "agent"))
        with pytest.raises(Forbidden):
            desk.call("delete_record", admin, kind="sla_policy", id="sla_policies.everyday",
                      version=1)  # fmt: skip
        write(desk, admin)
        with pytest.raises(Conflict):
            write(desk, admin)

        assert len(desk.rows(Policy)) == 7

    def test_a_step_of_the_way_up_is_a_role_that_exists(self, desk, admin):
        with pytest.raises(Invalid):
            desk.call("create_record", admin, kind="escalation_step",
                      values={"level": 4, "role": "emperor"})  # fmt: skip
        with pytest.raises(Invalid):
            desk.call("create_record", admin, kind="escalation_step",
                      values={"level": 0, "role": "supervisor"})  # fmt: skip
