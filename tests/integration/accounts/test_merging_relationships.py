"""Relationships that give way in a merge are told, shown before and after, and told again when they are back."""

import json
from typing import Any

import pytest

from chassis.envelope import Envelope
from services.accounts.reads import kept_aside
from tests.support.accounts import Desk, a_customer
from tests.support.merging import answer, merge, two, unmerge


def related(desk: Desk, customer_id: str, other_id: str, relation: str) -> str:
    """Tell what another customer is to one; return which relationship that is."""
    one = desk.ask("relate", customer_id=customer_id, other_id=other_id, relation=relation)
    return str(one["id"])


def preview(desk: Desk, winner: str, *losers: str) -> dict[str, Any]:
    return dict(desk.ask("preview_merge", winner_id=winner, loser_ids=list(losers)))


def heard(desk: Desk, relationship_id: str) -> dict[str, Any]:
    """Return what was told last of a relationship."""
    told = desk.told("accounts.relationship.recorded.v1")
    return [one for one in told if one["relationship_id"] == relationship_id][-1]


class TestKeptAside:
    """Merge loses relations (pain point 3): what gives way is told, with its reason."""

    @pytest.fixture
    def ties(self, desk: Desk) -> dict[str, str]:
        """Three relationships that give way, each for a reason of its own, and one that does not."""
        winner, loser = two(desk)
        mutual, above, friend = (a_customer(desk)["customer_id"] for _ in range(3))
        related(desk, winner, mutual, "supplier")
        related(desk, winner, above, "parent")
        return {
            "winner": winner,
            "loser": loser,
            "itself": related(desk, winner, loser, "competitor"),
            "known": related(desk, loser, mutual, "supplier"),
            "ring": related(desk, above, loser, "parent"),
            "stays": related(desk, loser, friend, "partner"),
        }

    def test_each_is_told_with_why_and_by_which_merge(
        self, desk: Desk, ties: dict[str, str]
    ) -> None:
        merge_id = merge(desk, ties["winner"], ties["loser"])["merge_id"]

        for why in ("itself", "known", "ring"):
            told = heard(desk, ties[why])
            assert (told["gave_way"], told["merge_id"]) == (why, merge_id)
        assert (heard(desk, ties["stays"])["gave_way"], desk.count("relationships")) == (None, 3)

    def test_they_are_foreseen_answered_and_shown(self, desk: Desk, ties: dict[str, str]) -> None:
        gone = {ties[why]: why for why in ("itself", "known", "ring")}

        seen = preview(desk, ties["winner"], ties["loser"])
        done = merge(desk, ties["winner"], ties["loser"])
        status = desk.ask("merge_status", merge_id=done["merge_id"])

        assert {one["relationship_id"]: one["why"] for one in seen["kept_aside"]} == gone
        assert (set(done["kept_aside"]), seen["is_foreseen"]) == (set(gone), True)
        assert {one["relationship_id"]: one["why"] for one in status["kept_aside"]} == gone

    def test_undone_they_are_told_again_as_what_they_are(
        self, desk: Desk, ties: dict[str, str]
    ) -> None:
        merge_id = merge(desk, ties["winner"], ties["loser"])["merge_id"]
        answer(desk, merge_id)

        unmerge(desk, merge_id)

        told = heard(desk, ties["known"])
        assert (told["customer_id"], told["gave_way"], told["merge_id"]) == (
            ties["loser"], None, None,
        )  # fmt: skip
        assert desk.count("relationships") == 6
        assert desk.ask("merge_status", merge_id=merge_id)["kept_aside"] == []

    def test_each_is_told_in_an_order_of_its_own(self, desk: Desk, ties: dict[str, str]) -> None:
        merge_id = merge(desk, ties["winner"], ties["loser"])["merge_id"]
        answer(desk, merge_id)

        unmerge(desk, merge_id)

        assert sequences(desk, ties["ring"]) == [1, 2, 3]  # known, kept aside, back

    def test_of_too_many_nothing_is_foreseen(
        self, desk: Desk, ties: dict[str, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(kept_aside, "MAX_FORESEEN", 5)

        seen = preview(desk, ties["winner"], ties["loser"])

        assert (seen["kept_aside"], seen["is_foreseen"]) == ([], False)


class TestForesight:
    @pytest.mark.parametrize("turned", [False, True])
    def test_is_what_happens_with_several_losers(self, desk: Desk, *, turned: bool) -> None:
        ids = [a_customer(desk)["customer_id"] for _ in range(6)]
        winner, *losers = ids[:4]
        for number, relation in enumerate(("parent", "parent", "supplier", "parent", "referrer")):
            related(desk, ids[number], ids[number + 1], relation)
        related(desk, ids[4], ids[2], "referrer")
        related(desk, ids[5], ids[0], "parent")
        related(desk, ids[3], ids[5], "parent")

        seen = preview(desk, winner, *(reversed(losers) if turned else losers))
        done = merge(desk, winner, *losers)

        assert done["kept_aside"] != []
        foreseen = {one["relationship_id"] for one in seen["kept_aside"]}
        assert foreseen == set(done["kept_aside"])

    @pytest.mark.parametrize("turned", [False, True])
    def test_sees_a_ring_that_only_the_merge_closes(self, desk: Desk, *, turned: bool) -> None:
        winner, first, second, between = (a_customer(desk)["customer_id"] for _ in range(4))
        related(desk, first, between, "parent")
        closing = related(desk, between, second, "parent")

        seen = preview(desk, winner, *((second, first) if turned else (first, second)))
        done = merge(desk, winner, *((second, first) if turned else (first, second)))

        assert [one["relationship_id"] for one in seen["kept_aside"]] == [closing]
        assert ([one["why"] for one in seen["kept_aside"]], done["kept_aside"]) == (
            ["ring"], [closing],
        )  # fmt: skip


def sequences(desk: Desk, relationship_id: str) -> list[int]:
    """Return the places among each other of what was told of a relationship."""
    with desk.runtime.database.engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT headers FROM outbox WHERE routing_key = 'accounts.relationship.recorded.v1' "
            f"AND headers LIKE '%%{relationship_id}%%' ORDER BY position"
        )
        return [Envelope.of(json.loads(headers)).sequence for (headers,) in rows]
