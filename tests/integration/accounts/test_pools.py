"""Public pools: who sees what of which customers, and how they come and go."""

from typing import Any

import pytest

from chassis.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from tests.support.accounts import Desk, a_customer, a_staff, a_territory
from tests.support.pools import a_pool, a_team, free, owner_of


def listed(desk: Desk, pool: str, token: str | None = None) -> list[str]:
    """Return the customers of a pool, page by page."""
    found, after = [], None
    while True:
        page = desk.ask("pool_customers", as_=token, pool_id=pool, limit=2, after=after)
        found += [one["customer_id"] for one in page["items"]]
        after = page["next"]
        if after is None:
            return found


class TestWhatIsInAPool:
    @pytest.mark.spec("ACC-16")
    def test_a_member_sees_what_the_pool_shows_and_nothing_else(self, desk: Desk) -> None:
        rita = a_staff(desk, name="Rita")["id"]
        pool = a_pool(desk, member_ids=[rita], shown_fields=["segment", "city"])
        a_customer(desk, name="Ann Lee", email="ann@lee.org", segment="Consumer", city="Rye")
        token = desk.token_of(rita)

        (item,) = desk.ask("pool_customers", as_=token, pool_id=pool)["items"]

        assert item.keys() == {"customer_id", "pool_id", "segment", "city"}
        assert (item["segment"], item["city"]) == ("Consumer", "Rye")
        assert desk.ask("find_records", as_=token, kind="customer")["items"] == []

    def test_takes_what_meets_its_conditions_and_is_nobodys(self, desk: Desk) -> None:
        east = a_territory(desk, "New York")
        rita = a_staff(desk, name="Rita")["id"]
        a_staff(desk, name="Second", territory_ids=[east])
        a_staff(desk, name="Third", territory_ids=[east])
        inside = free(desk, 3, state="New York", segment="Consumer")
        free(desk, 1, state="New York", segment="Corporate")
        free(desk, 1, state="Oregon", segment="Consumer")
        free(desk, 1, state="New York", segment="Consumer", owner_id=rita)
        pool = a_pool(desk, territory_ids=[east], segments=["Consumer"], lifecycles=["potential"])

        found = listed(desk, pool)

        assert found == sorted(inside)

    def test_an_explicit_pool_takes_only_what_is_put_in(self, desk: Desk) -> None:
        rita = a_staff(desk, name="Rita")["id"]
        chosen, open_ = a_pool(desk, is_explicit=True), a_pool(desk, name="Open")
        one, other = *free(desk, 1, owner_id=rita), *free(desk, 1)
        desk.ask("release_customer", customer_id=one, version=1, pool_id=chosen, reason="no_need")

        found = listed(desk, chosen), listed(desk, open_)

        assert found == ([one], [other])

    @pytest.mark.parametrize(
        ("rights", "who", "may"),
        [
            ({}, "member", True),
            ({}, "admin", True),
            ({}, "stranger", False),
            ({"list": "admins"}, "member", False),
            ({"list": "admins"}, "admin", True),
            ({"list": "nobody"}, "admin", False),
            ({"list": "nobody"}, "director", True),
        ],
    )
    def test_is_listed_by_whom_it_says(
        self, desk: Desk, rights: dict[str, str], who: str, may: bool
    ) -> None:
        team, (member,) = a_team(desk, "Member")
        people = {
            "member": member, "admin": a_staff(desk, name="Admin")["id"],
            "stranger": a_staff(desk, name="Stranger")["id"],
            "director": a_staff(desk, role="sales_director", name="Director")["id"],
        }  # fmt: skip
        pool = a_pool(desk, team_ids=[team], admin_ids=[people["admin"]], rights=rights)
        (one,) = free(desk, 1)
        token = desk.token_of(people[who])

        if may:
            assert listed(desk, pool, token) == [one]
        else:
            with pytest.raises(Forbidden) as refused:
                listed(desk, pool, token)
            assert refused.value.code == "accounts.pool.right_missing"


