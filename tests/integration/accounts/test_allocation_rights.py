"""Who may deal out which customers, and what a batch cannot be about."""

from typing import Any

import pytest

from chassis.errors import Forbidden, Invalid, Refused
from tests.support.accounts import Desk, a_staff, a_territory
from tests.support.pools import a_pool, a_team, allocate, free, owner_of


@pytest.fixture
def reps(desk: Desk) -> list[str]:
    """A senior and two others."""
    return a_team(desk, "Senior", "Second", "Third")[1]


class TestWhoMay:
    def test_a_rep_claims_but_distributes_nothing(self, desk: Desk, reps: list[str]) -> None:
        pool, (one,) = (
            a_pool(desk, member_ids=reps, rights={"distribute": "members"}),
            free(desk, 1),
        )
        rep = desk.token_of(reps[0])

        with pytest.raises(Forbidden) as refused:
            desk.ask("allocate_customers", as_=rep, recipients=[{"staff_id": reps[0]}],
                     pool_id=pool)  # fmt: skip
        desk.ask("claim_customer", as_=rep, pool_id=pool, customer_id=one)

        assert refused.value.code == "auth.permission_missing"
        assert owner_of(desk, one) == reps[0]

    def test_a_supervisor_distributes_what_is_in_his_own_territory(
        self, desk: Desk, reps: list[str]
    ) -> None:
        east, west = a_territory(desk, "New York"), a_territory(desk, "Oregon", name="West")
        boss = a_staff(desk, role="supervisor", name="Boss", territory_ids=[east])["id"]
        a_staff(desk, name="Mate", territory_ids=[east, west])
        a_staff(desk, name="Far", territory_ids=[west])
        (mine,), (theirs,) = free(desk, 1, state="New York"), free(desk, 1, state="Oregon")
        pool, token = a_pool(desk, admin_ids=[boss]), desk.token_of(boss)
        to = [{"staff_id": reps[0]}]

        by_pool = desk.ask("allocate_customers", as_=token, recipients=to, pool_id=pool)
        by_id = desk.ask("allocate_customers", as_=token, recipients=to, customer_ids=[theirs])
        desk.run()

        assert (by_pool["total"], by_id["refused"]) == (1, 1)
        assert (owner_of(desk, mine), owner_of(desk, theirs)) == (reps[0], None)
        assert len(desk.ask("find_records", as_=token, kind="allocation")["items"]) == 2

    def test_only_who_may_distribute_a_pool_does(self, desk: Desk, reps: list[str]) -> None:
        boss = a_staff(desk, role="supervisor", name="Boss")["id"]
        pool = a_pool(desk, member_ids=[boss])

        with pytest.raises(Forbidden) as refused:
            desk.ask("allocate_customers", as_=desk.token_of(boss), pool_id=pool,
                     recipients=[{"staff_id": reps[0]}])  # fmt: skip

        assert refused.value.code == "accounts.pool.right_missing"
        assert desk.count("allocations") == 0


class TestWhatIsAsked:
    @pytest.mark.parametrize(
        ("wrong", "code"),
        [
            ({"customer_ids": []}, "accounts.allocation.nothing_selected"),
            ({"recipients": []}, "accounts.allocation.no_recipients"),
            ({"recipients": [{"staff_id": "none"}]}, "accounts.staff.not_found"),
            ({"method": "by_luck"}, "invalid.fields"),
            ({"pool_id": "none"}, "accounts.pool.not_found"),
        ],
    )
    def test_is_refused_if_it_makes_no_sense(
        self, desk: Desk, reps: list[str], wrong: dict[str, Any], code: str
    ) -> None:
        given = {"recipients": [{"staff_id": reps[0]}], "customer_ids": free(desk, 1)} | wrong

        with pytest.raises(Refused) as refused:
            desk.ask("allocate_customers", **given)

        assert refused.value.code == code
        assert (desk.count("allocations"), desk.count("processes")) == (0, 0)

    def test_is_refused_beyond_what_a_batch_takes(
        self, desk: Desk, reps: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("services.accounts.domain.allocation.MAX_BATCH", 2)
        monkeypatch.setattr("services.accounts.reads.allocations.MAX_BATCH", 2)
        free(desk, 3, segment="Consumer")

        with pytest.raises(Invalid) as refused:
            allocate(desk, reps, segment="Consumer")

        assert refused.value.code == "accounts.allocation.too_many"
        assert desk.count("allocations") == 0
