"""Records follow their customer to another owner."""

import pytest

from chassis.errors import Unavailable
from contracts.accounts import CustomerOwnerChanged
from services.sales.tables import Opportunity
from tests.support.leads import A_DEAL
from tests.support.sales import know_customer
from tests.support.trail import entries


class TestOwnerChanges:
    def changed(self, version, owner):
        return CustomerOwnerChanged(
            customer_id="c1", version=version, previous_owner_id=None, owner_id=owner,
            team_id="t2", territory_id="north", reason="manual",
        )  # fmt: skip

    @pytest.fixture
    def one(self, sales, director):
        know_customer(sales, "c1")
        return sales.call("open_opportunity", director, customer_id="c1", **A_DEAL)

    def test_records_follow_their_customer_and_the_change_is_audited(self, sales, one):
        know_customer(sales, "c1", sequence=2, owner_id="r2", team_id="t2", territory_id="north")

        sales.hear("owner_changes", self.changed(2, "r2"))

        (stored,) = sales.rows(Opportunity)
        assert (stored.owner_id, stored.team_id, stored.territory_id) == ("r2", "t2", "north")
        entry = entries(sales.runtime.database)[-1]
        assert (entry.id, entry.verb) == (one["id"], "updated")
        assert entry.changes is not None
        assert entry.changes["owner_id"] == ["r1", "r2"]

    def test_waits_until_the_copy_knows_of_the_change(self, sales, one):
        with pytest.raises(Unavailable) as behind:
            sales.hear("owner_changes", self.changed(2, "r2"))

        assert behind.value.code == "sales.customer.copy_behind"
        assert sales.rows(Opportunity)[0].owner_id == "r1"

    def test_ends_at_the_newest_owner_in_whatever_order_the_changes_come(self, sales, one):
        know_customer(sales, "c1", sequence=3, owner_id="r3", team_id="t2", territory_id="north")

        for version, owner in ((3, "r3"), (2, "r2")):
            sales.hear("owner_changes", self.changed(version, owner))

        assert sales.rows(Opportunity)[0].owner_id == "r3"
