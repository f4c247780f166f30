"""Fields that more than one schema needs."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from marshmallow import fields
from marshmallow.validate import Range, Regexp

MAX_LINES = 1000
MAX_QUANTITY = 1_000_000
MAX_AMOUNT_MINOR = 10**15
MAX_UNIT_PRICE = Decimal(10**12)
MAX_PRICE_DECIMALS = 10
MAX_NOTE = 500
MAX_EXTERNAL_IDS = 20
CURRENCY = Regexp(r"\A[A-Z]{3}\Z", error="Not a currency (three capital letters).")
COUNTRY = Regexp(r"\A[A-Z]{2}\Z", error="Not a country (two capital letters).")
PERCENT = Range(0, 100)
EMAIL = Regexp(r"\A[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+\Z", error="Not a mail address.")


class DecimalText(fields.Decimal):
    """A decimal number written as text: JSON numbers are floats to most who read them."""

    def __init__(self, *, most: Decimal, **options: Any) -> None:
        super().__init__(as_string=True, validate=Range(Decimal(0), most), **options)

    def _deserialize(
        self, value: object, attr: str | None, data: Mapping[str, Any] | None, **options: Any
    ) -> Decimal:
        if not isinstance(value, str):
            raise self.make_error("invalid")
        number: Decimal = super()._deserialize(value, attr, data, **options)
        exponent = number.as_tuple().exponent
        if not isinstance(exponent, int) or exponent < -MAX_PRICE_DECIMALS:
            raise self.make_error("invalid")
        return number
