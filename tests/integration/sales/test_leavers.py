"""Who leaves hands over his leads too, also those that are nobody's customer yet."""

from collections import Counter

import pytest
from sqlalchemy import select

from chassis import leaving, processes
from contracts.accounts import CustomerOwnerChanged
from contracts.owning import StaffHandedOver
from services.sales.tables import Lead, LeadAssignment, Opportunity
from tests.support.leads import capture, make_due
from tests.support.sales import know_customer, know_rep


def owners(sales):
    """Count whose leads there are."""
    return Counter(lead.owner_id for lead in sales.rows(Lead))


def hands_over(staff_id, *recipients, allocation_id="a1"):
    """Return what accounts tells of somebody who leaves."""
    return StaffHandedOver(
        allocation_id=allocation_id, version=3, staff_id=staff_id, recipient_ids=recipients
    )


class TestFromAccounts:
    @pytest.fixture
    def sales(self, linked):
        """Sales with accounts next door."""
        return linked

    @pytest.mark.spec("ACC-29")
    def test_all_leads_of_who_leaves_are_somebody_elses(self, sales, accounts, director):
        for n in range(6):
            capture(sales, director, name=f"Ada{n} Ames")
        (leaver, other) = sorted(owners(sales))
        admin = accounts.person("admin", "admin")

        accounts.call("hand_over", admin, staff_id=leaver, recipients=[{"staff_id": other}])
        processes.resume_due(accounts.runtime)
        accounts.carry_to(sales)
        processes.resume_due(sales.runtime)

        assert owners(sales) == {other: 6}
        reasons = Counter(one.reason for one in sales.rows(LeadAssignment))
        assert reasons == {"rotation": 6, "handed_over": 3}
        told = [
            one for one in sales.told("sales.lead.assigned.v1") if one["reason"] == "handed_over"
        ]
        assert {(one["previous_owner_id"], one["owner_id"]) for one in told} == {(leaver, other)}


class TestTakeOver:
    @pytest.fixture
    def leads(self, linked, director):
        """Six leads of two reps."""
        for n in range(6):
            capture(linked, director, name=f"Ada{n} Ames")
        return linked

    @pytest.fixture
    def sales(self, linked):
        """Sales with accounts next door."""
        return linked

    def test_deals_among_several_in_turn_and_in_steps(self, leads, monkeypatch):
        monkeypatch.setattr(leaving, "TAKEN_AT_ONCE", 1)
        leaver = min(owners(leads))
        for id_ in ("n1", "n2", "n3"):
            know_rep(leads, id_)

        leads.hear("hand_overs", hands_over(leaver, "n1", "n2", "n3"))
        processes.resume_due(leads.runtime)

        got = owners(leads)
        assert (got[leaver], got["n1"], got["n2"], got["n3"]) == (0, 1, 1, 1)

    def test_gives_nothing_back_by_territory_to_who_still_works_there(self, leads):
        leaver, other = sorted(owners(leads))

        leads.hear("hand_overs", hands_over(leaver))
        processes.resume_due(leads.runtime)

        assert owners(leads) == {other: 6}

    def test_waits_until_sales_knows_who_gets_them(self, leads):
        leaver = min(owners(leads))
        leads.hear("hand_overs", hands_over(leaver, "late"))
        processes.resume_due(leads.runtime)
        before = owners(leads)[leaver]
        know_rep(leads, "late")

        make_due(leads)

        assert (before, owners(leads)[leaver], owners(leads)["late"]) == (3, 0, 3)

    def test_told_twice_takes_nothing_that_came_after(self, leads, director):
        leaver, other = sorted(owners(leads))
        leads.hear("hand_overs", hands_over(leaver, other), id_="e1")
        processes.resume_due(leads.runtime)
        lead = leads.rows(Lead)[0]
        leads.call("assign_lead", director, lead_id=lead.id, version=lead.version, owner_id=leaver)

        leads.hear("hand_overs", hands_over(leaver, other), id_="e2")
        processes.resume_due(leads.runtime)

        assert owners(leads) == {other: 5, leaver: 1}

    def test_of_a_customer_of_somebody_else_goes_to_that_one(self, leads):
        know_customer(leads, owner_id="c-owner", team_id="t9")
        leaver = min(owners(leads))
        with leads.work() as work:
            for lead in work.session.scalars(select(Lead).where(Lead.owner_id == leaver)):
                lead.customer_id = "c1"  # such as one that he had while standing in

        leads.hear("hand_overs", hands_over(leaver, "n1"))
        processes.resume_due(leads.runtime)

        assert (owners(leads)[leaver], owners(leads)["c-owner"]) == (0, 3)
        (followed,) = leads.told("sales.staff.followed.v1")
        assert (followed["task_id"], followed["staff_id"]) == ("a1", leaver)
        assert followed["counts"] == {"leads": 3}

    def test_by_territory_goes_to_others_than_who_leaves(self, leads):
        leaver, other = sorted(owners(leads))

        leads.hear("hand_overs", hands_over(leaver))
        processes.resume_due(leads.runtime)

        assert owners(leads) == {other: 6}

    def test_with_customers_go_the_opportunities_and_all_are_counted(self, sales, director):
        know_customer(sales)
        asked = {"customer_id": "c1", "title": "Desks", "amount_minor": 100, "currency": "USD"}
        for _ in range(2):
            sales.call("open_opportunity", director, **asked)
        know_customer(sales, sequence=2, owner_id="r2")
        sales.hear("owner_changes", CustomerOwnerChanged(
            customer_id="c1", version=2, previous_owner_id="r1", owner_id="r2", team_id="t1",
            territory_id="west", reason="handed_over", batch_id="a1",
        ))  # fmt: skip

        sales.hear("hand_overs", hands_over("r1", "r2"))
        processes.resume_due(sales.runtime)

        assert [one.owner_id for one in sales.rows(Opportunity)] == ["r2", "r2"]
        (followed,) = sales.told("sales.staff.followed.v1")
        assert followed["counts"] == {"opportunities": 2}
