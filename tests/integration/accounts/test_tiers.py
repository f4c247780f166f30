"""Where a customer stands in the pyramid: stored with the score it comes from, told on a change."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chassis.errors import StaleVersion, Unavailable
from contracts.analytics import CustomerScored
from tests.support.accounts import Desk, a_customer

JULY = datetime(2017, 7, 1, tzinfo=UTC)


def score(desk: Desk, customer_id: str, tier: str, **fields: Any) -> None:
    """Let accounts hear of a score."""
    told = {
        "score_id": "s1", "rank": 5, "population": 793, "spend_minor": 900_000, "currency": "USD",
        "period_start": "2014-01-01", "period_end": "2017-07-01", "as_of": JULY,
        "method": "pyramid.v1", "version": 1,
    }  # fmt: skip
    desk.hear("scores", CustomerScored(customer_id=customer_id, tier=tier, **told | fields))


def stored(desk: Desk, customer_id: str) -> dict[str, Any]:
    """Return a customer as it is read."""
    return dict(desk.ask("get_record", kind="customer", id=customer_id))


class TestTier:
    @pytest.mark.spec("ACC-21")
    def test_is_stored_with_period_and_rank_and_told(self, desk: Desk) -> None:
        id_ = a_customer(desk)["customer_id"]

        score(desk, id_, "vip")

        shown = stored(desk, id_)
        assert (shown["tier"], shown["tier_rank"], shown["tier_of"]) == ("vip", 5, 793)
        assert (shown["tier_period_start"], shown["tier_period_end"]) == (
            "2014-01-01", "2017-07-01",
        )  # fmt: skip
        assert (shown["tier_as_of"], shown["tier_score_id"]) == (
            "2017-07-01T00:00:00.000000Z",
            "s1",
        )
        (told,) = desk.told("accounts.customer.tier_changed.v1")
        assert (told["previous_tier"], told["tier"], told["rank"], told["population"]) == (
            None, "vip", 5, 793,
        )  # fmt: skip
        assert (told["score_id"], told["version"]) == ("s1", 2)
        assert [one["tier"] for one in desk.told("accounts.customer.recorded.v1")] == [None, "vip"]

    def test_an_older_score_that_comes_late_changes_nothing(self, desk: Desk) -> None:
        id_ = a_customer(desk)["customer_id"]
        score(desk, id_, "major", score_id="s2", version=2, as_of=JULY)

        score(desk, id_, "vip", score_id="s9", version=1, as_of=JULY + timedelta(days=1))

        assert stored(desk, id_)["tier"] == "major"
        assert len(desk.told("accounts.customer.tier_changed.v1")) == 1

    def test_the_same_score_stands_whatever_comes_first(self, desk: Desk) -> None:
        for order in ((1, 2), (2, 1)):
            id_ = a_customer(desk)["customer_id"]
            for version in order:
                score(desk, id_, {1: "small", 2: "ordinary"}[version], version=version)

            assert stored(desk, id_)["tier"] == "ordinary"

    def test_another_rank_in_the_same_tier_makes_nobody_read_again(self, desk: Desk) -> None:
        id_ = a_customer(desk)["customer_id"]
        score(desk, id_, "vip")

        score(desk, id_, "vip", score_id="s2", rank=3, version=2)

        shown = stored(desk, id_)
        assert (shown["tier_rank"], shown["tier_score_id"], shown["version"]) == (3, "s2", 2)
        assert len(desk.told("accounts.customer.tier_changed.v1")) == 1
        desk.ask("update_customer", customer_id=id_, version=2, changes={"segment": "Corporate"})

    def test_a_change_of_tier_is_a_change_of_the_customer(self, desk: Desk) -> None:
        id_ = a_customer(desk)["customer_id"]
        score(desk, id_, "vip")

        with pytest.raises(StaleVersion) as refused:
            desk.ask("update_customer", customer_id=id_, version=1, changes={"segment": "x"})

        assert "tier" in refused.value.detail["changed"]
        (last, _) = desk.ask("change_history", kind="customer", id=id_)["items"]
        assert (last["changes"]["tier"], last["channel"]) == ([None, "vip"], "event:scores")

    def test_waits_for_a_customer_that_is_not_known_yet(self, desk: Desk) -> None:
        with pytest.raises(Unavailable):
            score(desk, "nobody-yet", "vip")

        assert desk.count("inbox") == 0

    def test_is_a_filter_and_a_section_of_the_card(self, desk: Desk) -> None:
        top, other = (a_customer(desk)["customer_id"] for _ in range(2))
        score(desk, top, "vip")

        found = desk.ask("find_records", kind="customer", filters={"tier": "vip"})["items"]
        card, blank = (desk.ask("customer_card", customer_id=id_) for id_ in (top, other))

        assert [one["id"] for one in found] == [top]
        assert card["tier"] == {
            "as_of": "2017-07-01T00:00:00.000000Z", "tier": "vip", "rank": 5, "population": 793,
            "period_start": "2014-01-01", "period_end": "2017-07-01", "score_id": "s1",
        }  # fmt: skip
        assert (blank["tier"]["tier"], blank["tier"]["rank"]) == (None, None)
