"""Caps bind what managers give too: refused one by one, or given beyond with a reason (ADR 0020)."""

import threading
from collections import Counter
from functools import partial
from typing import Any

import pytest

from chassis.errors import Conflict, Forbidden
from services.accounts.usecases import allocations
from tests.support.accounts import Desk, a_customer, a_staff
from tests.support.pools import (
    a_pool,
    a_team,
    allocate,
    buys,
    free,
    items,
    outcomes,
    owner_of,
    shares,
    to_the_end,
)

FULL = "accounts.owner.cap_reached"


def capped(desk: Desk, most: int, *staff_ids: str) -> None:
    """Let each of these own so many customers, or everybody."""
    cap = {"name": "Cap", "kind": "own", "most": most, "staff_ids": list(staff_ids)}
    desk.ask("create_record", kind="ownership_cap", values=cap)


def codes(desk: Desk, batch: str) -> Counter[str | None]:
    """Count what was said of the customers of a batch."""
    return Counter(one["code"] for one in items(desk, batch))


@pytest.fixture
def reps(desk: Desk) -> list[str]:
    """A senior and two others."""
    return a_team(desk, "Senior", "Second", "Third")[1]


class TestAssigning:
    @pytest.mark.spec("ACC-16")
    def test_beyond_the_cap_is_refused_with_whose_cap_it_is(
        self, desk: Desk, reps: list[str]
    ) -> None:
        capped(desk, 1, reps[0])
        free(desk, 1, owner_id=reps[0])
        (one,) = free(desk, 1)

        with pytest.raises(Conflict) as refused:
            desk.ask("assign_owner", customer_id=one, version=1, owner_id=reps[0])

        assert (refused.value.code, refused.value.detail) == (FULL, {"staff_id": reps[0]})
        assert owner_of(desk, one) is None
        assert desk.count("ownerships", f"WHERE customer_id = '{one}'") == 0

    def test_who_may_exceed_it_says_why_and_the_history_keeps_it(
        self, desk: Desk, reps: list[str]
    ) -> None:
        capped(desk, 1, reps[0])
        boss = desk.token_of(a_staff(desk, role="sales_director", name="Boss")["id"])
        give = partial(desk.ask, "assign_owner", as_=boss, version=1, owner_id=reps[0])
        within, beyond = free(desk, 2)

        give(customer_id=within, over_cap="key_customer")
        give(customer_id=beyond, over_cap="key_customer")

        causes = {
            one: desk.ask("ownership_history", customer_id=one)["items"][0].get("cause")
            for one in (within, beyond)
        }
        assert causes == {within: None, beyond: "over_cap.key_customer"}
        assert (owner_of(desk, within), owner_of(desk, beyond)) == (reps[0], reps[0])

    def test_a_supervisor_gives_nobody_more_than_he_may_own(
        self, desk: Desk, reps: list[str]
    ) -> None:
        boss = a_staff(desk, role="supervisor", name="Boss")["id"]
        capped(desk, 0, reps[0])
        (one,) = free(desk, 1, owner_id=boss)

        with pytest.raises(Forbidden) as refused:
            desk.ask("assign_owner", as_=desk.token_of(boss), customer_id=one, version=1,
                     owner_id=reps[0], over_cap="other")  # fmt: skip

        assert refused.value.detail == {"permission": "cap.exceed"}
        assert owner_of(desk, one) == boss

    def test_who_has_bought_is_given_all_the_same(self, desk: Desk, reps: list[str]) -> None:
        capped(desk, 0, reps[0])
        one = str(a_customer(desk)["customer_id"])
        buys(desk, one)
        version = desk.ask("get_record", kind="customer", id=one)["version"]

        desk.ask("assign_owner", customer_id=one, version=version, owner_id=reps[0])

        assert owner_of(desk, one) == reps[0]

    def test_given_by_many_at_the_same_instant_nobody_passes_his_cap(
        self, desk: Desk, crowd: Desk, reps: list[str]
    ) -> None:
        capped(desk, 3, reps[0])
        gifts = [
            partial(crowd.ask, "assign_owner", customer_id=one, version=1, owner_id=reps[0])
            for one in free(desk, 20)
        ]

        found = outcomes(gifts)

        assert found == {"won": 3, FULL: 17}
        assert desk.count("customers", f"WHERE owner_id = '{reps[0]}'") == 3


