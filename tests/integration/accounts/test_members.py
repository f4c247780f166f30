"""Members of the club, and all customers by product, channel, relationship and value."""

from typing import Any

import pytest

from chassis.errors import Conflict, Invalid, NotFound, StaleVersion
from contracts.analytics import CustomerScored
from tests.support.accounts import Desk, a_customer, a_staff
from tests.support.sales import DAY


def joins(desk: Desk, customer_id: str, **more: Any) -> dict[str, Any]:
    """Let a customer join the club."""
    told = {"level": "silver", "joined_on": "2016-05-01"} | more
    return dict(desk.ask("register_member", customer_id=customer_id, **told))


class TestMembers:
    @pytest.mark.spec("ACC-33")
    def test_have_a_number_of_their_own_a_level_and_a_day(self, desk: Desk) -> None:
        ann, bob, cyd = (a_customer(desk)["customer_id"] for _ in range(3))

        first, second = joins(desk, ann), joins(desk, bob, level="gold")
        third = joins(desk, cyd, number="OLD-7")

        assert (first["number"], second["number"], third["number"]) == (
            "M100001", "M100002", "OLD-7",
        )  # fmt: skip
        found = desk.ask("find_member", number="OLD-7")
        assert (found["customer_id"], found["level"], found["joined_on"]) == (
            cyd, "silver", "2016-05-01",
        )  # fmt: skip
        told = desk.told("accounts.membership.recorded.v1")
        assert [(one["customer_id"], one["level"]) for one in told] == [
            (ann, "silver"), (bob, "gold"), (cyd, "silver"),
        ]  # fmt: skip
        assert "OLD-7" not in str(told)
        card = desk.ask("customer_card", customer_id=bob)["memberships"]["items"]
        assert [one["number"] for one in card] == ["M100002"]

    @pytest.mark.spec("ACC-35")
    def test_speak_of_loyalty_on_the_card_with_whom_they_brought(self, desk: Desk) -> None:
        ann, bob, cyd = (a_customer(desk)["customer_id"] for _ in range(3))
        left = joins(desk, ann)
        desk.ask("update_membership", membership_id=left["id"], version=1,
                 changes={"left_on": "2017-01-01"})  # fmt: skip
        joins(desk, ann, level="gold", joined_on="2017-02-01")
        for brought in (bob, cyd):
            desk.ask("relate", customer_id=brought, other_id=ann, relation="referrer")

        loyalty = desk.ask("customer_card", customer_id=ann)["loyalty"]
        stranger = desk.ask("customer_card", customer_id=bob)["loyalty"]

        assert {name: loyalty["member"][name] for name in ("number", "level", "joined_on")} == {
            "number": "M100002", "level": "gold", "joined_on": "2017-02-01",
        }  # fmt: skip
        assert (loyalty["referrals"], loyalty["customer_class"]) == (2, "potential")
        assert loyalty["as_of"].endswith("Z")
        assert (stranger["member"], stranger["referrals"]) == (None, 0)

    def test_a_number_is_one_members_for_ever(self, desk: Desk) -> None:
        ann, bob = (a_customer(desk)["customer_id"] for _ in range(2))
        member = joins(desk, ann, number="OLD-7")
        desk.ask("update_membership", membership_id=member["id"], version=1,
                 changes={"left_on": "2017-01-01"})  # fmt: skip

        with pytest.raises(Conflict) as taken:
            joins(desk, bob, number="OLD-7")
        with pytest.raises(Invalid) as reserved:
            joins(desk, bob, number="M100009")

        assert taken.value.code == "accounts.member.number_taken"
        assert reserved.value.code == "accounts.member.number_reserved"
        assert desk.count("members") == 1

    def test_join_again_only_after_they_left(self, desk: Desk) -> None:
        ann = a_customer(desk)["customer_id"]
        member = joins(desk, ann)

        with pytest.raises(Conflict) as refused:
            joins(desk, ann)
        with pytest.raises(Invalid):
            desk.ask("update_membership", membership_id=member["id"], version=1,
                     changes={"left_on": "2016-04-30"})  # fmt: skip
        with pytest.raises(StaleVersion):
            desk.ask("update_membership", membership_id=member["id"], version=2,
                     changes={"level": "gold"})  # fmt: skip
        desk.ask("update_membership", membership_id=member["id"], version=1,
                 changes={"left_on": "2017-01-01"})  # fmt: skip
        joins(desk, ann)
        with pytest.raises(Conflict):
            desk.ask("update_membership", membership_id=member["id"], version=2,
                     changes={"left_on": None})  # fmt: skip

        assert refused.value.code == "accounts.member.already"
        items = desk.ask("memberships_of", customer_id=ann)["items"]
        assert [one["left_on"] for one in items] == ["2017-01-01", None]

    def test_are_found_and_changed_only_by_who_sees_the_customer(self, desk: Desk) -> None:
        """Pain point 5."""
        ann = a_customer(desk)["customer_id"]
        member = joins(desk, ann)
        rep = desk.token_of(a_staff(desk)["id"])

        for method, asked in (
            ("find_member", {"number": member["number"]}),
            ("memberships_of", {"customer_id": ann}),
            ("register_member", {"customer_id": ann, "level": "x", "joined_on": "2017-01-01"}),
            ("update_membership", {"membership_id": member["id"], "version": 1, "changes": {}}),
        ):
            with pytest.raises(NotFound):
                desk.ask(method, as_=rep, **asked)


