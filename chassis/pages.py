"""Keyset pages: stable under writes, bounded, without counting."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, UnaryExpression, and_, or_
from sqlalchemy.sql.operators import custom_op

from chassis.cursors import DEFAULT_PAGE, MAX_PAGE, read_cursor, write_cursor
from chassis.errors import Invalid
from chassis.work import Work

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
    few: bool = False,
) -> Page[Any]:
    """Run a query ordered by ``keys`` (NOT NULL columns, the last one unique), a page at a time.

    ``few``: what the query is narrowed by is rarer than its order. SQLite, which knows no
    statistics, would walk through all in order and look at each.

    :raises Invalid: if the limit is out of range or the cursor is not one of this list.
    """
    demand_limit(limit)
    if after is not None:
        kinds = [key.type.python_type for key in keys]
        query = query.where(_beyond(keys, read_cursor(after, kinds), descending))
    by = [of_few(work, key) for key in keys] if few else keys
    order = [key.desc() if descending else key.asc() for key in by]
    rows = list(work.session.scalars(query.order_by(*order).limit(limit + 1)))
    more = len(rows) > limit
    items = rows[:limit]
    cursor = write_cursor([getattr(items[-1], key.key) for key in keys]) if more else None
    return Page(items, cursor)


def of_few(work: Work, key: Any) -> Any:
    """Write a column to order few rows by: SQLite would walk through all in its order for them."""
    if work.session.get_bind().dialect.name != "sqlite":
        return key
    return UnaryExpression(key, operator=custom_op("+"), type_=key.type)


def demand_limit(limit: int) -> None:
    """Demand a size that a page can have.

    :raises Invalid: if it is out of range.
    """
    if not 1 <= limit <= MAX_PAGE:
        raise Invalid(f"A page has 1 to {MAX_PAGE} items.", code="page.limit")


def _beyond(keys: Sequence[Any], values: list[Any], descending: bool) -> ColumnElement[bool]:
    """Spell out (a, b) > (x, y): databases disagree on row values with mixed types."""
    steps = []
    for index, key in enumerate(keys):
        equal = [keys[i] == values[i] for i in range(index)]
        beyond = key < values[index] if descending else key > values[index]
        steps.append(and_(*equal, beyond))
    return or_(*steps)
