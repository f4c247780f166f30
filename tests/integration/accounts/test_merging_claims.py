"""Who was claimed before a merge stands in nobody's way who claims after it."""

import pytest

from chassis import timers
from tests.support.accounts import Desk, a_staff
from tests.support.merging import answer, merge, named, unmerge
from tests.support.pools import a_pool, free, owner_of
from tests.support.sales import StandingClock


def _touch(desk: Desk, customer_id: str, until: int) -> None:
    """Change a customer until it has a version."""
    for version in range(named(desk, customer_id)["version"], until):
        word = f"word_{customer_id[-6:]}_{version}"
        desk.ask("tag_customer", customer_id=customer_id, version=version, add=[word])


@pytest.fixture
def claimed(desk: Desk) -> tuple[str, str, str, str]:
    """A pool, a claimer, a customer, and one it turns out to be, claimed in a later version."""
    rita = a_staff(desk, name="Rita")["id"]
    pool, token = a_pool(desk, member_ids=[rita]), desk.token_of(rita)
    winner, loser = free(desk, 2)
    _touch(desk, loser, 6)
    desk.ask("claim_customer", as_=token, pool_id=pool, customer_id=loser)
    desk.ask(
        "assign_owner", customer_id=loser, owner_id=None, version=named(desk, loser)["version"]
    )
    return pool, token, winner, loser


class TestClaimsOfOneWhoWasMerged:
    def test_the_winner_is_claimed_in_whatever_version(
        self, desk: Desk, claimed: tuple[str, str, str, str]
    ) -> None:
        pool, token, winner, loser = claimed
        merge(desk, winner, loser)
        _touch(desk, winner, 6)

        desk.ask("claim_customer", as_=token, pool_id=pool, customer_id=winner)

        assert owner_of(desk, winner) is not None
        assert desk.count("claims", f"WHERE customer_id = '{winner}' AND customer_version = 7") == 1

    def test_each_has_its_own_when_the_merge_is_undone(
        self, desk: Desk, claimed: tuple[str, str, str, str]
    ) -> None:
        _, _, winner, loser = claimed
        merge_id = merge(desk, winner, loser)["merge_id"]
        answer(desk, merge_id)

        unmerge(desk, merge_id)

        assert desk.count("claims", f"WHERE customer_id = '{loser}'") == desk.count("claims") == 1


class TestClockOfTheOwner:
    def test_is_not_set_anew_by_the_owners_of_one_who_was_merged(
        self, desk: Desk, clock: StandingClock
    ) -> None:
        rita, rolf = a_staff(desk, name="Rita")["id"], a_staff(desk, name="Rolf")["id"]
        desk.ask("register_drop_rule", name="Idle", demand="follow_up", days=30)
        (winner,) = free(desk, 1, owner_id=rita)
        clock.pass_(days=29)
        (loser,) = free(desk, 1, owner_id=rolf)
        merge(desk, winner, loser)

        clock.pass_(days=8)
        timers.fire_due(desk.runtime)

        assert owner_of(desk, winner) is None
