"""Customers dealt out in batches: fair, one by one, and said of each what became of it."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from chassis.errors import Unavailable
from services.accounts.usecases import allocations
from tests.support.accounts import Desk, a_staff, a_territory
from tests.support.pools import (
    a_team,
    allocate,
    free,
    items,
    owner_of,
    shares,
    to_the_end,
)
from tests.support.sales import StandingClock


def stays_away(desk: Desk, clock: StandingClock, staff_id: str, **absence: Any) -> None:
    """Let somebody be away for a week from now."""
    desk.ask(
        "set_absence", staff_id=staff_id, starts_at=clock.instant.isoformat(),
        ends_at=(clock.instant + timedelta(days=7)).isoformat(), **absence,
    )  # fmt: skip


@pytest.fixture
def reps(desk: Desk) -> list[str]:
    """A senior and two others."""
    return a_team(desk, "Senior", "Second", "Third")[1]


class TestPainPoint22UnfairDistribution:
    """Lead distribution is unfair: 30 of 30 go to the senior (pain point 22)."""

    @pytest.mark.spec("ACC-17")
    def test_thirty_customers_are_ten_for_each_of_three(self, desk: Desk, reps: list[str]) -> None:
        batch = allocate(desk, reps, customer_ids=free(desk, 30))

        assert shares(desk, batch) == dict.fromkeys(reps, 10)
        for rep in reps:
            assert desk.count("customers", f"WHERE owner_id = '{rep}'") == 10

    @pytest.mark.spec("ACC-17")
    def test_twice_the_weight_gets_twice_as_many(self, desk: Desk, reps: list[str]) -> None:
        weights = {reps[0]: 2, reps[1]: 1, reps[2]: 1}

        batch = allocate(desk, weights, method="weighted", customer_ids=free(desk, 20))

        assert shares(desk, batch) == {reps[0]: 10, reps[1]: 5, reps[2]: 5}

    def test_batches_of_any_size_stay_within_one(self, desk: Desk, reps: list[str]) -> None:
        batches = []
        for size in (1, 1, 4, 2, 7, 1, 5):
            batches.append(allocate(desk, reps, customer_ids=free(desk, size)))
            got = shares(desk, *batches)
            assert max(got.values()) - min(got[rep] for rep in reps) <= 1

    def test_who_was_away_is_skipped_and_neither_flooded_nor_forgotten_after(
        self, desk: Desk, clock: StandingClock, reps: list[str]
    ) -> None:
        first = allocate(desk, reps, customer_ids=free(desk, 6))
        stays_away(desk, clock, reps[2])
        without = allocate(desk, reps, customer_ids=free(desk, 12))
        clock.pass_(days=7)
        after = allocate(desk, reps, customer_ids=free(desk, 12))

        assert shares(desk, first) == dict.fromkeys(reps, 2)
        assert shares(desk, without) == {reps[0]: 6, reps[1]: 6}
        assert shares(desk, after) == dict.fromkeys(reps, 4)

    def test_a_substitute_takes_the_turns_of_who_is_away(
        self, desk: Desk, clock: StandingClock, reps: list[str]
    ) -> None:
        stand_in = a_staff(desk, name="Substitute")["id"]
        stays_away(desk, clock, reps[0], substitute_id=stand_in)

        batch = allocate(desk, reps, absent="substitute", customer_ids=free(desk, 9))

        assert shares(desk, batch) == {stand_in: 3, reps[1]: 3, reps[2]: 3}

    def test_who_has_fewest_comes_first(self, desk: Desk, reps: list[str]) -> None:
        free(desk, 5, owner_id=reps[0])
        free(desk, 2, owner_id=reps[1])

        batch = allocate(desk, reps, method="least_loaded", customer_ids=free(desk, 8))

        assert shares(desk, batch) == {reps[1]: 3, reps[2]: 5}

    def test_each_territory_deals_to_its_own_people_or_to_those_above(self, desk: Desk) -> None:
        east = a_territory(desk, "New York", name="East")
        city = a_territory(desk, "Rhode Island", name="City", parent_id=east)
        rita, rolf = (a_staff(desk, name=n, territory_ids=[east])["id"] for n in ("Rita", "Rolf"))
        a_staff(desk, name="Far", territory_ids=[a_territory(desk, "Oregon", name="West")])
        inside = free(desk, 4, state="Rhode Island") + free(desk, 4, state="New York")
        lost = free(desk, 1, state="Utah")

        batch = allocate(desk, [], method="territory", customer_ids=inside + lost)

        assert city
        got = shares(desk, batch)
        assert abs(got[rita] - got[rolf]) <= 1
        assert sum(got.values()) == 8
        assert items(desk, batch)[-1]["code"] == "accounts.allocation.nobody_there"


class TestEachCustomer:
    @pytest.mark.spec("ACC-17")
    def test_is_reported_by_itself_and_noted_with_rule_and_batch(
        self, desk: Desk, reps: list[str]
    ) -> None:
        (fresh,), (owned,) = free(desk, 1), free(desk, 1, owner_id=reps[1])

        batch = allocate(desk, reps[:1], customer_ids=[fresh, owned, "nobody"])

        assert [(one["verdict"], one["code"]) for one in items(desk, batch)] == [
            ("given", None), ("refused", "accounts.allocation.owned"),
            ("refused", "accounts.customer.not_found"),
        ]  # fmt: skip
        (entry,) = desk.ask("ownership_history", customer_id=fresh)["items"]
        assert (entry["reason"], entry["rule"], entry["batch_id"]) == (
            "allocated", "allocation.round_robin", batch,
        )  # fmt: skip
        (told,) = desk.told("accounts.customer.owner_changed.v1")
        assert (told["owner_id"], told["batch_id"]) == (reps[0], batch)
        (finished,) = desk.told("accounts.allocation.finished.v1")
        assert (finished["total"], finished["given"], finished["refused"]) == (3, 1, 2)
        assert owner_of(desk, owned) == reps[1]

    def test_that_somebody_got_meanwhile_stays_his(self, desk: Desk, reps: list[str]) -> None:
        first, second = free(desk, 2)
        named = [{"staff_id": reps[0]}]
        job = desk.ask("allocate_customers", recipients=named, customer_ids=[first, second])
        desk.ask("assign_owner", customer_id=first, version=1, owner_id=reps[2])

        desk.run()

        assert [(one["verdict"], one["code"]) for one in items(desk, job["id"])] == [
            ("refused", "accounts.allocation.owner_changed"), ("given", None),
        ]  # fmt: skip
        assert (owner_of(desk, first), owner_of(desk, second)) == (reps[2], reps[0])

    def test_is_taken_from_its_owner_only_where_that_is_meant(
        self, desk: Desk, reps: list[str]
    ) -> None:
        (owned,) = free(desk, 1, owner_id=reps[1])

        allocate(desk, reps[:1], customer_ids=[owned], takes_owned=True)

        assert owner_of(desk, owned) == reps[0]


class TestDeaths:
    def test_a_batch_goes_on_after_a_death_with_nothing_twice(
        self, desk: Desk, reps: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(allocations, "TAKEN_AT_ONCE", 4)
        named = [{"staff_id": one} for one in reps]
        job = desk.ask("allocate_customers", recipients=named, customer_ids=free(desk, 30))
        give, given = allocations._give, 0

        def dying(*asked: Any) -> Any:
            nonlocal given
            given += 1
            if given == 11:  # in the middle of the third step
                raise OperationalError("the process is gone", None, Exception())
            return give(*asked)

        monkeypatch.setattr(allocations, "_give", dying)
        with pytest.raises(Unavailable):
            to_the_end(desk, job["id"])
        half = desk.count("ownerships")
        desk.run()

        assert half == 8
        assert shares(desk, job["id"]) == dict.fromkeys(reps, 10)
        assert desk.count("ownerships") == 30
        assert len(desk.told("accounts.customer.owner_changed.v1")) == 30
        assert len(desk.told("accounts.allocation.finished.v1")) == 1

    def test_batches_at_the_same_instant_share_a_rotation(
        self, desk: Desk, reps: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(allocations, "TAKEN_AT_ONCE", 1)
        named = [{"staff_id": one} for one in reps]
        jobs = [
            desk.ask("allocate_customers", recipients=named, customer_ids=free(desk, 18))["id"]
            for _ in range(5)
        ]
        threads = [threading.Thread(target=to_the_end, args=(desk, job)) for job in jobs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)

        assert shares(desk, *jobs) == dict.fromkeys(reps, 30)
