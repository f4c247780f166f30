"""Fields that many schemas share."""

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import Enum
from typing import Any

from marshmallow import ValidationError, fields
from marshmallow.validate import Length, OneOf, Range

from chassis.clock import isoformat
from chassis.pages import DEFAULT_PAGE, MAX_PAGE
from chassis.schemas import Accepted, Shown
from chassis.tables import ID_LENGTH
from services.accounts.domain import customers
from services.accounts.domain.customers import LIMITS
from services.accounts.domain.identity import is_email

MAX_CURSOR = 2000
MAX_SNAPSHOT = 500  # records a page of changed_since


def _printable(value: str) -> None:
    if not value.isprintable():
        raise ValidationError("Control characters are not taken.")


def text(limit: int, **options: Any) -> fields.String:
    """Take a text of one line with 1 to ``limit`` characters."""
    return fields.String(validate=[Length(1, limit), _printable], **options)


def id_(**options: Any) -> fields.String:
    """Take an id."""
    return text(ID_LENGTH, **options)


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

    return fields.String(validate=[Length(1, LIMITS.get(name, 200)), _printable, check], **options)


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
        keys=text(LIMITS["system"]),
        values=text(LIMITS["external_id"]),
        validate=Length(max=customers.MAX_EXTERNAL_IDS),
        **options,
    )


class Moment(fields.AwareDateTime):
    """An instant: with its zone when it comes in, in UTC with Z when it goes out."""

    def _serialize(self, value: datetime | None, *_: object, **__: object) -> str | None:
        return None if value is None else isoformat(value)


class Paged(Accepted):
    """Ask for a page."""

    after = text(MAX_CURSOR, load_default=None, allow_none=True)
    limit = fields.Integer(load_default=DEFAULT_PAGE, strict=True, validate=Range(1, MAX_PAGE))


class RecordShown(Shown):
    """Show what every record has."""

    id = fields.String()
    entity_id = fields.String()
    version = fields.Integer()
    created_at = Moment()
    updated_at = Moment()
