"""An old id leads to the winner, also where a customer is one of many or stands at the other end."""

import pytest

from chassis.errors import Invalid
from tests.support.accounts import Desk, a_customer, a_staff
from tests.support.merging import merge, two
from tests.support.pools import a_pool, allocate, items, owner_of


@pytest.fixture
def merged(desk: Desk) -> tuple[str, str]:
    """A customer that nobody owns, and its old id."""
    winner, loser = two(desk)
    merge(desk, winner, loser)
    return winner, loser


class TestOldIds:
    def test_at_the_other_end_of_a_relationship(self, desk: Desk, merged: tuple[str, str]) -> None:
        winner, loser = merged
        third = a_customer(desk)["customer_id"]

        told = desk.ask("relate", customer_id=third, other_id=loser, relation="supplier")

        assert (told["customer_id"], told["other_id"]) == (third, winner)

    def test_nobody_is_related_to_himself(self, desk: Desk, merged: tuple[str, str]) -> None:
        winner, loser = merged

        with pytest.raises(Invalid) as refused:
            desk.ask("relate", customer_id=winner, other_id=loser, relation="supplier")

        assert refused.value.code == "accounts.relationship.itself"

    def test_among_those_who_are_claimed(self, desk: Desk, merged: tuple[str, str]) -> None:
        winner, loser = merged
        rita = a_staff(desk)["id"]
        pool, token = a_pool(desk, member_ids=[rita]), desk.token_of(rita)

        done = desk.ask("claim_customers", as_=token, pool_id=pool, customer_ids=[loser])

        assert done["verdicts"] == [{"customer_id": loser, "verdict": "claimed", "code": None}]
        assert owner_of(desk, winner) == rita

    def test_among_those_who_are_dealt_out(self, desk: Desk, merged: tuple[str, str]) -> None:
        winner, loser = merged
        rita = a_staff(desk)["id"]

        batch = allocate(desk, [rita], customer_ids=[loser, winner])

        found = [(one["customer_id"], one["verdict"]) for one in items(desk, batch)]
        assert found == [(winner, "given")]
        assert owner_of(desk, winner) == rita
