"""Which value of a field survives when customers turn out to be one."""

from datetime import UTC, datetime
from typing import Any

import pytest

from services.accounts.domain import merging
from services.accounts.domain.customers import Details, Lifecycle
from services.accounts.domain.merging import Party, UnknownChoice


def a_party(id_: str, day: int = 1, **told: Any) -> Party:
    """Describe somebody called Ann, who was changed on a day."""
    details = Details(**({"name": "Ann"} | told))
    return Party(id_, details, Lifecycle.POTENTIAL, datetime(2020, 1, day, tzinfo=UTC))


def stands(field: str, winner: Party, *losers: Party, **choices: str) -> tuple[str, str]:
    """Say whose value of a field stands, and why."""
    found = {one.field: one for one in merging.survivors(winner, losers, choices)}
    return found[field].from_id, found[field].why.value


class TestSurvivors:
    def test_the_winners_stands(self) -> None:
        assert stands("email", a_party("w", email="a@x.org"), a_party("l", 2, email="b@x.org")) == (
            "w", "winner",
        )  # fmt: skip

    def test_what_the_winner_lacks_is_taken(self) -> None:
        assert stands("email", a_party("w"), a_party("l", email="b@x.org")) == ("l", "only")

    def test_told_beats_derived(self) -> None:
        guessed = a_party("w", email="a@x.org", derived=("email",))

        assert stands("email", guessed, a_party("l", email="b@x.org")) == ("l", "told")

    def test_of_several_others_the_newest_stands(self) -> None:
        others = (a_party("l", 2, email="b@x.org"), a_party("m", 3, email="c@x.org"))

        assert stands("email", a_party("w"), *others) == ("m", "newest")

    def test_an_address_is_one_block_the_fullest(self) -> None:
        winner = a_party("w", country="US", city="Troy")
        loser = a_party("l", country="US", city="Albany", postal_code="12207")

        assert stands("address", winner, loser) == ("l", "fullest")

    def test_a_choice_stands_before_everything(self) -> None:
        winner, loser = a_party("w", city="Troy", country="US"), a_party("l", city="Albany")

        assert stands("address", winner, loser, address="l") == ("l", "chosen")

    def test_nothing_cannot_be_chosen(self) -> None:
        with pytest.raises(UnknownChoice):
            merging.check(a_party("w", email="a@x.org"), [a_party("l")], {"email": "l"})
