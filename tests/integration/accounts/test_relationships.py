"""What customers are to each other: told once, seen from both ends."""

from typing import Any

import pytest

from chassis.errors import Conflict, Invalid, NotFound, StaleVersion
from tests.support.accounts import Desk, a_customer, a_staff


def a_firm(desk: Desk, **details: Any) -> str:
    """Register an organisation."""
    return str(a_customer(desk, kind="organisation", **details)["customer_id"])


def related(desk: Desk, customer_id: str, relation: str, other_id: str, **terms: Any) -> Any:
    """Tell what another customer is to one."""
    return desk.ask(
        "relate", customer_id=customer_id, other_id=other_id, relation=relation, terms=terms
    )


def sides(desk: Desk, customer_id: str, **asked: Any) -> list[tuple[str, str]]:
    """Return who is what to a customer."""
    found = desk.ask("relationships", customer_id=customer_id, **asked)["items"]
    return [(one["role"], one["party_id"]) for one in found]


class TestRelate:
    @pytest.mark.spec("ACC-06")
    def test_a_parent_with_size_strength_rank_and_share_is_seen_from_both_ends(
        self, desk: Desk
    ) -> None:
        child, parent = a_firm(desk), a_firm(desk)

        related(desk, child, "parent", parent, size="group", strength="high", industry_rank=2,
                share_bp=5_100)  # fmt: skip

        assert sides(desk, child) == [("parent", parent)]
        assert sides(desk, parent) == [("subsidiary", child)]
        (side,) = desk.ask("relationships", customer_id=parent)["items"]
        told = side["relationship"]
        assert (told["size"], told["strength"], told["industry_rank"], told["share_bp"]) == (
            "group", "high", 2, 5_100,
        )  # fmt: skip

    @pytest.mark.spec("ACC-07")
    def test_one_model_for_partners_suppliers_competitors_government_and_society(
        self, desk: Desk
    ) -> None:
        us = a_firm(desk)
        relations = (
            "partner", "supplier", "competitor", "government", "social_organisation",
            "shareholder", "referrer",
        )  # fmt: skip
        others = {relation: a_firm(desk) for relation in relations}

        for relation, other in others.items():
            related(desk, us, relation, other)

        assert sorted(sides(desk, us)) == sorted(others.items())
        assert sides(desk, others["supplier"]) == [("client", us)]
        assert sides(desk, us, role="competitor") == [("competitor", others["competitor"])]
        assert sides(desk, others["supplier"], role="supplier") == []

    @pytest.mark.spec("ACC-08")
    def test_a_strategic_partner_has_a_tier_an_owner_a_joint_plan_and_a_state(
        self, desk: Desk
    ) -> None:
        us, partner, manager = a_firm(desk), a_firm(desk), a_staff(desk)["id"]

        one = related(desk, us, "partner", partner, tier="strategic", manager_id=manager,
                      joint_plan="Two shops in May", background="Old friends",
                      potential="high", operating_state="active")  # fmt: skip

        assert (one["tier"], one["manager_id"], one["joint_plan"]) == (
            "strategic", manager, "Two shops in May",
        )  # fmt: skip
        assert (one["background"], one["potential"], one["operating_state"]) == (
            "Old friends", "high", "active",
        )  # fmt: skip
        (told,) = desk.told("accounts.relationship.recorded.v1")
        assert (told["tier"], told["other_id"]) == ("strategic", partner)
        assert "Two shops" not in str(told)

    def test_refuses_terms_of_another_kind(self, desk: Desk) -> None:
        us, other = a_firm(desk), a_firm(desk)
        for relation, terms in (("supplier", {"tier": "strategic"}), ("partner", {"share_bp": 1})):
            with pytest.raises(Invalid) as refused:
                related(desk, us, relation, other, **terms)
            assert refused.value.code == "accounts.relationship.terms"

        assert desk.count("relationships") == 0

    def test_refuses_the_same_at_one_time_but_not_after_it_ended(self, desk: Desk) -> None:
        us, other = a_firm(desk), a_firm(desk)
        related(desk, us, "supplier", other, valid_from="2020-01-01T00:00:00Z",
                valid_until="2021-01-01T00:00:00Z")  # fmt: skip

        with pytest.raises(Conflict) as refused:
            related(desk, us, "supplier", other, valid_from="2020-12-31T00:00:00Z")
        related(desk, us, "supplier", other, valid_from="2021-01-01T00:00:00Z")

        assert refused.value.code == "accounts.relationship.known"
        assert desk.count("relationships") == 2
        assert sides(desk, us) == [("supplier", other)]
        assert len(sides(desk, us, ended=True)) == 2

    def test_refuses_that_somebody_is_his_own_parent(self, desk: Desk) -> None:
        one, two, three = (a_firm(desk) for _ in range(3))
        related(desk, one, "parent", two)
        related(desk, two, "parent", three)

        for child, parent in ((three, one), (two, one)):
            with pytest.raises(Conflict) as refused:
                related(desk, child, "parent", parent)
            assert refused.value.code == "accounts.relationship.loop"
        with pytest.raises(Invalid):
            related(desk, one, "partner", one)

        assert desk.count("relationships") == 2

    def test_is_seen_from_an_end_only_by_who_sees_that_end(self, desk: Desk) -> None:
        """Pain point 5: a list of what is linked shows nobody's customers to others."""
        rita = a_staff(desk)["id"]
        mine, theirs = a_firm(desk, owner_id=rita), a_firm(desk)
        one = related(desk, mine, "supplier", theirs)
        rep = desk.token_of(rita)

        (side,) = desk.ask("relationships", as_=rep, customer_id=mine)["items"]
        with pytest.raises(NotFound):
            desk.ask("relationships", as_=rep, customer_id=theirs)
        with pytest.raises(NotFound):
            desk.ask("relate", as_=rep, customer_id=mine, other_id=theirs, relation="partner")
        with pytest.raises(NotFound):
            desk.ask("referrals", as_=rep, customer_id=theirs)

        assert side["party_id"] == theirs
        assert set(side) == {"party_id", "role", "relationship"}
        stranger = desk.token_of(a_staff(desk)["id"])
        with pytest.raises(NotFound):
            desk.ask("update_relationship", as_=stranger, relationship_id=one["id"], version=1,
                     changes={"valid_until": "2020-01-01T00:00:00Z"})  # fmt: skip


