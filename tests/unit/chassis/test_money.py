"""Minor units by the currency's exponent, half to even."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import Invalid
from chassis.money import exponent, from_minor, to_minor


class TestToMinor:
    @pytest.mark.parametrize(
        ("amount", "currency", "minor"),
        [
            ("261.96", "USD", 26196),
            ("957.5775", "USD", 95758),
            ("0.125", "USD", 12),
            ("0.135", "USD", 14),
            ("-0.125", "USD", -12),
            ("1500", "JPY", 1500),
            ("1.2345", "KWD", 1234),
            ("1.2355", "KWD", 1236),
        ],
    )
    def test_rounds_half_to_even(self, amount, currency, minor):
        assert to_minor(Decimal(amount), currency) == minor

    @given(st.integers(-(10**15), 10**15), st.sampled_from(["USD", "JPY", "KWD", "CLF"]))
    def test_is_the_inverse_of_from_minor(self, minor, currency):
        assert to_minor(from_minor(minor, currency), currency) == minor


class TestExponent:
    @pytest.mark.parametrize("code", ["usd", "US", "USDX", "美元元", ""])
    def test_refuses_what_is_no_currency_code(self, code):
        with pytest.raises(Invalid, match="ISO 4217"):
            exponent(code)
