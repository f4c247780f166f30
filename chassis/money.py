"""Amounts are whole minor units of an ISO 4217 currency."""

from decimal import ROUND_HALF_EVEN, Decimal

from chassis.errors import Invalid

# ISO 4217 exponents that are not 2 (the standard's table of 2024, active codes).
_EXPONENTS = {
    **dict.fromkeys(
        [
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "UYI",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ],
        0,
    ),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
    **dict.fromkeys(["CLF", "UYW"], 4),
}
_CODE_LENGTH = 3


def exponent(currency: str) -> int:
    """Return the number of decimals of a currency.

    :raises Invalid: if the code is not three capital letters.
    """
    if len(currency) != _CODE_LENGTH or not currency.isascii() or not currency.isupper():
        raise Invalid("A currency is three capital letters (ISO 4217).", code="money.currency")
    return _EXPONENTS.get(currency, 2)


def to_minor(amount: Decimal, currency: str) -> int:
    """Turn an amount into minor units, half to even."""
    scaled = amount.scaleb(exponent(currency))
    return int(scaled.quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


def from_minor(minor: int, currency: str) -> Decimal:
    """Turn minor units into an amount."""
    return Decimal(minor).scaleb(-exponent(currency))
