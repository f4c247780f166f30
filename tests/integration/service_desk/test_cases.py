"""Cases: opened, worked on, settled, taken up again."""

import pytest

from chassis.errors import Conflict, Forbidden, Invalid, NotFound
from services.service_desk.tables import Case, CaseChange
from tests.support.sales import know_customer
from tests.support.service_desk import told, types


class TestOpenCase:
    @pytest.mark.spec("SVC-01")
    def test_one_short_entry_makes_a_case_with_number_policy_and_deadlines(self, desk, agent):
        case = agent.open()

        assert (case["number"], case["state"], case["version"]) == ("C-000001", "new", 1)
        assert (case["policy"], case["policy_reason"]) == ("everyday", "default")
        assert agent.history(case["id"]) == [("opened", "everyday")]
        (opened,) = told(desk, "case.opened")
        assert opened["deadlines"] == {
            "acknowledge": "2017-03-01T11:00:00.000000Z",
            "first_response": "2017-03-01T18:00:00.000000Z",
            "solution": "2017-03-07T18:00:00.000000Z",
        }
        assert (opened["customer_id"], opened["owner_id"]) == ("c1", "r1")

    def test_numbers_are_the_entitys_own_and_have_no_gaps(self, desk, agent):
        with pytest.raises(NotFound):
            agent.open(customer_id="stranger")
        know_customer(desk, "c2", entity_id="daughter")

        numbers = [agent.open(customer_id=id_)["number"] for id_ in ("c1", "c1")]
        with pytest.raises(Forbidden):  # the agent works for the group
            agent.open(customer_id="c2")

        assert numbers == ["C-000001", "C-000002"]
        assert len(desk.rows(Case)) == 2

    def test_tells_nothing_of_what_it_says(self, desk, agent):
        agent.complain(description="Mrs Ames is furious", order_id="o1")

        bodies = " ".join(row.body for row in desk.outbox())
        for secret in ("Nobody called", "furious", "Ada"):
            assert secret not in bodies

    def test_takes_somebody_in_who_is_no_customer_yet(self, desk, agent):
        case = agent.complain(customer_id=None)

        assert (case["customer_id"], case["owner_id"]) == (None, "a1")
        assert case["policy"] == "complaint"

    def test_gives_it_to_somebody_at_once_if_asked(self, desk, director):
        case = director.open(assignee_id="a2", call_id="call-1", order_id="order-1")

        assert (case["state"], case["assignee_id"], case["version"]) == ("assigned", "a2", 1)
        assert types(desk) == ["case.opened", "case.state_changed", "case.assigned"]
        assert told(desk, "case.opened")[0]["call_id"] == "call-1"

    def test_whoever_may_not_assign_gives_it_to_nobody_but_themselves(self, desk, agent):
        with pytest.raises(Forbidden):
            agent.open(assignee_id="a2")

        assert desk.rows(Case) == []
        assert agent.open(assignee_id="a1")["assignee_id"] == "a1"

    @pytest.mark.spec("SVC-03")
    def test_what_is_critical_goes_to_the_superior_at_once(self, desk, director):
        case = director.open(severity="critical", assignee_id="a2")

        assert (case["assignee_id"], case["escalation_level"], case["policy"]) == (
            "s1", 1, "critical",
        )  # fmt: skip
        (escalated,) = told(desk, "case.escalated")
        assert (escalated["reason"], escalated["level"]) == ("severity", 1)
        assert (escalated["from_id"], escalated["to_id"]) == ("a2", "s1")

    def test_an_important_customer_is_promised_more(self, desk, agent):
        know_customer(desk, "vip", tier="vip")

        plain, vip = agent.complain(), agent.complain(customer_id="vip")

        assert (plain["policy"], vip["policy"]) == ("complaint", "valued_complaint")
        assert vip["policy_reason"] == "type=complaint,tier=vip"
        dues = [agent.milestone(one["id"], "solution")["due"] for one in (plain, vip)]
        assert dues == ["2017-03-03T18:00:00.000000Z", "2017-03-02T18:00:00.000000Z"]

    def test_the_same_request_twice_is_one_case(self, desk, agent):
        twice = [
            desk.call("open_case", agent.token, key="k1", type="question", channel="mail",
                      subject="When?")
            for _ in range(2)
        ]  # fmt: skip

        assert twice[0] == twice[1]
        assert len(desk.rows(Case)) == 1

    def test_refuses_what_is_no_case(self, desk, agent):
        for wrong in (
            {"type": "grumble"}, {"severity": "extreme"}, {"channel": "pigeon"}, {"subject": ""},
            {"subject": "a\x00b"}, {"subject": "x" * 201}, {"description": "x" * 4001},
            {"customer_id": ""}, {"customer_id": 7}, {"tier": "vip"},
        ):  # fmt: skip
            with pytest.raises(Invalid):
                agent.open(**wrong)

        assert desk.rows(Case) == []
        assert desk.outbox() == []


