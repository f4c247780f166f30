"""Who belongs to a segment and why: kept from what is told, whatever comes first."""

import itertools

import pytest

from chassis.errors import Conflict, Invalid, NotFound
from chassis.tables import TIMERS
from contracts.accounts import CustomerRecorded
from services.marketing.tables import Membership, Profile
from services.marketing.usecases import segments
from tests.support.marketing import a_segment, know_customer, know_order, marketer, run

RECENT = [{"fact": "last_order", "within_days": 90}]
SLEEPING = [{"fact": "last_order", "older_than_days": 90}]


def members(room, segment):
    """Return who belongs, with the reasons."""
    found = room.call("segment_members", marketer(room), segment_id=segment["id"])["items"]
    return {one["customer_id"]: one["reasons"] for one in found}


def told(room):
    """Return what was told of memberships: joined or left, who, why."""
    return [
        (verb, one["customer_id"], one["reasons"])
        for verb in ("joined", "left")
        for one in room.told(f"marketing.segment.{verb}.v1")
    ]


class TestDefineSegment:
    def test_holds_everybody_known_against_it(self, marketing):
        know_customer(marketing, "c2", tier="small")

        segment = a_segment(marketing)

        assert segment["is_filled"]
        assert members(marketing, segment) == {"c1": ["tier=vip"]}
        assert told(marketing) == [("joined", "c1", ["tier=vip"])]
        (changed,) = marketing.told("marketing.record.changed.v1")
        assert (changed["kind"], changed["fields"]["key"]) == ("segment", '"vips"')

    def test_sees_more_customers_than_one_step_takes(self, marketing):
        for number in range(2, 103):
            know_customer(marketing, f"c{number:03}", tier="vip")

        segment = a_segment(marketing)

        assert len(marketing.rows(Membership)) == 102
        assert segment["is_filled"]

    def test_finds_a_customer_whose_copy_has_not_come_yet(self, marketing):
        told_ = CustomerRecorded(customer_id="c9", version=1, kind="person", name="N", tier="vip")
        marketing.hear("customer_facts", told_)

        segment = a_segment(marketing)

        assert list(members(marketing, segment)) == ["c1", "c9"]

    def test_finds_customers_that_only_a_snapshot_brought(self, marketing, person):
        segment = a_segment(marketing)
        told_ = CustomerRecorded(customer_id="c9", version=1, kind="person", name="N", tier="vip")
        marketing.hear("customers", told_)

        marketing.call(
            "refill_segment", person, segment_id=segment["id"], version=segment["version"]
        )
        run(marketing)

        assert sorted(members(marketing, segment)) == ["c1", "c9"]

    @pytest.mark.parametrize(
        "condition",
        [
            {"fact": "tier"},
            {"fact": "tier", "any_of": []},
            {"fact": "tier", "within_days": 3},
            {"fact": "last_order", "any_of": ["x"]},
            {"fact": "last_order", "within_days": 3, "older_than_days": 1},
            {"fact": "last_order", "within_days": -1},
            {"fact": "tag", "any_of": ["x"]},
            {"fact": "shoe_size", "any_of": ["44"]},
            {"fact": "tier", "any_of": ["vip"], "none_of": ["x"]},
        ],
        ids=str,
    )
    def test_refuses_conditions_that_ask_in_no_way_that_there_is(
        self, marketing, person, condition
    ):
        given = {"key": "x", "label": "x", "all_of": [condition]}

        with pytest.raises(Invalid):
            marketing.ask("define_segment", person, given)

        assert marketing.rows(Membership) == []

    def test_refuses_the_same_key_again(self, marketing, person):
        a_segment(marketing)

        with pytest.raises(Conflict):
            a_segment(marketing)

    def test_lets_go_of_whom_new_conditions_leave_out(self, marketing, person):
        segment = a_segment(marketing)

        marketing.call(
            "revise_segment", person, segment_id=segment["id"], version=segment["version"],
            label="x", all_of=[{"fact": "tier", "any_of": ["small"]}],
        )  # fmt: skip
        run(marketing)

        assert members(marketing, segment) == {}
        assert told(marketing)[-1] == ("left", "c1", ["tier=vip"])

    def test_takes_no_more_changes_once_it_is_retired(self, marketing, person):
        segment = a_segment(marketing)
        retired = marketing.call(
            "retire_segment", person, segment_id=segment["id"], version=segment["version"]
        )
        know_customer(marketing, "c2", tier="vip")

        with pytest.raises(Conflict) as refused:
            marketing.call(
                "refill_segment", person, segment_id=segment["id"], version=retired["version"]
            )

        assert refused.value.code == "marketing.segment.retired"
        assert list(members(marketing, segment)) == ["c1"]

    def test_refuses_one_more_than_are_kept_until_one_is_retired(
        self, marketing, person, monkeypatch
    ):
        monkeypatch.setattr(segments, "MAX_SEGMENTS", 1)
        first = a_segment(marketing)
        with pytest.raises(Conflict) as refused:
            a_segment(marketing, key="second")
        marketing.call("retire_segment", person, segment_id=first["id"], version=first["version"])

        a_segment(marketing, key="second")

        assert refused.value.code == "marketing.segment.too_many"


