"""Who sees a score: whoever sees the customer or the lead; the whole house, only who is of it."""

import pytest

from chassis.errors import Forbidden, NotFound, Unavailable
from chassis.tables import PROCESSES
from contracts import sales
from contracts.accounts import CustomerOwnerChanged
from services.analytics.tables import CustomerScore, LeadScore
from tests.support.analytics import LONG_AGO, a_customer, an_order
from tests.support.sales import know_customer


@pytest.fixture
def scored(depot, analytics, analyst):
    """Two customers with their scores: c1 is r1's of the west, c2 is r2's of the east."""
    know_customer(analytics, "c1")
    know_customer(analytics, "c2", owner_id="r2", team_id="t2", territory_id="east")
    depot.warehouse.tell(a_customer("c1"), a_customer("c2"), at=LONG_AGO)
    depot.warehouse.tell(an_order("o1", "c1", 100), an_order("o2", "c2", 7_000_000))
    return analytics.call("score_customers", analyst)


@pytest.fixture
def rep(analytics):
    """The token of the owner of c1."""
    return analytics.person("r1", "rep")


def found(analytics, token, kind="customer_score"):
    """Return whose scores somebody finds."""
    items = analytics.call("find_records", token, kind=kind)["items"]
    return sorted(one["customer_id" if kind == "customer_score" else "id"] for one in items)


def handed_over(version=2):
    return CustomerOwnerChanged(
        customer_id="c2", version=version, previous_owner_id="r2", owner_id="r1", team_id="t1",
        territory_id="west", reason="manual",
    )  # fmt: skip


class TestCustomerScores:
    @pytest.mark.parametrize(
        ("role", "seen"),
        [
            ("rep", ["c1"]),
            ("relationship_staff", ["c1"]),
            ("supervisor", ["c1"]),
            ("data_analyst", ["c1", "c2"]),
            ("agent", ["c1", "c2"]),
            ("marketer", ["c1", "c2"]),
        ],
    )
    def test_are_seen_as_far_as_the_role_reaches(self, analytics, scored, role, seen):
        token = analytics.person("r1", role)

        assert found(analytics, token) == seen

    def test_of_somebody_else_s_customer_are_not_to_be_had(self, analytics, scored, rep):
        (other,) = [row for row in analytics.rows(CustomerScore) if row.customer_id == "c2"]

        with pytest.raises(NotFound):
            analytics.call("get_record", rep, kind="customer_score", id=other.id)

    def test_of_another_entity_are_not_seen(self, analytics, scored):
        token = analytics.person("a2", "data_analyst", entity="north")

        assert found(analytics, token) == []

    def test_go_with_their_customer(self, analytics, scored, rep):
        know_customer(analytics, "c2", sequence=2)

        analytics.hear("owner_changes", handed_over())

        assert found(analytics, rep) == ["c1", "c2"]

    def test_wait_for_the_copy_of_their_customer(self, analytics, scored, rep):
        with pytest.raises(Unavailable):
            analytics.hear("owner_changes", handed_over(version=3))

        assert found(analytics, rep) == ["c1"]

    def test_of_an_unknown_customer_are_for_who_sees_all(self, analytics, depot, analyst, rep):
        depot.warehouse.tell(a_customer("c3"), an_order("o3", "c3", 100))

        analytics.call("score_customers", analyst)

        assert (found(analytics, analyst), found(analytics, rep)) == (["c3"], [])


class TestCustomerCard:
    def test_shows_a_customer_of_ones_own(self, analytics, scored, rep):
        card = analytics.call("customer_card", rep, customer_id="c1")

        assert (card["score"]["known"], card["score"]["spend_minor"]) == (True, 100)
        assert len(card["history"]["items"]) == 1

    def test_shows_nothing_of_somebody_else_s(self, analytics, scored, rep):
        hear_of_lead(analytics, "l2", "c2", "r2")

        card = analytics.call("customer_card", rep, customer_id="c2")

        assert card["score"] == {"as_of": scored["as_of"], "known": False}
        assert (card["history"]["items"], card["leads"]["items"]) == ([], [])


def hear_of_lead(analytics, lead_id, customer_id, owner_id, entity_id="group"):
    """Let analytics hear of a lead and, before its capture, of its owner."""
    created = sales.LeadCreated(
        lead_id=lead_id, version=1, source="web", status="new", matched_customer_id=customer_id,
        entity_id=entity_id,
    )  # fmt: skip
    analytics.hear("lead_facts", assigned(lead_id, owner_id))
    analytics.hear("lead_facts", created)


def assigned(lead_id, owner_id, version=2):
    return sales.LeadAssigned(
        lead_id=lead_id, version=version, previous_owner_id=None, owner_id=owner_id, team_id="t1",
        territory_id="west", reason="manual",
    )  # fmt: skip


class TestLeadScores:
    def test_are_their_leads_owners(self, analytics, rep):
        hear_of_lead(analytics, "l1", None, "r1")
        hear_of_lead(analytics, "l2", None, "r2")

        assert found(analytics, rep, "lead_score") == ["l1"]

    def test_go_with_their_lead_whatever_it_is_worth(self, analytics, rep):
        hear_of_lead(analytics, "l2", None, "r2")

        analytics.hear("lead_facts", assigned("l2", "r1", version=3))

        assert found(analytics, rep, "lead_score") == ["l2"]
        assert len(analytics.told("analytics.lead.scored.v1")) == 1

    def test_are_of_their_leads_entity(self, analytics, analyst):
        hear_of_lead(analytics, "l1", None, "r1", entity_id="north")

        assert [row.entity_id for row in analytics.rows(LeadScore)] == ["north"]
        assert found(analytics, analyst, "lead_score") == []


class TestTheWholeHouse:
    @pytest.mark.parametrize("process", ["score_customers", "reconcile"])
    def test_is_scored_and_compared_by_who_is_of_it(self, analytics, process):
        token = analytics.person("a2", "data_analyst", entity="north")

        with pytest.raises(Forbidden, match="everything"):
            analytics.call(process, token)

        assert analytics.rows(PROCESSES) == []

    def test_is_reported_to_who_is_of_it(self, analytics, depot):
        depot.warehouse.tell(an_order("o1", "c1", 100))
        token = analytics.person("a2", "data_analyst", entity="north")

        with pytest.raises(Forbidden, match="everything"):
            analytics.call("pyramid", token)