class TestABatch:
    @pytest.mark.spec("ACC-17")
    def test_passes_over_who_is_full_and_refuses_each_when_all_are(
        self, desk: Desk, reps: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(allocations, "TAKEN_AT_ONCE", 4)
        capped(desk, 2, reps[0])
        capped(desk, 5, reps[1], reps[2])

        batch = allocate(desk, reps, customer_ids=free(desk, 15))

        assert shares(desk, batch) == {reps[0]: 2, reps[1]: 5, reps[2]: 5}
        assert codes(desk, batch) == {None: 12, FULL: 3}
        job = desk.ask("get_record", kind="allocation", id=batch)
        assert (job["given"], job["refused"], job["people_over_cap"]) == (12, 3, [])

    def test_a_least_loaded_one_who_is_full_gets_nothing(self, desk: Desk, reps: list[str]) -> None:
        capped(desk, 1, reps[0])
        free(desk, 5, owner_id=reps[1])

        batch = allocate(desk, reps[:2], method="least_loaded", customer_ids=free(desk, 3))

        assert shares(desk, batch) == {reps[0]: 1, reps[1]: 2}

    def test_what_is_taken_from_somebody_makes_room_for_him(
        self, desk: Desk, reps: list[str]
    ) -> None:
        capped(desk, 2)
        given = free(desk, 2, owner_id=reps[0]) + free(desk, 1)

        batch = allocate(desk, reps[:2], customer_ids=given, takes_owned=True)

        assert sum(shares(desk, batch).values()) == 3
        assert max(desk.count("customers", f"WHERE owner_id = '{one}'") for one in reps) <= 2

    def test_beyond_the_cap_with_a_reason_says_who_has_too_many(
        self, desk: Desk, reps: list[str]
    ) -> None:
        capped(desk, 2, reps[0])
        boss = desk.token_of(a_staff(desk, role="sales_director", name="Boss")["id"])

        batch = allocate(desk, reps[:2], as_=boss, customer_ids=free(desk, 6), over_cap="absence")

        assert shares(desk, batch) == {reps[0]: 3, reps[1]: 3}
        job = desk.ask("get_record", kind="allocation", id=batch)
        assert job["over_cap"] == "absence"
        assert job["people_over_cap"] == [{"staff_id": reps[0], "owned": 3, "most": 2}]
        assert desk.count("ownerships", "WHERE cause = 'over_cap.absence'") == 1

    def test_beyond_the_cap_is_not_a_supervisors_to_decide(
        self, desk: Desk, reps: list[str]
    ) -> None:
        boss = a_staff(desk, role="supervisor", name="Boss")["id"]

        with pytest.raises(Forbidden):
            allocate(desk, reps, as_=desk.token_of(boss), customer_ids=free(desk, 1),
                     over_cap="other")  # fmt: skip

        assert desk.count("allocations") == 0

    def test_batches_and_claims_at_the_same_instant_never_pass_the_cap(
        self, desk: Desk, crowd: Desk, reps: list[str]
    ) -> None:
        capped(desk, 7, reps[0])
        pool, token = a_pool(desk, member_ids=reps), desk.token_of(reps[0])
        prey = free(desk, 12)
        named = [{"staff_id": reps[0]}]
        jobs = [
            desk.ask("allocate_customers", recipients=named, customer_ids=free(desk, 4))["id"]
            for _ in range(3)
        ]
        threads = [threading.Thread(target=to_the_end, args=(crowd, job)) for job in jobs]
        claims: list[Any] = [
            partial(crowd.ask, "claim_customer", as_=token, pool_id=pool, customer_id=one)
            for one in prey
        ]
        for thread in threads:
            thread.start()

        outcomes(claims)
        for thread in threads:
            thread.join(120)

        assert desk.count("customers", f"WHERE owner_id = '{reps[0]}'") == 7


class TestHandingOver:
    def test_is_bound_by_no_cap_and_says_who_is_over_it(self, desk: Desk, reps: list[str]) -> None:
        capped(desk, 2)
        leaver, rita, _ = reps
        free(desk, 5, owner_id=leaver)

        job = desk.ask("hand_over", staff_id=leaver, recipients=[{"staff_id": rita}])
        desk.run()

        done = desk.ask("get_record", kind="allocation", id=job["id"])
        assert (done["given"], done["refused"]) == (5, 0)
        assert done["people_over_cap"] == [{"staff_id": rita, "owned": 5, "most": 2}]
