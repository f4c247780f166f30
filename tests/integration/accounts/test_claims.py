"""Claims: of all who try at once one wins, and nobody gets more than he may."""

from functools import partial

import pytest

from chassis.errors import Conflict, Forbidden, NotFound, Refused
from contracts.sales import OpportunityWon
from tests.support.accounts import Desk, a_customer, a_staff
from tests.support.pools import a_pool, a_team, buys, free, outcomes, owner_of
from tests.support.sales import StandingClock

CROWD = 200


class TestAtTheSameInstant:
    @pytest.mark.spec("ACC-16")
    def test_of_200_claimers_one_wins_and_199_are_told_so(self, desk: Desk, crowd: Desk) -> None:
        team, reps = a_team(desk, *(f"Rep {n}" for n in range(20)))
        pool = a_pool(desk, team_ids=[team], daily_claims=5)
        (prey,) = free(desk, 1)
        tokens = [desk.token_of(rep) for rep in reps]
        claims = [
            partial(crowd.ask, "claim_customer", as_=tokens[n % 20], pool_id=pool, customer_id=prey)
            for n in range(CROWD)
        ]

        found = outcomes(claims)

        assert found == {"won": 1, "accounts.customer.already_claimed": CROWD - 1}
        assert owner_of(desk, prey) in reps
        assert desk.count("claims") == 1
        assert desk.count("ownerships") == 1
        assert desk.count("claim_counts", "WHERE claimed > 0") == 1
        assert len(desk.told("accounts.customer.owner_changed.v1")) == 1

    @pytest.mark.spec("ACC-16")
    def test_200_claims_of_one_member_against_a_quota_of_20_win_20(
        self, desk: Desk, crowd: Desk
    ) -> None:
        rita = a_staff(desk, name="Rita")["id"]
        pool = a_pool(desk, member_ids=[rita], daily_claims=20)
        token = desk.token_of(rita)
        claims = [
            partial(crowd.ask, "claim_customer", as_=token, pool_id=pool, customer_id=one)
            for one in free(desk, CROWD)
        ]

        found = outcomes(claims)

        assert found == {"won": 20, "accounts.claim.quota_spent": CROWD - 20}
        assert desk.count("customers", f"WHERE owner_id = '{rita}'") == 20
        assert desk.count("claims") == 20
        assert desk.count("claim_counts", "WHERE claimed = 20") == 1

    def test_many_claims_of_one_member_never_pass_his_cap(self, desk: Desk, crowd: Desk) -> None:
        rita = a_staff(desk, name="Rita")["id"]
        pool, token = a_pool(desk, member_ids=[rita]), desk.token_of(rita)
        cap = {"name": "Reps", "kind": "own", "most": 7}
        desk.ask("create_record", kind="ownership_cap", values=cap)
        claims = [
            partial(crowd.ask, "claim_customer", as_=token, pool_id=pool, customer_id=one)
            for one in free(desk, 40)
        ]

        found = outcomes(claims)

        assert found == {"won": 7, "accounts.owner.cap_reached": 33}
        assert desk.count("customers", f"WHERE owner_id = '{rita}'") == 7

    def test_who_edits_a_customer_meanwhile_does_not_make_its_claim_fail(self, desk: Desk) -> None:
        rita = a_staff(desk, name="Rita")["id"]
        pool, (prey,) = a_pool(desk, member_ids=[rita]), free(desk, 1)
        desk.ask("update_customer", customer_id=prey, version=1, changes={"city": "Rye"})

        won = desk.ask(
            "claim_customer", as_=desk.token_of(rita), pool_id=pool, customer_id=prey
        )  # fmt: skip

        assert (won["owner_id"], won["version"]) == (rita, 3)


