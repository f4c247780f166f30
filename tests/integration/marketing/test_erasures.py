"""Who was erased does not come back into marketing, whatever was still to happen."""

import pytest

from chassis.tables import TIMERS
from contracts.accounts import CustomerRecorded, CustomerRemoved
from contracts.privacy import CustomerErased
from services.marketing.tables import Membership, Profile, ProfileTag
from tests.support.marketing import a_segment, know_customer, know_order, run

RECENT = [{"fact": "last_order", "within_days": 90}]


def remove(room, id_):
    """Let marketing hear that a customer was entered by mistake."""
    told = CustomerRemoved(customer_id=id_, version=9)
    room.hear("customers", told, 9)
    room.hear("customer_facts", told, 9)


class TestRemoval:
    @pytest.fixture
    def gone(self, marketing, person):
        """A customer in a segment, with a tag, who was entered by mistake."""
        a_segment(marketing)
        know_customer(marketing, "c2", tier="vip", custom={"hobby": "secret"})
        marketing.call("tag_customer", person, customer_id="c2", tag="golf")
        remove(marketing, "c2")
        return marketing

    def test_leaves_nothing_of_who_was_entered_by_mistake(self, gone):
        active = [one.customer_id for one in gone.rows(Membership) if one.active]
        (left,) = gone.told("marketing.segment.left.v1")

        assert active == ["c1"]
        assert (left["customer_id"], left["reasons"]) == ("c2", ["removed"])
        assert [one.customer_id for one in gone.rows(Profile)] == ["c1"]
        assert gone.rows(ProfileTag) == []

    def test_stays_so_when_what_was_told_before_comes_late(self, gone):
        late = CustomerRecorded(customer_id="c2", version=2, kind="person", name="Ann", tier="vip")

        gone.hear("customer_facts", late, 2)

        assert [one.customer_id for one in gone.rows(Profile)] == ["c1"]


class TestErasure:
    def test_leaves_no_timer_that_would_bring_the_profile_back(self, marketing):
        a_segment(marketing, "recent", RECENT)
        know_order(marketing, "o1", "2017-02-01")
        watched = [row.key for row in marketing.rows(TIMERS)]

        marketing.hear("customers", CustomerRemoved(customer_id="c1", version=9), 9)
        marketing.hear("erasures", CustomerErased(task_id="e1", customer_id="c1"))
        run(marketing)
        marketing.clock.pass_(days=100)
        marketing.fire()

        assert watched == ["c1"]
        assert [one["task"] for one in marketing.told("marketing.customer.followed.v1")] == [
            "erasure"
        ]
        assert marketing.rows(TIMERS) == []
        assert marketing.rows(Profile) == []
