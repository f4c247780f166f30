"""Other systems still know those by their own keys who became one customer: they find it, and link."""

from typing import Any

import pytest

from chassis.errors import Conflict
from tests.support.accounts import Desk, a_customer, a_file, a_row
from tests.support.merging import answer, merge, named, unmerge

ANN = {"name": "Ann Lee", "email": "ann@lee.org"}
BO = {"name": "Bo Chan", "email": "bo@chan.cn"}


def merged(desk: Desk, ours: dict[str, str], theirs: dict[str, str]) -> str:
    """Make Ann and Bo one customer, each with these keys; return Ann."""
    winner: str = a_customer(desk, **ANN, external_ids=ours)["customer_id"]
    loser = a_customer(desk, **BO, external_ids=theirs)["customer_id"]
    merge(desk, winner, loser)
    return winner


def link(desk: Desk, who: dict[str, str], key: str) -> dict[str, Any]:
    """Register somebody whom the ERP knows by a key, and take the known one."""
    return dict(desk.ask("register_customer", **who, external_ids={"erp": key}, on_match="link"))


def keys(desk: Desk, customer_id: str) -> tuple[dict[str, str], dict[str, list[str]] | None]:
    found = desk.ask("get_record", kind="customer", id=customer_id)
    return found["external_ids"], found["further_ids"]


def second(desk: Desk, winner: str, *, by_hand: bool) -> None:
    """Give the winner, whose key is the loser's, one of its own."""
    if by_hand:
        desk.ask("add_external_id", customer_id=winner, system="erp", external_id="E-1",
                 version=named(desk, winner)["version"])  # fmt: skip
    else:
        link(desk, ANN, "E-1")


def old_id(desk: Desk) -> str:
    """Return the id of who was merged away."""
    return str(desk.told("accounts.customer.merged.v1")[-1]["losers"][0])


def led_to(desk: Desk, key: str) -> str:
    """Return whom a key of the ERP leads to."""
    (found,) = desk.ask("identify", system="erp", external_id=key)["customers"]
    return str(found["customer_id"])


def copied(desk: Desk) -> dict[str, str | None]:
    """Return the key of the ERP that the copies of other services have, by the id of each row."""
    told = desk.told("accounts.customer.recorded.v1")
    return {one["customer_id"]: one["external_ids"].get("erp") for one in told}


class TestRegistering:
    """Duplicates through side doors (pain point 2): after a merge too there is one customer."""

    def test_by_the_key_of_the_loser_finds_the_winner_and_says_why(self, desk: Desk) -> None:
        winner = merged(desk, {"erp": "E-1"}, {"erp": "E-2"})

        found = link(desk, BO, "E-2")

        assert (found["customer_id"], found["created"]) == (winner, False)
        assert found["matched_on"] == ["external_id", "contact_email", "former_customer"]
        assert keys(desk, winner) == ({"erp": "E-1"}, {"erp": ["E-2"]})

    def test_where_the_key_that_clashes_was_the_losers_links_the_winner(self, desk: Desk) -> None:
        winner, loser = merged(desk, {}, {"erp": "E-2"}), old_id(desk)

        found = link(desk, ANN, "E-1")

        assert (found["customer_id"], found["created"]) == (winner, False)
        assert found["matched_on"] == ["email", "name", "former_customer"]
        assert keys(desk, winner) == ({"erp": "E-1"}, {"erp": ["E-2"]})
        assert led_to(desk, "E-1") == led_to(desk, "E-2") == winner
        assert copied(desk) == {winner: "E-1", loser: "E-2"}

    def test_whoever_is_described_as_the_loser_was_is_linked_as_well(self, desk: Desk) -> None:
        winner, loser = merged(desk, {"erp": "E-1"}, {}), old_id(desk)

        found = link(desk, BO, "E-2")

        assert (found["customer_id"], found["matched_on"]) == (
            winner, ["contact_email", "former_customer"],
        )  # fmt: skip
        assert keys(desk, winner) == ({"erp": "E-1"}, {"erp": ["E-2"]})
        assert copied(desk) == {winner: "E-1", loser: "E-2"}

    @pytest.mark.parametrize("theirs", [{"erp": "E-2"}, {"shop": "S-2"}])
    def test_a_key_that_clashes_with_the_winners_own_is_refused(
        self, desk: Desk, theirs: dict[str, str]
    ) -> None:
        winner = merged(desk, {"erp": "E-1"}, theirs)
        before = keys(desk, winner)

        with pytest.raises(Conflict) as refused:
            link(desk, ANN, "E-3")

        assert refused.value.code == "accounts.external_id.taken"
        assert (keys(desk, winner), desk.count("customers")) == (before, 1)

    @pytest.mark.parametrize("by_hand", [False, True], ids=["linked", "noted by hand"])
    def test_a_third_record_of_the_same_system_is_refused(
        self, desk: Desk, *, by_hand: bool
    ) -> None:
        winner = merged(desk, {}, {"erp": "E-2"})
        second(desk, winner, by_hand=by_hand)
        before = keys(desk, winner)

        with pytest.raises(Conflict) as refused:
            link(desk, ANN, "E-3")

        assert refused.value.code == "accounts.external_id.taken"
        assert keys(desk, winner) == before

    @pytest.mark.parametrize("by_hand", [False, True], ids=["linked", "noted by hand"])
    def test_undone_each_has_its_own_first(self, desk: Desk, *, by_hand: bool) -> None:
        winner, loser = merged(desk, {}, {"erp": "E-2"}), old_id(desk)
        second(desk, winner, by_hand=by_hand)
        (merge_,) = desk.ask("find_records", kind="merge")["items"]
        answer(desk, merge_["id"])

        unmerge(desk, merge_["id"])

        assert keys(desk, winner) == ({"erp": "E-1"}, None)
        assert keys(desk, loser) == ({"erp": "E-2"}, None)
        assert (led_to(desk, "E-1"), led_to(desk, "E-2")) == (winner, loser)

    def test_without_a_merge_nothing_explains_a_second_key(self, desk: Desk) -> None:
        a_customer(desk, **ANN, external_ids={"erp": "E-1"})

        with pytest.raises(Conflict) as refused:
            link(desk, ANN, "E-2")

        assert refused.value.code == "accounts.external_id.taken"


class TestImporting:
    def test_a_row_with_the_losers_key_changes_the_winner(self, desk: Desk) -> None:
        winner = merged(desk, {"erp": "E-1"}, {"erp": "E-2"})
        row = a_row(1, external_id="E-2", name="Ann Lee", email="ann@lee.org", city="Troy")

        job = desk.imported(a_file(row), system="erp", mode="upsert", match_by="email")

        assert (job["updated"], job["refused"]) == (1, 0)
        assert desk.ask("get_record", kind="customer", id=winner)["city"] == "Troy"
        assert keys(desk, winner) == ({"erp": "E-1"}, {"erp": ["E-2"]})
