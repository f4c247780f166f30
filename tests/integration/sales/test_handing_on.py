"""A customer with more records than one transaction takes goes to another owner, whoever dies."""

import pytest

from chassis import handing
from contracts.accounts import CustomerOwnerChanged
from services.sales.tables import Lead, LeadAssignment, Opportunity
from tests.support.leads import A_DEAL, capture, count, make_due
from tests.support.sales import know_customer
from tests.support.trail import entries

DEALS = 8


class Killed(BaseException):
    """What a process that is killed leaves behind: nothing, wherever it was."""


def changed(version, owner):
    return CustomerOwnerChanged(
        customer_id="c1", version=version, previous_owner_id=None, owner_id=owner,
        team_id="t2", territory_id="north", reason="manual",
    )  # fmt: skip


def give(sales, version, owner):
    """Let sales hear that the customer is somebody else's."""
    where = {"team_id": "t2", "territory_id": "north"}
    know_customer(sales, "c1", sequence=version, owner_id=owner, **where)
    sales.hear("owner_changes", changed(version, owner))


def owners(sales):
    """Return how many deals each owner has."""
    found = [one.owner_id for one in sales.rows(Opportunity)]
    return {owner: found.count(owner) for owner in sorted(set(found))}


class TestManyRecords:
    @pytest.fixture(autouse=True)
    def _in_threes(self, monkeypatch):
        """Three records in one transaction."""
        monkeypatch.setattr(handing, "CHUNK", 3)

    @pytest.fixture
    def deals(self, sales, director):
        """Eight deals of the customer, which is r1's."""
        for _ in range(DEALS):
            sales.call("open_opportunity", director, customer_id="c1", **A_DEAL)
        return sales

    def test_follow_a_few_at_a_time(self, deals):
        give(deals, 2, "r2")
        first = owners(deals)

        make_due(deals)

        assert (first, owners(deals)) == ({"r1": 5, "r2": 3}, {"r2": DEALS})

    def test_go_on_where_they_were_after_a_death_between_rounds(self, deals, monkeypatch):
        give(deals, 2, "r2")
        pages, page = [], handing._page

        def dies_in_the_second_round(*asked):
            pages.append(asked)
            if len(pages) == 2:
                raise Killed
            return page(*asked)

        monkeypatch.setattr(handing, "_page", dies_in_the_second_round)
        with pytest.raises(Killed):
            make_due(deals)
        half = owners(deals)
        monkeypatch.setattr(handing, "_page", page)

        make_due(deals)

        assert (half, owners(deals)) == ({"r1": 2, "r2": 6}, {"r2": DEALS})
        given = [
            one.id for one in entries(deals.runtime.database) if one.changes and "owner_id" in one.changes
            and one.verb == "updated"
        ]  # fmt: skip
        assert (len(given), len(set(given))) == (DEALS, DEALS)

    def test_end_at_the_newest_owner_who_came_between_rounds(self, deals):
        give(deals, 2, "r2")
        give(deals, 3, "r3")

        make_due(deals)

        assert owners(deals) == {"r3": DEALS}

    def test_the_same_change_told_again_begins_nothing_new(self, deals):
        give(deals, 2, "r2")
        deals.hear("owner_changes", changed(2, "r2"))
        make_due(deals)

        assert make_due(deals) == 0
        assert owners(deals) == {"r2": DEALS}

    def test_few_records_need_no_process(self, sales, director):
        sales.call("open_opportunity", director, customer_id="c1", **A_DEAL)

        give(sales, 2, "r2")

        assert (owners(sales), make_due(sales)) == ({"r2": 1}, 0)

    def test_every_lead_notes_whose_it_is_now_once(self, sales, director):
        for number in range(DEALS):
            capture(sales, director, f"Lead{number} Ames")
        with sales.work() as work:
            for lead in sales.rows(Lead):
                work.session.get_one(Lead, lead.id).customer_id = "c1"
        before = count(sales, LeadAssignment)

        give(sales, 2, "r2")
        make_due(sales)

        assert {one.owner_id for one in sales.rows(Lead)} == {"r2"}
        assert count(sales, LeadAssignment) == before + DEALS
