"""Words on customers: how many there are, and which of two sets stay."""

import pytest

from services.accounts.domain import keys
from services.accounts.domain.keys import MAX_TAGS, TooManyTags

FULL = [f"tag_{number:02}" for number in range(MAX_TAGS)]


class TestTagged:
    def test_adds_and_takes_off_in_order(self):
        assert keys.tagged(["b", "c"], ["a", "b"], ["c"]) == ["a", "b"]

    def test_refuses_more_than_anybody_reads(self):
        with pytest.raises(TooManyTags):
            keys.tagged(FULL, ["one_more"], [])


class TestJoined:
    def test_is_what_either_has(self):
        assert keys.tagged_too(["b"], ["a", "b"]) == ["a", "b"]

    def test_keeps_what_is_there_and_adds_what_there_is_room_for(self):
        assert keys.tagged_too(FULL[:-1], ["a_first", "z_last"]) == sorted([*FULL[:-1], "a_first"])

    @pytest.mark.parametrize("known", [FULL, [*FULL, "z_last"]])
    def test_adds_nothing_where_there_is_no_room(self, known):
        assert keys.tagged_too(known, ["a_first"]) == known
