"""Fields that more than one schema needs."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields
from marshmallow.validate import Length, Range, Regexp

from chassis.clock import isoformat
from chassis.schemas import Accepted, Shown

MAX_LINES = 1000
MAX_QUANTITY = 1_000_000
MAX_AMOUNT_MINOR = 10**15
MAX_UNIT_PRICE = Decimal(10**12)
MAX_PRICE_DECIMALS = 10
MAX_NOTE = 500
MAX_EXTERNAL_IDS = 20
ID = Length(1, 64)
CURRENCY = Regexp(r"\A[A-Z]{3}\Z", error="Not a currency (three capital letters).")
COUNTRY = Regexp(r"\A[A-Z]{2}\Z", error="Not a country (two capital letters).")
KEY = Regexp(r"\A[a-z][a-z0-9_]{0,39}\Z", error="Not a key (lower case letters, digits and _).")
PERCENT = Range(0, 100)
EMAIL = Regexp(r"\A[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+\Z", error="Not a mail address.")


def line(limit: int, **options: Any) -> fields.String:
    """Take a text of one line with 1 to ``limit`` characters."""
    return fields.String(validate=[Length(1, limit), _printable], **options)


def _printable(value: str) -> None:
    if not value.isprintable():
        raise ValidationError("Control characters are not taken.")


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


class Moment(fields.AwareDateTime):
    """An instant: with its zone when it comes in, in UTC with Z when it goes out."""

    def _serialize(self, value: datetime | None, *_: object, **__: object) -> str | None:
        return None if value is None else isoformat(value)


class One(Accepted):
    """Name one record and the version that was read of it."""

    version = fields.Int(required=True, strict=True)


class ShownRecord(Shown):
    """What every record shows."""

    id = fields.Str()
    version = fields.Int()
    entity_id = fields.Str()
    created_at = Moment()
    updated_at = Moment()


class ShownOwned(ShownRecord):
    """What every record shows that is somebody's."""

    owner_id = fields.Str()
    team_id = fields.Str()
    territory_id = fields.Str()
