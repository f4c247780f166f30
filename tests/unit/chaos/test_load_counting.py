"""How effects are counted."""

from chaos.load.counting import never, once


class TestOnce:
    def test_says_nothing_of_what_is_there_once(self):
        assert list(once("lead", {"a", "b"}, ["b", "a"])) == []

    def test_says_what_is_missing_and_what_is_doubled(self):
        found = list(once("lead", {"a", "b", "c"}, ["b", "c", "b", "c", "c"]))

        assert found == [
            "lead a was acknowledged and is not there",
            "lead b is there twice",
            "lead c is there 3 times",
        ]

    def test_says_nothing_of_what_nobody_acknowledged(self):
        assert list(once("lead", {"a"}, ["a", "x", "x"])) == []

    def test_counts_the_keys_of_a_mapping(self):
        assert list(once("import", {"a"}, {"a": 7})) == []


class TestNever:
    def test_says_what_is_there_all_the_same(self):
        assert list(never("order", {"a", "b"}, ["b", "c"])) == [
            "order b is there and should not be"
        ]