class TestQuotaAndCooling:
    def test_the_quota_is_of_a_business_day_in_the_zone_of_the_pool(
        self, desk: Desk, clock: StandingClock
    ) -> None:
        rita = a_staff(desk, name="Rita")["id"]
        pool = a_pool(desk, member_ids=[rita], daily_claims=1, zone="Asia/Shanghai")
        first, second, third = free(desk, 3)
        take = partial(desk.ask, "claim_customer", as_=desk.token_of(rita), pool_id=pool)
        clock.instant = clock.instant.replace(hour=15, minute=0)  # 23:00 in Shanghai

        take(customer_id=first)
        with pytest.raises(Conflict) as refused:
            take(customer_id=second)
        clock.pass_(hours=1)  # midnight there, 16:00 here
        take(customer_id=third)

        assert refused.value.code == "accounts.claim.quota_spent"
        assert [owner_of(desk, one) for one in (first, second, third)] == [rita, None, rita]

    def test_the_previous_owner_waits_and_others_do_not(
        self, desk: Desk, clock: StandingClock
    ) -> None:
        team, (rita, rolf) = a_team(desk, "Rita", "Rolf")
        pool = a_pool(desk, team_ids=[team], cooling_days=30)
        first, second = free(desk, 2, owner_id=rita)
        for one in (first, second):
            desk.ask(
                "release_customer", as_=desk.token_of(rita), customer_id=one, version=1,
                pool_id=pool, reason="no_need",
            )  # fmt: skip
        clock.pass_(days=29)

        with pytest.raises(Conflict) as refused:
            desk.ask("claim_customer", as_=desk.token_of(rita), pool_id=pool, customer_id=first)
        desk.ask("claim_customer", as_=desk.token_of(rolf), pool_id=pool, customer_id=second)
        clock.pass_(days=1)
        desk.ask("claim_customer", as_=desk.token_of(rita), pool_id=pool, customer_id=first)

        assert refused.value.code == "accounts.claim.cooling_off"
        assert (owner_of(desk, first), owner_of(desk, second)) == (rita, rolf)

    def test_a_batch_of_claims_says_of_each_what_became_of_it(self, desk: Desk) -> None:
        rita = a_staff(desk, name="Rita")["id"]
        pool = a_pool(desk, member_ids=[rita], daily_claims=2)
        first, second, third = free(desk, 3)
        wanted = [third, "nobody", second, first, second]

        answer = desk.ask(
            "claim_customers", as_=desk.token_of(rita), pool_id=pool, customer_ids=wanted
        )  # fmt: skip

        assert (answer["claimed"], answer["refused"]) == (2, 2)
        assert {one["customer_id"]: one["code"] for one in answer["verdicts"]} == {
            first: None, second: None, third: "accounts.claim.quota_spent",
            "nobody": "accounts.pool.no_such_customer",
        }  # fmt: skip
        assert desk.count("claims") == 2