class TestTheWayOfACase:
    def test_goes_from_new_to_closed_and_back_with_a_line_for_each_change(self, desk, agent):
        case = agent.open(assignee_id="a1")
        for state, reason in (
            ("in_progress", "work_started"),
            ("waiting_customer", "information_needed"),
            ("in_progress", "customer_answered"),
        ):
            agent.do("move_case", case["id"], state=state, reason=reason)
        agent.do("resolve_case", case["id"], resolution="solved", note="a new leg")
        closed = agent.do("close_case", case["id"])
        again = agent.do("reopen_case", case["id"], reason="happened_again")

        assert (closed["state"], closed["resolution_note"]) == ("closed", "a new leg")
        assert (again["state"], again["reopened"], again["resolution"]) == ("in_progress", 1, None)
        assert [
            (t["previous_state"], t["state"], t["reason"]) for t in told(desk, "case.state_changed")
        ] == [
            ("new", "assigned", "manual"),
            ("assigned", "in_progress", "work_started"),
            ("in_progress", "waiting_customer", "information_needed"),
            ("waiting_customer", "in_progress", "customer_answered"),
            ("in_progress", "resolved", "solved"),
            ("resolved", "closed", None),
            ("closed", "in_progress", "happened_again"),
        ]
        assert [row.place for row in desk.rows(CaseChange)] == list(range(1, 9))

    def test_refuses_other_ways_from_new(self, desk, agent):
        case = agent.open()

        for method, fields, code in (
            ("move_case", {"state": "in_progress"}, "transition_not_allowed"),
            ("move_case", {"state": "closed"}, "not_by_moving"),
            ("move_case", {"state": "new"}, "not_by_moving"),
            ("resolve_case", {"resolution": "solved"}, "transition_not_allowed"),
            ("close_case", {}, "not_resolved"),
            ("tell_outcome", {"channel": "phone"}, "not_resolved"),
            ("reopen_case", {"reason": "not_solved"}, "transition_not_allowed"),
            ("reclassify_case", {"severity": "normal"}, "same_severity"),
        ):
            with pytest.raises((Conflict, Invalid)) as refused:
                agent.do(method, case["id"], **fields)
            assert refused.value.code == f"service_desk.case.{code}"

        assert agent.get(case["id"])["version"] == 1
        assert types(desk) == ["case.opened"]

    def test_what_is_closed_stays_closed_until_it_is_reopened(self, desk, agent):
        case = agent.open(assignee_id="a1")
        agent.do("resolve_case", case["id"], resolution="answered")
        agent.do("close_case", case["id"])
        before = len(desk.outbox())

        for method, fields in (
            ("acknowledge_case", {}),
            ("respond_case", {"channel": "mail"}),
            ("resolve_case", {"resolution": "solved"}),
            ("move_case", {"state": "in_progress"}),
            ("reclassify_case", {"severity": "low"}),
            ("escalate_case", {}),
        ):
            with pytest.raises(Conflict):
                agent.do(method, case["id"], **fields)

        assert len(desk.outbox()) == before

    @pytest.mark.spec("SVC-03")
    def test_is_taken_up_by_hand_level_by_level_to_the_top(self, desk, agent):
        case = agent.open(assignee_id="a1")

        found = [agent.do("escalate_case", case["id"]) for _ in range(3)]

        assert [(c["escalation_level"], c["assignee_id"]) for c in found] == [
            (1, "s1"), (2, "d1"), (3, "g1"),
        ]  # fmt: skip
        with pytest.raises(Conflict) as top:
            agent.do("escalate_case", case["id"])
        assert top.value.code == "service_desk.case.at_the_top"
        assert {t["reason"] for t in told(desk, "case.escalated")} == {"manual"}

    def test_the_users_decide_about_the_way_up(self, desk, agent):
        admin = desk.person("admin", "admin")
        steps = desk.call("find_records", admin, kind="escalation_step")["items"]
        desk.call(
            "update_record", admin, kind="escalation_step", id=steps[0]["id"],
            version=steps[0]["version"], values={"staff_id": "g1"},
        )  # fmt: skip
        desk.call("delete_record", admin, kind="escalation_step", id=steps[1]["id"],
                  version=steps[1]["version"])  # fmt: skip
        case = agent.open(assignee_id="a1")

        first = agent.do("escalate_case", case["id"])
        second = agent.do("escalate_case", case["id"])

        assert (first["escalation_level"], first["assignee_id"]) == (1, "g1")
        # Nobody else stands on the third level: it is told all the same, and stays with g1.
        assert (second["escalation_level"], second["assignee_id"]) == (3, "g1")
        assert told(desk, "case.escalated")[1]["to_id"] is None

    def test_notes_do_not_get_in_each_others_way(self, desk, agent):
        case = agent.open()

        for text in ("called", "called again"):
            desk.call("add_case_note", agent.token, case_id=case["id"], text=text)

        assert [one["text"] for one in agent.file(case["id"])["notes"]] == [
            "called",
            "called again",
        ]
        assert agent.get(case["id"])["version"] == 1
        for wrong in ("", "x" * 4001):
            with pytest.raises(Invalid):
                desk.call("add_case_note", agent.token, case_id=case["id"], text=wrong)