class TestWhatIsTold:
    def test_makes_a_customer_join_and_leave_with_the_reason(self, marketing):
        segment = a_segment(marketing)

        know_customer(marketing, "c2", tier="vip")
        know_customer(marketing, version=2, tier="major")

        assert members(marketing, segment) == {"c2": ["tier=vip"]}
        assert ("left", "c1", ["tier=major"]) in told(marketing)

    def test_counts_whatever_comes_first(self, marketing):
        """Four facts about one customer, in every order: the same in the end."""
        all_of = [*RECENT, {"fact": "region", "any_of": ["West"]}]
        segment = a_segment(marketing, "recent", all_of)
        for number, order in enumerate(itertools.permutations(range(4))):
            id_ = f"p{number:02}"
            facts = (
                lambda i=id_: know_customer(marketing, i, version=1, region="East"),
                lambda i=id_: know_customer(marketing, i, version=2, region="West"),
                lambda i=id_: know_order(marketing, f"o-{i}", "2017-02-01", customer_id=i),
                lambda i=id_: know_order(
                    marketing, f"o-{i}", "2017-02-20", customer_id=i, version=2
                ),
            )
            for one in order:
                facts[one]()

        found = members(marketing, segment)
        assert len(found) == 24
        assert set(map(tuple, found.values())) == {("last_order<=90d", "region=West")}
        profiles = {
            (one.last_order_on.isoformat(), one.order_count)
            for one in marketing.rows(Profile)
            if one.customer_id != "c1"
        }
        assert profiles == {("2017-02-20", 1)}

    def test_lets_a_cancelled_order_not_count(self, marketing):
        segment = a_segment(marketing, "recent", RECENT)
        know_order(marketing, "o1", "2017-02-01")
        assert list(members(marketing, segment)) == ["c1"]

        know_order(marketing, "o1", "2017-02-01", version=2, status="cancelled")

        assert members(marketing, segment) == {}

    def test_moves_an_order_to_another_customer(self, marketing):
        know_customer(marketing, "c2")
        segment = a_segment(marketing, "recent", RECENT)
        know_order(marketing, "o1", "2017-02-01")

        know_order(marketing, "o1", "2017-02-01", version=2, customer_id="c2")

        assert list(members(marketing, segment)) == ["c2"]

    def test_waits_with_orders_of_somebody_whom_accounts_has_not_told_of(self, marketing):
        segment = a_segment(marketing, "recent", RECENT)

        know_order(marketing, "o1", "2017-02-01", customer_id="c5")
        assert members(marketing, segment) == {}
        know_customer(marketing, "c5")

        assert list(members(marketing, segment)) == ["c5"]


class TestTime:
    """The business day is 2017-03-01; an order of February 1 is 90 days old on May 2."""

    def test_alone_makes_a_customer_leave_and_another_segment_take_him(self, marketing):
        recent = a_segment(marketing, "recent", RECENT)
        sleeping = a_segment(marketing, "sleeping", SLEEPING)
        know_order(marketing, "o1", "2017-02-01")

        marketing.clock.pass_(days=61)  # May 1
        marketing.fire()
        assert (list(members(marketing, recent)), list(members(marketing, sleeping))) == (
            ["c1"],
            [],
        )

        marketing.clock.pass_(days=2)  # May 3
        assert marketing.fire() == 1

        assert members(marketing, recent) == {}
        assert members(marketing, sleeping) == {"c1": ["last_order>90d"]}
        assert ("left", "c1", ["last_order>90d"]) in told(marketing)

    def test_is_watched_only_where_it_can_change_something(self, marketing):
        a_segment(marketing, "recent", RECENT)
        for number in range(2, 6):
            know_customer(marketing, f"c{number}")
        know_order(marketing, "o1", "2017-02-01")
        know_order(marketing, "o2", "2016-01-01", customer_id="c2")

        assert [row.key for row in marketing.rows(TIMERS)] == ["c1"]

    def test_is_watched_anew_after_a_newer_order(self, marketing):
        segment = a_segment(marketing, "recent", RECENT)
        know_order(marketing, "o1", "2017-02-01")
        know_order(marketing, "o2", "2017-02-25")

        marketing.clock.pass_(days=63)
        assert marketing.fire() == 0

        assert list(members(marketing, segment)) == ["c1"]
        (timer,) = marketing.rows(TIMERS)
        assert timer.due.date().isoformat() == "2017-05-27"


class TestTagCustomer:
    def test_makes_a_customer_belong_until_it_is_taken_off(self, marketing, person):
        segment = a_segment(marketing, "golfers", [{"fact": "tag", "has": "golf"}])

        answer = marketing.call("tag_customer", person, customer_id="c1", tag="golf")
        assert answer == {"customer_id": "c1", "tags": ["golf"]}
        assert members(marketing, segment) == {"c1": ["tag=golf"]}
        marketing.call("untag_customer", person, customer_id="c1", tag="golf")

        assert members(marketing, segment) == {}
        assert told(marketing)[-1] == ("left", "c1", ["tag!=golf"])

    def test_refuses_a_customer_that_nobody_told_of(self, marketing, person):
        with pytest.raises(NotFound):
            marketing.call("tag_customer", person, customer_id="c7", tag="golf")


class TestExplainMember:
    def test_says_of_each_condition_whether_it_holds(self, marketing, person):
        segment = a_segment(marketing, "both", [{"fact": "tier", "any_of": ["vip"]}, *RECENT])

        answer = marketing.call(
            "explain_member", person, segment_id=segment["id"], customer_id="c1"
        )

        assert answer["belongs"] is False
        assert answer["conditions"] == [
            {"fact": "tier", "holds": True, "reason": "tier=vip"},
            {"fact": "last_order", "holds": False, "reason": "last_order=never"},
        ]

    def test_refuses_a_customer_of_whom_nothing_is_known(self, marketing, person):
        segment = a_segment(marketing)

        with pytest.raises(NotFound):
            marketing.call("explain_member", person, segment_id=segment["id"], customer_id="c7")
