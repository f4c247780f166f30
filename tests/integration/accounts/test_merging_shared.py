"""Customers whom the entities share become one, and two again: the others hear which are shared."""

import pytest

from tests.support.accounts import Desk
from tests.support.merging import answer, merge, named, two, unmerge


def share(desk: Desk, customer_id: str, *, shared: bool = True) -> None:
    """Let the other entities look at a customer, or no longer."""
    version = named(desk, customer_id)["version"]
    desk.ask("share_customer", customer_id=customer_id, version=version, shared=shared)


def heard(desk: Desk) -> dict[str, bool]:
    """Return what was told last of each customer."""
    told = desk.told("accounts.customer.shared.v1")
    return {one["customer_id"]: one["shared"] for one in told}


class TestSharedCustomers:
    @pytest.fixture
    def pair(self, desk: Desk) -> tuple[str, str]:
        """A customer of one entity alone, and one that is shared."""
        winner, loser = two(desk)
        share(desk, loser)
        return winner, loser

    def test_the_winner_of_one_that_was_shared_is(self, desk: Desk, pair: tuple[str, str]) -> None:
        winner, loser = pair

        merge(desk, winner, loser)

        assert heard(desk) == {winner: True, loser: True}

    def test_undone_the_winner_is_shared_no_longer(self, desk: Desk, pair: tuple[str, str]) -> None:
        winner, loser = pair
        merge_id = merge(desk, winner, loser)["merge_id"]
        answer(desk, merge_id)

        unmerge(desk, merge_id)

        assert heard(desk) == {winner: False, loser: True}
        assert [one["id"] for one in desk.ask("shared_customers")["items"]] == [loser]

    def test_of_two_that_were_shared_both_are(self, desk: Desk, pair: tuple[str, str]) -> None:
        winner, loser = pair
        share(desk, winner)
        merge_id = merge(desk, winner, loser)["merge_id"]
        answer(desk, merge_id)

        unmerge(desk, merge_id)

        assert heard(desk) == {winner: True, loser: True}
        assert False not in [one["shared"] for one in desk.told("accounts.customer.shared.v1")]

    def test_what_ended_meanwhile_has_ended_for_both(
        self, desk: Desk, pair: tuple[str, str]
    ) -> None:
        winner, loser = pair
        merge_id = merge(desk, winner, loser)["merge_id"]
        answer(desk, merge_id)
        share(desk, winner, shared=False)

        unmerge(desk, merge_id)

        assert heard(desk) == {winner: False, loser: False}
        assert desk.count("shared_customers") == 0
