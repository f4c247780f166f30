"""Dealing customers out: fair within one, whatever the weights and whoever is away."""

from collections import Counter
from dataclasses import replace
from fractions import Fraction

from hypothesis import example, given
from hypothesis import strategies as st

from services.accounts.domain.allocation import Turn, deal, least_loaded


def dealt(turns: list[Turn], count: int) -> tuple[Counter[str], list[Turn]]:
    """Deal so many customers out; return who got how many, and the turns afterwards."""
    got: Counter[str] = Counter()
    for _ in range(count):
        chosen, after = deal(turns)
        got[chosen] += 1
        turns = list(after)
    return got, turns


class TestDeal:
    def test_thirty_among_three_are_ten_each(self) -> None:
        got, _ = dealt([Turn("a"), Turn("b"), Turn("c")], 30)

        assert got == {"a": 10, "b": 10, "c": 10}

    def test_twice_the_weight_is_twice_the_share(self) -> None:
        got, _ = dealt([Turn("a", 2), Turn("b"), Turn("c")], 40)

        assert got == {"a": 20, "b": 10, "c": 10}

    def test_heavy_turns_do_not_come_in_a_row(self) -> None:
        turns, order = [Turn("a", 2), Turn("b"), Turn("c")], ""
        for _ in range(8):
            chosen, after = deal(turns)
            order, turns = order + chosen, list(after)

        assert "aaa" not in order
        assert Counter(order[:4]) == {"a": 2, "b": 1, "c": 1}

    # Here whoever always serves the largest credit leaves somebody 1.29 customers behind.
    @example([1, 1, 1, 1, 3, 3, 3, 5, 8, 8, 21, 50, 50], 155)
    @given(st.lists(st.integers(1, 50), min_size=1, max_size=14), st.integers(1, 300))
    def test_nobody_is_ever_one_ahead_or_behind(self, weights: list[int], count: int) -> None:
        turns, got = [Turn(f"r{n:02}", weight) for n, weight in enumerate(weights)], Counter()
        total = sum(weights)

        for number in range(1, count + 1):
            chosen, after = deal(turns)
            got[chosen] += 1
            turns = list(after)
            for turn in turns:
                share = Fraction(number * turn.weight, total)
                assert abs(got[turn.staff_id] - share) < 1

    @given(st.lists(st.integers(0, 20), min_size=1, max_size=10))
    def test_batches_of_any_size_are_as_fair_as_one(self, sizes: list[int]) -> None:
        turns, got = [Turn("a"), Turn("b"), Turn("c")], Counter({"a": 0, "b": 0, "c": 0})

        for size in sizes:
            more, turns = dealt(turns, size)
            got += more
            shares = [got[name] for name in "abc"]
            assert max(shares) - min(shares) <= 1

    def test_who_comes_back_is_neither_flooded_nor_passed_over(self) -> None:
        everybody = [Turn("a"), Turn("b"), Turn("c")]
        _, after = dealt(everybody, 4)
        away = next(turn for turn in after if turn.staff_id == "c")
        _, without = dealt([turn for turn in after if turn.staff_id != "c"], 100)

        got, _ = dealt([*without, replace(away)], 30)

        assert max(got.values()) - min(got.values()) <= 2
        assert got["c"] in {9, 10, 11}


class TestLeastLoaded:
    def test_is_whoever_has_fewest_for_his_weight(self) -> None:
        turns = [Turn("a"), Turn("b"), Turn("c", 4)]

        assert least_loaded(turns, {"a": 3, "b": 2, "c": 9}) == "b"
        assert least_loaded(turns, {"a": 3, "b": 2, "c": 7}) == "c"
        assert least_loaded(turns, {"a": 1}) == "b"
