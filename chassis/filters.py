"""What a list of plain records is narrowed by: each refuses a value its column cannot hold."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import ColumnElement, and_, not_

from chassis.errors import Invalid

Filter = Callable[[object], ColumnElement[bool]]


def text(column: Any) -> Filter:
    """Take the text that a column holds."""

    def condition(value: object) -> ColumnElement[bool]:
        if not isinstance(value, str):
            raise unfit("This filter takes a text.")
        return cast(ColumnElement[bool], column == value)

    return condition


def holding(column: Any) -> Filter:
    """Take words that stand in a column somewhere, in capitals or not."""

    def condition(value: object) -> ColumnElement[bool]:
        if not isinstance(value, str) or not value.strip():
            raise unfit("This filter takes words.")
        return cast(ColumnElement[bool], column.icontains(value.strip(), autoescape=True))

    return condition


def one_of(column: Any, kind: type[StrEnum]) -> Filter:
    """Take one of a closed set."""

    def condition(value: object) -> ColumnElement[bool]:
        if value not in list(kind):
            raise unfit(f"This filter takes one of {', '.join(kind)}.")
        return cast(ColumnElement[bool], column == kind(str(value)))

    return condition


def flag(claim: Any) -> Filter:
    """Take whether a claim, or a column that is one, shall hold."""

    def condition(value: object) -> ColumnElement[bool]:
        if not isinstance(value, bool):
            raise unfit("This filter takes true or false.")
        return cast(ColumnElement[bool], claim if value else not_(claim))

    return condition


def at_least(column: Any) -> Filter:
    """Take the lowest number that a column may hold."""

    def condition(value: object) -> ColumnElement[bool]:
        if not isinstance(value, int) or isinstance(value, bool):
            raise unfit("This filter takes a whole number.")
        return cast(ColumnElement[bool], column >= value)

    return condition


def before(column: Any) -> Filter:
    """Take the instant that a column lies before."""

    def condition(value: object) -> ColumnElement[bool]:
        try:
            instant = datetime.fromisoformat(str(value))
            if instant.tzinfo is None:
                raise unfit("An instant needs its zone.")
            return cast(ColumnElement[bool], column < instant.astimezone(UTC))
        except (ValueError, OverflowError) as wrong:
            raise unfit("This filter takes an instant.") from wrong

    return condition


def day(column: Any) -> Filter:
    """Take the day, from midnight to midnight UTC, that a column lies in."""

    def condition(value: object) -> ColumnElement[bool]:
        try:
            start = datetime.combine(date.fromisoformat(str(value)), time(), UTC)
            end = start + timedelta(days=1)
        except (ValueError, OverflowError) as wrong:
            raise unfit("This filter takes a day (UTC).") from wrong
        return and_(column >= start, column < end)

    return condition


def unfit(sentence: str) -> Invalid:
    """Return what refuses a value that no record could have."""
    return Invalid(sentence, code="record.filter_value")