def by(desk: Desk, view: str, group: str, **more: Any) -> set[str]:
    """Return who is in a group of a view."""
    found = desk.ask("customers_by", view=view, group=group, **more)["items"]
    return {one["id"] for one in found}


def groups(desk: Desk, view: str, **more: Any) -> dict[str, int]:
    """Return the groups of a view."""
    found = desk.ask("customer_groups", view=view, **more)["items"]
    return {one["group"]: one["customers"] for one in found}


class TestViews:
    @pytest.mark.spec("ACC-43")
    def test_all_customers_by_product_channel_relationship_and_value(self, desk: Desk) -> None:
        rita = a_staff(desk)["id"]
        mine = a_customer(desk, owner_id=rita)["customer_id"]
        ann, bob = (a_customer(desk)["customer_id"] for _ in range(2))
        for customer_id in (mine, ann):
            desk.ask("record_asset", customer_id=customer_id, sku="DESK-1")
        desk.ask("record_asset", customer_id=bob, sku="DESK-1", until="2017-01-01")
        desk.ask("record_asset", customer_id=ann, sku="DESK-1", serial="second")
        desk.ask("set_preferences", customer_id=mine, version=1, channel="mail")
        desk.ask("set_preferences", customer_id=bob, version=1, channel="mail")
        desk.ask("relate", customer_id=mine, other_id=ann, relation="supplier")
        desk.ask("relate", customer_id=mine, other_id=bob, relation="partner")
        desk.hear("scores", CustomerScored(
            customer_id=bob, tier="vip", score_id="s", rank=1, population=3, spend_minor=1,
            currency="USD", period_start="2016-01-01", period_end="2017-01-01", as_of=DAY,
            method="m", version=1,
        ))  # fmt: skip
        rep = desk.token_of(rita)

        everything = {
            ("product", "DESK-1"): {mine, ann}, ("channel", "mail"): {mine, bob},
            ("relationship", "supplier"): {ann}, ("relationship", "client"): {mine},
            ("relationship", "partner"): {mine, bob}, ("value", "vip"): {bob},
        }  # fmt: skip
        for (view, group), members in everything.items():
            assert by(desk, view, group) == members
            assert by(desk, view, group, as_=rep) == members & {mine}
            assert groups(desk, view)[group] == len(members)
            assert groups(desk, view, as_=rep).get(group, 0) == len(members & {mine})
        assert groups(desk, "relationship") == {"supplier": 1, "client": 1, "partner": 2}
        assert groups(desk, "value") == {"vip": 1}

    def test_refuses_a_group_that_a_view_does_not_have(self, desk: Desk) -> None:
        for view, group in (("channel", "pigeon"), ("relationship", "cousin"), ("value", "huge")):
            with pytest.raises(Invalid) as refused:
                by(desk, view, group)
            assert refused.value.code == "accounts.view.unknown_group"

        assert by(desk, "product", "nothing of ours") == set()

    def test_pages_meet_everybody_once(self, desk: Desk) -> None:
        """Pain point 13."""
        ids = [a_customer(desk)["customer_id"] for _ in range(5)]
        for number, customer_id in enumerate(ids):
            desk.ask("record_asset", customer_id=customer_id, sku="DESK-1")
            desk.ask("record_asset", customer_id=customer_id, sku=f"SKU-{number}")

        first = desk.ask("customers_by", view="product", group="DESK-1", limit=3)
        rest = desk.ask("customers_by", view="product", group="DESK-1", limit=3,
                        after=first["next"])  # fmt: skip
        some = desk.ask("customer_groups", view="product", limit=4)
        others = desk.ask("customer_groups", view="product", limit=4, after=some["next"])

        assert sorted(one["id"] for one in first["items"] + rest["items"]) == sorted(ids)
        assert rest["next"] is None
        assert [one["group"] for one in some["items"] + others["items"]] == [
            "DESK-1", "SKU-0", "SKU-1", "SKU-2", "SKU-3", "SKU-4",
        ]  # fmt: skip
        assert others["next"] is None
