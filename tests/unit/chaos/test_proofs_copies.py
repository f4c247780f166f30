"""The proof of the copies sees what one side alone has, and every field that differs."""

from typing import Any

from chaos.proofs.copies import differences
from chassis.tables import CopyRow
from contracts.accounts import Staff
from services.sales.tables import StaffRef

ROW = CopyRow(name="staff", table=StaffRef, of=Staff)


def a_copy(**fields: Any) -> dict[str, Any]:
    row = {
        "id": "s1", "sequence": 2, "erased": False, "name": "Rep", "active": True,
        "entity_id": "group", "roles": ["rep"], "team_id": None, "territory_ids": [],
    }  # fmt: skip
    return row | fields


def a_source(**fields: Any) -> dict[str, Any]:
    item = {
        "staff_id": "s1", "sequence": 2, "version": 1, "name": "Rep", "active": True,
        "entity_id": "group", "roles": ["rep"], "team_id": None, "territory_ids": [],
    }  # fmt: skip
    return item | fields


def found(ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> list[str]:
    return list(differences("the copy", ROW, ours, theirs))


class TestCopies:
    def test_that_equal_their_source_are_right(self) -> None:
        assert found([a_copy()], [a_source()]) == []

    def test_do_not_hear_every_event_of_a_record(self) -> None:
        assert found([a_copy(sequence=2)], [a_source(sequence=5)]) == []

    def test_may_keep_the_tombstone_of_what_was_erased(self) -> None:
        assert found([a_copy(erased=True, name=None)], []) == []

    def test_that_lack_a_record_are_wrong(self) -> None:
        assert found([], [a_source()]) == ["the copy lacks s1"]

    def test_that_have_one_more_are_wrong(self) -> None:
        (sentence,) = found([a_copy()], [])

        assert sentence == "the copy has s1, which its owner does not have"

    def test_of_another_value_are_wrong(self) -> None:
        (sentence,) = found([a_copy(roles=["rep", "admin"])], [a_source()])

        assert sentence == "the copy has s1 with roles ['rep', 'admin'], its owner with ['rep']"

    def test_that_know_more_than_was_told_are_wrong(self) -> None:
        (sentence,) = found([a_copy(sequence=3)], [a_source()])

        assert sentence == "the copy has s1 as of event 3, of 2 that were told"
