"""What customers who become one have allowed: it runs out at its time, and a no takes things away."""

from datetime import datetime

import pytest

from chassis import timers
from services.accounts.config import Own
from tests.support.accounts import Desk
from tests.support.merging import answer, merge, two, unmerge
from tests.support.sales import StandingClock


def says(
    desk: Desk, customer_id: str, *, granted: bool = True, purpose: str = "marketing",
    until: datetime | None = None, day: int = 1,
) -> None:  # fmt: skip
    """Let a customer allow something, or forbid it."""
    desk.ask(
        "set_consent", customer_id=customer_id, purpose=purpose, channel="mail", granted=granted,
        basis="consent" if granted else "withdrawn", at=f"2016-01-0{day}T00:00:00Z",
        valid_until=until.isoformat() if until else None,
    )  # fmt: skip


def allowed(desk: Desk, customer_id: str) -> list[tuple[bool, str]]:
    found = desk.ask("consents", customer_id=customer_id)["items"]
    return [(one["granted"], one["basis"]) for one in found]


class TestWhatRunsOut:
    def test_a_consent_that_the_winner_got_ends_at_its_time(
        self, desk: Desk, clock: StandingClock
    ) -> None:
        winner, loser = two(desk)
        says(desk, loser, until=clock.now().replace(year=clock.now().year + 1))
        merge(desk, winner, loser)

        clock.pass_(days=366)
        timers.fire_due(desk.runtime)

        assert allowed(desk, winner) == [(False, "expired")]

    def test_so_does_one_that_went_back_to_whose_it_was(
        self, desk: Desk, clock: StandingClock
    ) -> None:
        winner, loser = two(desk)
        says(desk, loser, until=clock.now().replace(year=clock.now().year + 1))
        merge_id = merge(desk, winner, loser)["merge_id"]
        answer(desk, merge_id)
        clock.pass_(days=366)
        timers.fire_due(desk.runtime)

        unmerge(desk, merge_id)
        timers.fire_due(desk.runtime)

        assert allowed(desk, loser) == [(False, "expired")]

    def test_and_the_winners_own_that_stands_again(self, desk: Desk, clock: StandingClock) -> None:
        winner, loser = two(desk)
        says(desk, winner, until=clock.now().replace(year=clock.now().year + 1))
        says(desk, loser, day=2)
        merge_id = merge(desk, winner, loser)["merge_id"]
        answer(desk, merge_id)
        unmerge(desk, merge_id)

        clock.pass_(days=366)
        timers.fire_due(desk.runtime)

        assert (allowed(desk, winner), allowed(desk, loser)) == (
            [(False, "expired")], [(True, "consent")],
        )  # fmt: skip


class TestSensitiveAttributes:
    @pytest.mark.parametrize("told_of", ["winner", "loser"])
    def test_go_when_what_was_said_last_is_a_no(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch, told_of: str
    ) -> None:
        monkeypatch.setattr(desk.runtime, "own", Own(sensitive_traits=True))
        ids = dict(zip(("winner", "loser"), two(desk), strict=True))
        (other,) = ids.keys() - {told_of}
        for id_, granted, day in ((ids[told_of], True, 1), (ids[other], False, 2)):
            says(desk, id_, granted=granted, purpose="sensitive_traits", day=day)
        given = {"customer_id": ids[told_of], "kind": "illness", "value": "Gout"}
        desk.ask("set_sensitive_trait", **given)

        merge(desk, ids["winner"], ids["loser"])

        assert (desk.count("traits"), desk.count("sensitive_values")) == (0, 0)

    def test_stay_when_it_is_a_yes(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(desk.runtime, "own", Own(sensitive_traits=True))
        winner, loser = two(desk)
        says(desk, loser, purpose="sensitive_traits")
        desk.ask("set_sensitive_trait", customer_id=loser, kind="illness", value="Gout")

        merge(desk, winner, loser)

        shown = desk.ask("sensitive_traits_of", customer_id=winner)["items"]
        assert [one["value"] for one in shown] == ["Gout"]
