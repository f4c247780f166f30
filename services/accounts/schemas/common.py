"""Fields that many schemas share."""

from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any

from marshmallow import ValidationError, fields
from marshmallow.validate import Length, OneOf, Range

from chassis.fields import foreign_key, line, printable
from chassis.ids import ID_LENGTH
from services.accounts.domain import customers
from services.accounts.domain.customers import LIMITS
from services.accounts.domain.identity import is_email

MAX_SNAPSHOT = 500  # records a page of changed_since


def id_(**options: Any) -> fields.String:
    """Take an id."""
    return line(ID_LENGTH, **options)


def version() -> fields.Integer:
    """Take the version that a change is based on."""
    return fields.Integer(required=True, strict=True, validate=Range(1))


def choice(values: type[Enum] | Sequence[str], **options: Any) -> fields.Field[Any]:
    """Take one of a closed set."""
    if isinstance(values, type):
        return fields.Enum(values, by_value=True, **options)
    return fields.String(validate=OneOf(values), **options)


def shaped(name: str, test: Callable[[str], bool], says: str, **options: Any) -> fields.String:
    """Take a text that passes a test, of the length its column has."""

    def check(value: str) -> None:
        if not test(value):
            raise ValidationError(says)

    return fields.String(validate=[Length(1, LIMITS.get(name, 200)), printable, check], **options)


def name(**options: Any) -> fields.String:
    """Take what somebody is called; blanks alone are no name."""
    return shaped("name", lambda text: bool(text.strip()), "Not a name.", **options)


def email(**options: Any) -> fields.String:
    """Take a mail address."""
    return shaped("email", lambda text: is_email(text.strip()), "Not a mail address.", **options)


def language(**options: Any) -> fields.String:
    """Take a language tag (BCP 47)."""
    return shaped("language", customers.is_language, "Not a language tag.", **options)


def country(**options: Any) -> fields.String:
    """Take a country code (ISO 3166-1 alpha-2)."""
    return shaped("country", customers.is_country, "Not a country code.", **options)


def day(**options: Any) -> fields.String:
    """Take a day of the calendar."""
    return shaped("customer_since", customers.is_day, "Not a day (YYYY-MM-DD).", **options)


def external_ids(**options: Any) -> fields.Dict:
    """Take keys in other systems: system -> key."""
    return fields.Dict(
        keys=line(LIMITS["system"]),
        values=foreign_key(LIMITS["external_id"]),
        validate=Length(max=customers.MAX_EXTERNAL_IDS),
        **options,
    )
