"""Rows are handed over in bounded pages, readable, without what is internal."""

from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum

from chassis.leaves import MOST_BYTES, Pile, said


class Colour(StrEnum):
    RED = "red"


class TestSaid:
    def test_reads_what_json_does_not_hold(self) -> None:
        row = {
            "at": datetime(2024, 5, 6, tzinfo=UTC), "on": date(2024, 5, 6), "rate": Decimal("0.10"),
            "colour": Colour.RED, "content": b"\x00\xff", "raw": "Zoë,ä".encode(),
        }  # fmt: skip

        assert said(row, frozenset()) == {
            "at": "2024-05-06T00:00:00.000000Z", "on": "2024-05-06", "rate": "0.10",
            "colour": "red", "content": "AP8=", "raw": "Zoë,ä",
        }  # fmt: skip

    def test_leaves_out_what_is_internal_however_deep(self) -> None:
        row = {
            "name_key": "ada",
            "changes": '{"name":[null,"Ada"],"name_key":[null,"ada"]}',
            "images": [{"name_key": "ada", "name": "Ada"}],
        }

        assert said(row, frozenset({"name_key"})) == {
            "changes": {"name": [None, "Ada"]}, "images": [{"name": "Ada"}],
        }  # fmt: skip


class TestPile:
    def test_takes_no_more_than_an_answer_holds(self) -> None:
        pile = Pile(limit=200, internal=frozenset())
        large = {"text": "x" * (MOST_BYTES // 2)}

        taken = [pile._take("notes", large) for _ in range(3)]

        assert taken == [True, False, False]
        assert pile.size <= MOST_BYTES

    def test_takes_one_that_is_longer_alone(self) -> None:
        pile = Pile(limit=200, internal=frozenset())

        assert pile._take("notes", {"text": "x" * (MOST_BYTES + 1)})
        assert not pile._take("notes", {"text": "x"})
