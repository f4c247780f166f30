"""Leads between sales and accounts: captured, matched, assigned, qualified, given up."""

import threading
from collections import Counter

import pytest

from chassis.errors import (
    Forbidden,
    Invalid,
    StaleVersion,
    Unavailable,
)
from chassis.tables import PROCESSES
from services.sales.service import Sales
from services.sales.tables import Lead, LeadAssignment
from tests.support.leads import capture, count, make_due


@pytest.fixture
def sales(linked):
    """Sales with accounts next door."""
    return linked


class TestCaptureLead:
    @pytest.mark.spec("SAL-01")
    def test_stores_matches_and_assigns_with_the_reason(self, sales, director):
        answer = capture(sales, director)

        (lead,) = sales.rows(Lead)
        assert answer["lead_id"] == lead.id
        assert (answer["status"], answer["assignment"], answer["customer_id"]) == (
            "new",
            "rotation",
            None,
        )
        assert lead.next_action_due == sales.clock.instant.replace(day=2)
        (history,) = sales.call("lead_history", director, lead_id=lead.id)["assignments"]
        assert (history["owner_id"], history["reason"]) == (lead.owner_id, "rotation")
        assert [told["source"] for told in sales.told("sales.lead.created.v1")] == ["web"]
        assert [told["reason"] for told in sales.told("sales.lead.assigned.v1")] == ["rotation"]

    def test_tells_nothing_personal(self, sales, director):
        capture(sales, director, phone="+12025550142", message="call me", company="Ames Ltd")

        bodies = " ".join(row.body for row in sales.outbox())
        for secret in ("Ada", "ada@", "2025550142", "call me", "Ames Ltd"):
            assert secret not in bodies

    def test_forgets_who_it_is_in_the_stored_process(self, sales, director):
        capture(sales, director, phone="+12025550142", message="call me")

        (row,) = sales.rows(PROCESSES)
        assert row.status == "done"
        assert "Ada" not in row.data
        assert "2025550142" not in row.data

    def test_a_form_that_is_sent_twice_is_one_lead(self, sales, director):
        first = capture(sales, director, submission_id="form-1")
        second = capture(sales, director, submission_id="form-1")

        assert first == second
        assert count(sales, Lead) == 1

    def test_a_request_that_is_delivered_twice_is_one_lead(self, sales, director):
        assert capture(sales, director, key="k1") == capture(sales, director, key="k1")
        assert count(sales, Lead) == 1

    def test_gives_the_lead_of_a_known_customer_to_its_owner(self, sales, accounts, director):
        admin = accounts.person("admin", "admin")
        rolf = next(
            row.id for row in sales.rows(Sales.rows["staff"].table.table) if row.name == "Rolf"
        )
        known = accounts.call(
            "register_customer", admin, name="Ada Ames", email="ada@example.com", owner_id=rolf
        )
        accounts.carry_to(sales)

        answers = [capture(sales, director), capture(sales, director)]

        assert {(a["customer_id"], a["owner_id"], a["assignment"]) for a in answers} == {
            (known["customer_id"], rolf, "customer_owner")
        }
        assert len(sales.told("sales.lead.matched.v1")) == 2

    def test_keeps_a_lead_that_nobody_can_take(self, sales, director):
        answer = capture(sales, director, state="Atlantis")

        assert (answer["owner_id"], answer["assignment"]) == (None, "no_territory")
        assert sales.told("sales.lead.assigned.v1") == []
        sales.clock.pass_(days=2)
        sales.fire()
        assert [told["reminders"] for told in sales.told("sales.lead.action_overdue.v1")] == [1]

    def test_keeps_the_lead_while_accounts_is_away(self, sales, director):
        sales.runtime.link.closed = Unavailable("accounts does not answer.")

        waiting = capture(sales, director)

        assert waiting["status"] == "running"
        (lead,) = sales.rows(Lead)
        assert lead.assignment is None
        sales.runtime.link.closed = None
        assert make_due(sales) == 1
        assert sales.rows(Lead)[0].assignment.value == "rotation"

    @pytest.mark.spec("SAL-01")
    def test_takes_a_lead_from_the_door_to_the_web_for_a_campaign(self, sales):
        door = sales.service("gateway")

        answer = capture(sales, door, submission_id="form-1", campaign_id="spring_2017")
        again = capture(sales, door, submission_id="form-1", campaign_id="spring_2017")

        assert again == answer
        (lead,) = sales.rows(Lead)
        assert (lead.source, lead.campaign_id, lead.assignment.value) == (
            "web", "spring_2017", "rotation",
        )  # fmt: skip
        (told,) = sales.told("sales.lead.created.v1")
        assert (told["campaign_id"], told["actor"]) == ("spring_2017", "service:gateway")
        with pytest.raises(Forbidden):
            sales.call("plan_lead_action", door, lead_id=lead.id, version=1,
                       due="2017-03-05T09:00:00Z")  # fmt: skip

    def test_tells_the_first_action_if_somebody_planned_it(self, sales, director):
        capture(sales, director, next_action_due="2017-03-04T09:00:00Z")
        capture(sales, director, name="Bea Beck")

        told = sales.told("sales.lead.action_planned.v1")
        assert [one["due"] for one in told] == ["2017-03-04T09:00:00.000000Z"]

    def test_refuses_what_is_no_lead(self, sales, director):
        for wrong in (
            {"source": "Web Form"},
            {"email": "nowhere"},
            {"phone": "call me"},
            {"sex": "f"},
            {"campaign_id": "Call me on 555 0142"},
        ):
            with pytest.raises(Invalid):
                capture(sales, director, **wrong)

        assert sales.rows(Lead) == []