class TestSettingUp:
    def test_an_update_has_a_version_and_leaves_a_trail(self, desk: Desk) -> None:
        pool = desk.ask("register_pool", name="Sea", daily_claims=5)

        changed = desk.ask("update_pool", pool_id=pool["id"], version=1, name="Sea")
        with pytest.raises(Conflict) as stale:
            desk.ask("update_pool", pool_id=pool["id"], version=1, name="Lake")

        assert (changed["version"], changed.get("daily_claims")) == (2, None)
        assert stale.value.code == "stale_version"
        assert desk.count("audit", "WHERE record_kind = 'pools'") == 2

    @pytest.mark.parametrize(
        ("wrong", "code"),
        [
            ({"team_ids": ["none"]}, "accounts.pool.unknown_ids"),
            ({"admin_ids": ["none"]}, "accounts.pool.unknown_ids"),
            ({"territory_ids": ["none"]}, "accounts.pool.unknown_ids"),
            ({"zone": "Europe/Nowhere"}, "invalid.fields"),
            ({"shown_fields": ["owner_id"]}, "invalid.fields"),
            ({"rights": {"list": "everybody"}}, "invalid.fields"),
            ({"daily_claims": -1}, "invalid.fields"),
        ],
    )
    def test_refuses_what_is_not_there(self, desk: Desk, wrong: dict[str, Any], code: str) -> None:
        with pytest.raises(Invalid) as refused:
            a_pool(desk, **wrong)

        assert refused.value.code == code
        assert desk.count("pools") == 0

    def test_a_rep_sets_up_no_pool(self, desk: Desk) -> None:
        rep = desk.token_of(a_staff(desk, name="Rita")["id"])

        with pytest.raises(Forbidden):
            desk.ask("register_pool", as_=rep, name="Mine")

        assert desk.count("pools") == 0


class TestRelease:
    @pytest.mark.spec("ACC-14")
    @pytest.mark.spec("ACC-16")
    def test_who_owned_it_why_it_was_given_up_and_who_claimed_it_is_kept(self, desk: Desk) -> None:
        team, (rita, rolf) = a_team(desk, "Rita", "Rolf")
        pool = a_pool(desk, team_ids=[team])
        (one,) = free(desk, 1, owner_id=rita)
        desk.ask("release_customer", as_=desk.token_of(rita), customer_id=one, version=1,
                 pool_id=pool, reason="unreachable")  # fmt: skip
        desk.ask("claim_customer", as_=desk.token_of(rolf), pool_id=pool, customer_id=one)

        history = desk.ask("ownership_history", as_=desk.token_of(rolf), customer_id=one)["items"]

        assert [
            (one["reason"], one["previous_owner_id"], one["owner_id"], one["cause"], one["pool_id"])
            for one in history
        ] == [
            ("claimed", None, rolf, None, pool),
            ("released", rita, None, "unreachable", pool),
            ("registered", None, rita, None, None),
        ]
        assert [one["actor"] for one in history[:2]] == [f"person:{rolf}", f"person:{rita}"]
        told = desk.told("accounts.customer.owner_changed.v1")
        assert [(one["reason"], one["pool_id"]) for one in told] == [
            ("released", pool), ("claimed", pool),
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("owned", "wrong", "code"),
        [
            (False, {}, "accounts.customer.unowned"),
            (True, {"pool_id": "none"}, "accounts.pool.not_found"),
            (True, {"version": 7}, "stale_version"),
            (True, {"reason": "bored"}, "invalid.fields"),
        ],
    )
    def test_refuses_what_makes_no_sense(
        self, desk: Desk, owned: bool, wrong: dict[str, Any], code: str
    ) -> None:
        rita = a_staff(desk, name="Rita")["id"] if owned else None
        (one,) = free(desk, 1, owner_id=rita)
        given = {"version": 1, "pool_id": a_pool(desk), "reason": "no_need"} | wrong

        with pytest.raises(Refused) as refused:
            desk.ask("release_customer", customer_id=one, **given)

        assert refused.value.code == code
        assert owner_of(desk, one) == rita

    def test_a_rep_releases_only_his_own(self, desk: Desk) -> None:
        rita, rolf = a_staff(desk, name="Rita")["id"], a_staff(desk, name="Rolf")["id"]
        (one,) = free(desk, 1, owner_id=rolf)

        with pytest.raises(NotFound) as refused:
            desk.ask("release_customer", as_=desk.token_of(rita), customer_id=one, version=1,
                     pool_id=a_pool(desk), reason="no_need")  # fmt: skip

        assert refused.value.code == "accounts.customer.not_found"
        assert owner_of(desk, one) == rolf