class TestCaps:
    @pytest.fixture
    def rita(self, desk: Desk) -> str:
        """A rep who may own two and lock one."""
        id_ = str(a_staff(desk, name="Rita")["id"])
        for kind, most in (("own", 2), ("lock", 1)):
            cap = {"name": kind, "kind": kind, "most": most, "staff_ids": [id_]}
            desk.ask("create_record", kind="ownership_cap", values=cap)
        desk.ask("create_record", kind="ownership_cap", values=cap | {"most": 0, "staff_ids": []})
        return id_

    def test_who_has_bought_does_not_count(self, desk: Desk, rita: str) -> None:
        pool = a_pool(desk, member_ids=[rita])
        first, second, third, bought = free(desk, 4)
        take = partial(desk.ask, "claim_customer", as_=desk.token_of(rita), pool_id=pool)
        buys(desk, bought)
        take(customer_id=first)
        take(customer_id=second)

        with pytest.raises(Conflict) as refused:
            take(customer_id=third)
        take(customer_id=bought)
        desk.hear("business_done", OpportunityWon(opportunity_id="p1", version=2, customer_id=first,
                  amount_minor=1, currency="USD", seconds_open=1))  # fmt: skip
        take(customer_id=third)

        assert refused.value.code == "accounts.owner.cap_reached"
        assert desk.count("customers", f"WHERE owner_id = '{rita}'") == 4

    def test_nobody_takes_more_for_himself_than_he_may_own(self, desk: Desk) -> None:
        boss = a_staff(desk, role="sales_director", name="Boss")["id"]
        cap = {"name": "Bosses", "kind": "own", "most": 0, "staff_ids": [boss]}
        desk.ask("create_record", kind="ownership_cap", values=cap)
        (one,) = free(desk, 1)

        with pytest.raises(Conflict) as refused:
            desk.ask("assign_owner", as_=desk.token_of(boss), customer_id=one, version=1,
                     owner_id=boss)  # fmt: skip

        assert refused.value.code == "accounts.owner.cap_reached"
        assert desk.count("ownerships") == 0

    def test_locks_stop_at_the_cap_and_who_has_bought_does_not_count(
        self, desk: Desk, rita: str
    ) -> None:
        first, second, bought = free(desk, 3, owner_id=rita)
        buys(desk, bought)
        token = desk.token_of(rita)
        now = desk.ask("get_record", kind="customer", id=bought)["version"]
        desk.ask("lock_customer", as_=token, customer_id=bought, version=now)
        desk.ask("lock_customer", as_=token, customer_id=first, version=1)

        with pytest.raises(Conflict) as refused:
            desk.ask("lock_customer", as_=token, customer_id=second, version=1)
        desk.ask("unlock_customer", as_=token, customer_id=first, version=2)
        desk.ask("lock_customer", as_=token, customer_id=second, version=1)

        assert refused.value.code == "accounts.lock.cap_reached"
        assert desk.count("customers", "WHERE locked_at IS NOT NULL") == 2

    def test_only_the_owner_locks(self, desk: Desk) -> None:
        boss = desk.token_of(a_staff(desk, role="sales_director", name="Boss")["id"])
        one = a_customer(desk)["customer_id"]

        with pytest.raises(Forbidden) as refused:
            desk.ask("lock_customer", as_=boss, customer_id=one, version=1)

        assert refused.value.code == "accounts.customer.not_yours"


class TestWhatStandsAgainstAClaim:
    @pytest.mark.parametrize(
        ("terms", "code"),
        [
            ({}, "accounts.pool.right_missing"),
            ({"rights": {"claim": "admins"}}, "accounts.pool.right_missing"),
            ({"active": False}, "accounts.pool.not_found"),
        ],
    )
    def test_only_who_may_claims_here(
        self, desk: Desk, terms: dict[str, object], code: str
    ) -> None:
        rita = a_staff(desk, name="Rita")["id"]
        pool = a_pool(desk, **({"member_ids": [rita]} if terms else {}), **terms)
        (one,) = free(desk, 1)

        with pytest.raises(Refused) as refused:
            desk.ask("claim_customer", as_=desk.token_of(rita), pool_id=pool, customer_id=one)

        assert refused.value.code == code
        assert (owner_of(desk, one), desk.count("claims")) == (None, 0)

    def test_a_customer_of_somebody_is_as_one_who_is_not(self, desk: Desk) -> None:
        rita, rolf = a_staff(desk, name="Rita")["id"], a_staff(desk, name="Rolf")["id"]
        pool, (owned,) = a_pool(desk, member_ids=[rita]), free(desk, 1, owner_id=rolf)

        for one in (owned, "nobody"):
            with pytest.raises(NotFound) as refused:
                desk.ask("claim_customer", as_=desk.token_of(rita), pool_id=pool, customer_id=one)
            assert refused.value.code == "accounts.pool.no_such_customer"
        assert owner_of(desk, owned) == rolf

    def test_a_service_claims_nothing(self, desk: Desk) -> None:
        pool, (one,) = a_pool(desk), free(desk, 1)

        with pytest.raises(Forbidden) as refused:
            desk.ask("claim_customer", pool_id=pool, customer_id=one)

        assert refused.value.code == "accounts.claim.not_a_person"