class TestAssignment:
    def test_pain_point_22_thirty_leads_are_dealt_evenly(self, sales, director):
        for number in range(30):
            capture(sales, director, name=f"Lead {number}", email=f"l{number}@example.com")

        shares = Counter(lead.owner_id for lead in sales.rows(Lead))
        assert sorted(shares.values()) == [15, 15]
        assert len(sales.rows(LeadAssignment)) == 30

    def test_stays_fair_when_many_come_at_once(self, sales, director):
        def some(start):
            for number in range(start, start + 4):
                capture(sales, director, name=f"Lead {number}", email=f"l{number}@example.com")

        threads = [threading.Thread(target=some, args=(start,)) for start in (0, 10, 20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        shares = Counter(lead.owner_id for lead in sales.rows(Lead))
        assert sorted(shares.values()) == [6, 6]

    def test_gives_a_lead_to_somebody_by_hand(self, sales, director):
        lead = capture(sales, director)
        other = next(
            row.id
            for row in sales.rows(Sales.rows["staff"].table.table)
            if row.id != lead["owner_id"]
        )

        given = sales.call(
            "assign_lead",
            director,
            lead_id=lead["lead_id"],
            version=lead["version"],
            owner_id=other,
        )

        assert (given["owner_id"], given["assignment"]) == (other, "manual")
        history = sales.call("lead_history", director, lead_id=lead["lead_id"])["assignments"]
        assert [(h["previous_owner_id"], h["owner_id"], h["actor"]) for h in history][-1] == (
            lead["owner_id"], other, "person:d1",
        )  # fmt: skip

    def test_refuses_strangers_stale_versions_and_reps(self, sales, director):
        lead = capture(sales, director)
        known = {"lead_id": lead["lead_id"], "version": lead["version"]}

        with pytest.raises(Invalid):
            sales.call("assign_lead", director, **known, owner_id="stranger")
        with pytest.raises(StaleVersion):
            sales.call(
                "assign_lead",
                director,
                lead_id=lead["lead_id"],
                version=99,
                owner_id=lead["owner_id"],
            )
        with pytest.raises(Forbidden):
            sales.call("assign_lead", sales.person("r1", "rep"), **known, owner_id=lead["owner_id"])
        assert len(sales.rows(LeadAssignment)) == 1
