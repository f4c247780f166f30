"""Keyset pages: stable under writes, bounded, without counting."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, and_, or_

from chassis.audit import plain
from chassis.envelope import Undecodable, decode, encode
from chassis.errors import Invalid
from chassis.work import Work

MAX_PAGE = 200
DEFAULT_PAGE = 50
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some items, and the cursor that leads to the next ones (None at the end)."""

    items: Sequence[T]
    next: str | None = None


def page(  # noqa: PLR0913  # limit, cursor and direction are the page
    work: Work,
    query: Select[Any],
    keys: Sequence[Any],
    *,
    limit: int = DEFAULT_PAGE,
    after: str | None = None,
    descending: bool = False,
) -> Page[Any]:
    """Run a query ordered by ``keys`` (NOT NULL columns, the last one unique), a page at a time.

    :raises Invalid: if the limit is out of range or the cursor is not one of this list.
    """
    if not 1 <= limit <= MAX_PAGE:
        raise Invalid(f"A page has 1 to {MAX_PAGE} items.", code="page.limit")
    if after is not None:
        query = query.where(_beyond(keys, read_cursor(after, len(keys)), descending))
    order = [key.desc() if descending else key.asc() for key in keys]
    rows = list(work.session.scalars(query.order_by(*order).limit(limit + 1)))
    more = len(rows) > limit
    items = rows[:limit]
    cursor = write_cursor([getattr(items[-1], key.key) for key in keys]) if more else None
    return Page(items, cursor)


def _beyond(keys: Sequence[Any], values: list[Any], descending: bool) -> ColumnElement[bool]:
    """Spell out (a, b) > (x, y): databases disagree on row values with mixed types."""
    steps = []
    for index, key in enumerate(keys):
        value = values[index]
        kind = key.type.python_type
        if kind in {date, datetime}:
            value = kind.fromisoformat(value)
        values[index] = value
        equal = [keys[i] == values[i] for i in range(index)]
        steps.append(and_(*equal, key < value if descending else key > value))
    return or_(*steps)


def write_cursor(values: Sequence[object]) -> str:
    """Make an opaque cursor of the last item's keys."""
    return base64.urlsafe_b64encode(encode([plain(value) for value in values])).decode()


def read_cursor(cursor: str, size: int) -> list[Any]:
    """Read a cursor.

    :raises Invalid: if it was not made by this list.
    """
    try:
        values = decode(base64.urlsafe_b64decode(cursor.encode()))
    except (ValueError, Undecodable) as wrong:
        raise Invalid("The cursor is not one of this list.", code="page.cursor") from wrong
    if not isinstance(values, list) or len(values) != size:
        raise Invalid("The cursor is not one of this list.", code="page.cursor")
    return values
