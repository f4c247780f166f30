"""Marketing follows a merge: nobody is counted or written to twice, and no stop is forgotten."""

import pytest

from contracts.accounts import CustomerMerged, CustomerUnmerged
from services.marketing.tables import Membership, OrderSeen, Profile, ProfileTag, Suppression
from tests.support.marketing import a_segment, know_customer, know_order, run

MERGED = CustomerMerged(merge_id="m1", task_id="m1", winner_id="c1", losers=("c2",))
UNDONE = CustomerUnmerged(merge_id="m1", task_id="u1", winner_id="c1", losers=("c2",))
AT_FAIR = [{"fact": "tag", "has": "fair"}]


def retire(room, version=9):
    """Let marketing hear that c2 is an old id of c1."""
    know_customer(room, "c2", version=version, name="", email=None, merged_into="c1")


def merge(room):
    retire(room)
    room.hear("merges", MERGED)
    run(room)


@pytest.fixture
def two(marketing, person):
    """Two customers with an order each, of whom both were at the fair."""
    know_customer(marketing, "c2", tier="vip")
    know_order(marketing, "o1", "2017-01-01")
    know_order(marketing, "o2", "2017-02-01", customer_id="c2")
    for id_ in ("c1", "c2"):
        marketing.call("tag_customer", person, customer_id=id_, tag="fair")
    marketing.call("tag_customer", person, customer_id="c2", tag="big")
    return marketing


def active(room):
    return [one.customer_id for one in room.rows(Membership) if one.active]


class TestFollowing:
    def test_orders_and_tags_are_counted_for_the_winner(self, two):
        merge(two)

        assert [one.customer_id for one in two.rows(OrderSeen)] == ["c1", "c1"]
        profiles = {one.customer_id: one.order_count for one in two.rows(Profile)}
        assert profiles == {"c1": 2, "c2": 0}
        tags = {(one.customer_id, one.tag) for one in two.rows(ProfileTag)}
        assert tags == {("c1", "fair"), ("c1", "big"), ("c2", "fair")}
        (told,) = two.told("marketing.customer.followed.v1")
        assert told["counts"] == {"orders": 2 - 1, "tags": 1, "tags_stayed": 1}

    def test_the_loser_is_in_no_segment_any_more(self, two):
        a_segment(two, "fair", all_of=AT_FAIR)
        before = active(two)

        merge(two)

        assert sorted(before) == ["c1", "c2"]
        assert active(two) == ["c1"]

    def test_an_order_that_comes_late_is_the_winners(self, two):
        merge(two)

        know_order(two, "o3", "2017-03-01", customer_id="c2")

        assert {one.customer_id for one in two.rows(OrderSeen)} == {"c1"}
        assert {one.order_count for one in two.rows(Profile) if one.customer_id == "c1"} == {3}

    def test_who_wants_no_mail_gets_none_under_the_other_id(self, two, person):
        two.call("set_do_not_contact", person, customer_id="c2", stopped=True)

        merge(two)

        stopped = {one.id: one.stopped_at is not None for one in two.rows(Suppression)}
        assert stopped["c1"]

    def test_undone_each_has_its_own_orders_and_segments_again(self, two):
        a_segment(two, "fair", all_of=AT_FAIR)
        merge(two)
        know_customer(two, "c2", version=11, tier="vip")

        two.hear("merges", UNDONE)
        run(two)

        orders = {one.order_id: one.customer_id for one in two.rows(OrderSeen)}
        assert orders == {"o1": "c1", "o2": "c2"}
        assert sorted(active(two)) == ["c1", "c2"]
        tags = {(one.customer_id, one.tag) for one in two.rows(ProfileTag)}
        assert tags == {("c1", "fair"), ("c2", "big"), ("c2", "fair")}

    def test_what_the_loser_got_anew_meanwhile_holds_up_nothing(self, two, person):
        merge(two)
        know_customer(two, "c2", version=11, tier="vip")
        two.call("tag_customer", person, customer_id="c2", tag="big")  # as it had before

        two.hear("merges", UNDONE)
        run(two)

        assert [one["task"] for one in two.told("marketing.customer.followed.v1")] == [
            "merge",
            "unmerge",
        ]
        assert ("c2", "big") in {(one.customer_id, one.tag) for one in two.rows(ProfileTag)}