class TestUpdateRelationship:
    def test_changes_terms_and_tells_it(self, desk: Desk) -> None:
        us, partner = a_firm(desk), a_firm(desk)
        one = related(desk, us, "partner", partner, tier="registered")

        changed = desk.ask("update_relationship", relationship_id=one["id"], version=1,
                           changes={"tier": "preferred", "potential": "medium"})  # fmt: skip

        assert (changed["tier"], changed["potential"], changed["version"]) == (
            "preferred", "medium", 2,
        )  # fmt: skip
        assert len(desk.told("accounts.relationship.recorded.v1")) == 2

    def test_refuses_a_stale_version_and_odd_terms(self, desk: Desk) -> None:
        one = related(desk, a_firm(desk), "partner", a_firm(desk))

        with pytest.raises(StaleVersion):
            desk.ask("update_relationship", relationship_id=one["id"], version=2, changes={})
        with pytest.raises(Invalid):
            desk.ask("update_relationship", relationship_id=one["id"], version=1,
                     changes={"share_bp": 7})  # fmt: skip

        assert len(desk.told("accounts.relationship.recorded.v1")) == 1

    def test_a_parent_of_old_makes_no_loop(self, desk: Desk) -> None:
        one, two = a_firm(desk), a_firm(desk)
        told = related(desk, one, "parent", two)
        desk.ask("update_relationship", relationship_id=told["id"], version=1,
                 changes={"valid_until": "2020-01-01T00:00:00Z"})  # fmt: skip

        related(desk, two, "parent", one)

        with pytest.raises(Conflict):
            desk.ask("update_relationship", relationship_id=told["id"], version=2,
                     changes={"valid_until": None})  # fmt: skip


class TestReferrals:
    @pytest.mark.spec("ACC-35")
    def test_are_recorded_and_counted(self, desk: Desk) -> None:
        ann = a_customer(desk)["customer_id"]
        brought = [a_customer(desk)["customer_id"] for _ in range(3)]

        for customer_id in brought:
            related(desk, customer_id, "referrer", ann)

        assert desk.ask("referrals", customer_id=ann)["referrals"] == 3
        card = desk.ask("customer_card", customer_id=ann)["relationships"]
        assert card["referrals"] == 3
        assert sorted(one["party_id"] for one in card["items"]) == sorted(brought)
        assert {one["role"] for one in card["items"]} == {"referred"}

    def test_pages_meet_each_relationship_once(self, desk: Desk) -> None:
        """Pain point 13."""
        ann = a_customer(desk)["customer_id"]
        brought = [a_customer(desk)["customer_id"] for _ in range(5)]
        for customer_id in brought:
            related(desk, customer_id, "referrer", ann)
        met: list[str] = []
        after = None

        while True:
            page = desk.ask("relationships", customer_id=ann, limit=2, after=after)
            met += [one["party_id"] for one in page["items"]]
            after = page["next"]
            if after is None:
                break

        assert sorted(met) == sorted(brought)
