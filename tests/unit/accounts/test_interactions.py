import pytest

from services.accounts.domain.interactions import behind


class TestBehind:
    @pytest.mark.parametrize(
        ("lags", "p95"),
        [
            ([], None),
            ([7], 7),
            ([30, 10, 20], 30),
            (list(range(1, 101)), 95),
            ([1] * 95 + [9_000] * 5, 1),
            ([1] * 94 + [9_000] * 6, 9_000),
        ],
    )
    def test_is_what_95_of_100_touches_came_within(self, lags: list[int], p95: int | None) -> None:
        found = behind(lags)

        assert found == {"p95_ms": p95, "touches": len(lags), "promised_ms": 2_000}
