"""Sales follows a merge: its records go to the winner, late ones too, and back when it is undone."""

import threading

import pytest

from chassis import aliases
from chassis.database import Database
from chassis.errors import Unavailable
from chassis.tables import ALIASES
from contracts.accounts import CustomerMerged, CustomerOwnerChanged, CustomerUnmerged
from services.sales.domain.leads import StatusType
from services.sales.tables import CustomerRef, Lead, LeadAssignment, Opportunity, Order
from tests.support.erp import an_order, post
from tests.support.leads import A_DEAL
from tests.support.marketing import run
from tests.support.sales import know_customer

MERGED = CustomerMerged(merge_id="m1", task_id="m1", winner_id="c1", losers=("c2",))
UNDONE = CustomerUnmerged(merge_id="m1", task_id="u1", winner_id="c1", losers=("c2",))


def retire(room, sequence=2, **fields):
    """Let sales hear that c2 is an old id of c1."""
    known = {"name": "", "merged_into": "c1", "external_ids": {"erp": "ERP-c2"}, "owner_id": None}
    know_customer(room, "c2", sequence=sequence, **known | fields)


def whose(room, kind=Opportunity):
    return [one.customer_id for one in room.rows(kind)]


@pytest.fixture
def deals(sales, director):
    """A deal with each of two customers, who have different owners."""
    know_customer(sales, "c2", owner_id="r2")
    for id_ in ("c1", "c2"):
        sales.call("open_opportunity", director, customer_id=id_, **A_DEAL)
    return sales


class TestFollowing:
    """Merge loses relations (pain point 3)."""

    def test_records_go_to_the_winner_and_its_owner_and_sales_says_how_many(self, deals):
        retire(deals)

        deals.hear("merges", MERGED)
        run(deals)

        assert whose(deals) == ["c1", "c1"]
        assert {one.owner_id for one in deals.rows(Opportunity)} == {"r1"}
        (told,) = deals.told("sales.customer.followed.v1")
        assert (told["task_id"], told["task"], told["customer_id"]) == ("m1", "merge", "c1")
        assert told["counts"] == {"opportunities": 1}

    def test_waits_until_the_copy_knows(self, deals):
        with pytest.raises(Unavailable) as behind:
            deals.hear("merges", MERGED)

        assert behind.value.code == "sales.customer.copy_behind"
        assert whose(deals) == ["c1", "c2"]

    def test_a_lead_tells_that_it_has_another_owner(self, sales):
        know_customer(sales, "c2", owner_id="r2")
        with sales.work() as work:
            lead = Lead(
                id="l1", customer_id="c2", owner_id="r2", team_id="t1", entity_id="group",
                source="web", name="Ada", external_ids={}, captured_at=work.now,
                status="new", status_type=StatusType.OPEN, reminders=0, is_converting=False,
            )  # fmt: skip
            work.add(lead)
        retire(sales)

        sales.hear("merges", MERGED)
        run(sales)

        (assigned,) = sales.rows(LeadAssignment)
        assert (assigned.previous_owner_id, assigned.owner_id) == ("r2", "r1")
        assert assigned.reason == "customer_owner"

    def test_undone_exactly_what_moved_goes_back(self, deals, director):
        retire(deals)
        deals.hear("merges", MERGED)
        run(deals)
        late = deals.call("open_opportunity", director, customer_id="c2", **A_DEAL)
        know_customer(deals, "c2", sequence=3, owner_id="r2")

        deals.hear("merges", UNDONE)
        run(deals)

        found = {one.id: one.customer_id for one in deals.rows(Opportunity)}
        assert sorted(found.values()) == ["c1", "c1", "c2"]
        assert found[late["id"]] == "c1"
        assert {one.owner_id for one in deals.rows(Opportunity) if one.customer_id == "c2"} == {
            "r2"
        }
        told = deals.told("sales.customer.followed.v1")[-1]
        assert (told["task_id"], told["task"]) == ("u1", "unmerge")
        assert told["counts"] == {"opportunities": 1}

    def test_undoing_waits_until_the_copy_knows(self, deals):
        retire(deals)
        deals.hear("merges", MERGED)
        run(deals)

        with pytest.raises(Unavailable):
            deals.hear("merges", UNDONE)

        assert whose(deals) == ["c1", "c1"]


class TestWhatNamesTheOldId:
    """Replies go to the wrong one (pain point 4)."""

    def test_a_command_is_the_winners(self, deals, director):
        retire(deals)

        opened = deals.call("open_opportunity", director, customer_id="c2", **A_DEAL)

        assert opened["customer_id"] == "c1"

    def test_an_order_under_the_old_key_of_the_erp_is_the_winners(self, books):
        know_customer(books, "c2")
        retire(books)

        post(books, an_order(customer_external_id="ERP-c2"))

        assert whose(books, Order) == ["c1"]

    def test_a_list_of_the_old_id_is_the_winners(self, deals, director):
        retire(deals)
        deals.hear("merges", MERGED)
        run(deals)

        listed = deals.call(
            "find_records", director, kind="opportunity", filters={"customer_id": "c2"}
        )

        assert len(listed["items"]) == 2

    def test_news_of_the_losers_owner_moves_nothing(self, deals):
        retire(deals)
        changed = CustomerOwnerChanged(
            customer_id="c2", version=1, previous_owner_id="r2", owner_id="r9",
            team_id=None, territory_id=None, reason="assigned",
        )  # fmt: skip

        deals.hear("owner_changes", changed)

        assert sorted(one.owner_id for one in deals.rows(Opportunity)) == ["r1", "r2"]

    def test_news_of_the_loser_from_before_bring_it_back_nowhere(self, deals):
        retire(deals, sequence=3)

        know_customer(deals, "c2", sequence=2)

        (copy,) = [one for one in deals.rows(CustomerRef) if one.id == "c2"]
        assert (copy.erased, copy.name) == (True, "")
        assert [(row.old_id, row.new_id) for row in deals.rows(ALIASES)] == [("c2", "c1")]

    def test_a_chain_of_two_leads_to_its_end(self, deals, director):
        know_customer(deals, "c3")
        retire(deals)
        know_customer(deals, "c1", sequence=2, name="", merged_into="c3")

        opened = deals.call("open_opportunity", director, customer_id="c2", **A_DEAL)

        assert opened["customer_id"] == "c3"


class TestWhoeverIsStillWriting:
    """An order in flight is neither lost nor left with the loser."""

    def test_is_waited_for_before_the_records_are_looked_through(self, deals, database_url):
        if not database_url.startswith("postgresql"):
            pytest.skip("SQLite has one writer: nobody writes while somebody follows")
        entered, go_on = threading.Event(), threading.Event()
        other = Database(database_url, pool_size=1)

        def write() -> None:
            with other.begin() as session:
                aliases.use(session, ["c2"])  # not old yet
                entered.set()
                go_on.wait(60)
                session.connection().exec_driver_sql(
                    "UPDATE opportunities SET customer_id = 'c2' WHERE customer_id = 'c1'"
                )

        writing = threading.Thread(target=write)
        writing.start()
        assert entered.wait(60)
        retire(deals)
        deals.hear("merges", MERGED)
        following = threading.Thread(target=run, args=(deals,))
        following.start()
        following.join(1)
        waited = following.is_alive()
        go_on.set()
        writing.join()
        following.join(60)
        other.close()
        run(deals)

        assert waited
        assert whose(deals) == ["c1", "c1"]
