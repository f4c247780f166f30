"""What the warehouse keeps of one person is found by every id of hers, and nothing of anybody else."""

import pytest

from chassis.errors import NotFound
from contracts import sales
from services.analytics.warehouse.methods import keeping as method
from services.analytics.warehouse.methods.keeping import kept
from tests.support.analytics import a_customer
from tests.support.warehouse import NOON, a_warehouse, an_order, landed, message


def asked(*ids: str, **more):
    """Ask as the service does."""
    plain = {"record_ids": [], "of_customer": True, "entity_id": None, "after": -1, "limit": 200}
    return {"ids": list(ids), "contact_id": None} | plain | more


@pytest.fixture
def con():
    """A warehouse that knows two orders of Ada, one of them by an old id, and one of Bo."""
    found = a_warehouse()
    landed(
        found,
        [
            message(an_order(1, customer_id="ada"), id_="1"),
            message(an_order(2, customer_id="ada-before"), id_="2"),
            message(an_order(3, customer_id="bo"), id_="3"),
            message(an_order(4, customer_id="ada-2"), id_="4"),
        ],
    )
    return found


def events(page):
    """Return which events a page has."""
    return [one["row"]["event_id"] for one in page["items"]]


class TestKept:
    """Nobody can say what is kept of a person (pain point 24)."""

    def test_finds_events_by_every_id_and_none_of_others(self, con):
        assert events(kept(con, asked("ada", "ada-before"))) == ["1", "2"]

    def test_hands_over_what_was_told(self, con):
        (one,) = kept(con, asked("ada"))["items"]

        assert one["table"] == "warehouse_events"
        assert one["row"]["type"] == "sales.order.placed.v1"
        assert one["row"]["body"]["total_minor"] == 2000

    def test_goes_on_where_the_page_ended(self, con):
        first = kept(con, asked("ada", "ada-before", limit=1))
        second = kept(con, asked("ada", "ada-before", limit=1, after=first["next"]))
        third = kept(con, asked("ada", "ada-before", limit=1, after=second["next"]))

        assert events(first) + events(second) == ["1", "2"]
        assert third == {"items": [], "next": None}

    def test_ends_a_page_before_it_is_too_long_for_an_answer(self, con, monkeypatch):
        monkeypatch.setattr(method, "MOST_BYTES", 10)

        first = kept(con, asked("ada", "ada-before"))
        second = kept(con, asked("ada", "ada-before", after=first["next"]))

        assert (events(first), events(second)) == (["1"], ["2"])

    def test_follows_a_record_of_which_one_event_names_her(self, con):
        matched = sales.LeadMatched(lead_id="lead-1", version=2, customer_id="ada")
        overdue = sales.LeadActionOverdue(
            lead_id="lead-1", version=3, due=NOON, owner_id="rep", reminders=1
        )
        landed(con, [message(matched, id_="5"), message(overdue, id_="6")])

        assert events(kept(con, asked("ada"))) == ["1", "5", "6"]

    def test_finds_records_that_only_others_know_to_be_hers(self, con):
        found = kept(con, asked("ada", record_ids=["order-3"], of_customer=False))

        assert events(found) == ["3"]

    def test_finds_of_a_contact_alone_what_names_it_and_nothing_else_of_the_customer(self, con):
        converted = sales.LeadConverted(
            lead_id="lead-1", version=2, customer_id="ada", contact_id="cy",
            opportunity_id="deal-1", customer_created=False, seconds_to_convert=1,
        )  # fmt: skip
        landed(con, [message(converted, id_="5")])

        found = kept(con, asked("ada", contact_id="cy", of_customer=False))

        assert events(found) == ["5"]

    def test_tells_nobody_of_another_entity(self, con):
        landed(con, [message(a_customer("ada", entity_id="mine"), id_="7")])

        with pytest.raises(NotFound) as refused:
            kept(con, asked("ada", entity_id="another"))

        assert refused.value.code == "analytics.customer.not_found"
        assert events(kept(con, asked("ada", entity_id="mine"))) == ["1", "7"]

    def test_leads_by_no_other_id_to_what_is_another_entitys(self, con):
        mine, theirs = a_customer("ada", entity_id="mine"), a_customer("bo", entity_id="another")
        landed(con, [message(mine, id_="7"), message(theirs, id_="8")])

        with pytest.raises(NotFound):
            kept(con, asked("ada", "bo", entity_id="mine"))
        found = kept(con, asked("ada", record_ids=["order-1", "order-3"], entity_id="mine"))

        assert events(found) == ["1", "7"]
