"""Cursors: the opaque place in a list where the next page begins."""

import base64
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from chassis.envelope import encode, received
from chassis.errors import Invalid

MAX_PAGE = 200
DEFAULT_PAGE = 50


def write_cursor(values: Sequence[object]) -> str:
    """Make an opaque cursor of the last item's keys."""
    return base64.urlsafe_b64encode(encode(list(values))).decode()


def read_cursor(cursor: str, kinds: Sequence[type]) -> list[Any]:
    """Read a cursor; it holds one key of each kind.

    :raises Invalid: if it was not made by this list.
    """
    try:
        values: Any = received(base64.urlsafe_b64decode(cursor.encode()))
        return [_key(kind, value) for kind, value in zip(kinds, values, strict=True)]
    except (ValueError, TypeError, OverflowError) as wrong:
        raise Invalid("The cursor is not one of this list.", code="page.cursor") from wrong


def _key(kind: type, value: object) -> object:
    """Return a key as its column compares it.

    :raises ValueError: if it is not one: a database would choke on it.
    """
    if kind is datetime and isinstance(value, str):
        instant = datetime.fromisoformat(value)
        if instant.tzinfo is None:
            raise ValueError("an instant without a zone")
        return instant.astimezone(UTC)
    if kind is date and isinstance(value, str):
        return date.fromisoformat(value)
    if type(value) is not kind:
        raise ValueError(f"no {kind.__name__}")
    return value
