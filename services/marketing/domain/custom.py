"""What a condition may ask of a custom field, by the field's type."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation

from services.marketing.domain.segments import Condition, SegmentWrong

ORDERED = frozenset({"number", "date", "instant"})
CHOOSING = frozenset({"enum", "multi_enum", "tree"})
MAX_DIGITS = 28


@dataclass(frozen=True, slots=True)
class CustomField:
    """A field as accounts told it."""

    type: str
    options: tuple[str, ...] = ()  # keys; of a tree the paths


def fit(condition: Condition, known: CustomField | None) -> Condition:
    """Return a condition with what it asks for written as values of the field are.

    :raises SegmentWrong: if there is no such field, or it cannot be asked for so.
    """
    if known is None:
        raise _wrong(condition, "There is no such custom field.")
    if known.type == "money":
        raise _wrong(condition, "Money of several currencies has no order; ask for something else.")
    is_range = condition.at_least is not None or condition.below is not None
    if is_range and known.type not in ORDERED:
        raise _wrong(condition, "Only numbers, days and instants have an order.")
    any_of = tuple(_written(condition, known, one) for one in condition.any_of)
    low, high = (
        _written(condition, known, one) if one is not None else None
        for one in (condition.at_least, condition.below)
    )
    return replace(condition, type=known.type, any_of=any_of, at_least=low, below=high)


def _written(condition: Condition, known: CustomField, asked: str) -> str:
    if known.type in CHOOSING:
        keys = {option.rpartition("/")[2] for option in known.options}
        if asked not in keys:
            raise _wrong(condition, "This is not one of its options.")
        return asked
    try:
        return _FORMS.get(known.type, str)(asked)
    except (ValueError, OverflowError, InvalidOperation) as not_one:
        raise _wrong(condition, f"This field holds a {known.type}.") from not_one


def _number(asked: str) -> str:
    number = Decimal(asked)
    if len(asked) > MAX_DIGITS or not number.is_finite() or abs(number.adjusted()) > MAX_DIGITS:
        raise ValueError("no number")
    return f"{number.normalize():f}" if number else "0"


def _instant(asked: str) -> str:
    instant = datetime.fromisoformat(asked)
    if instant.tzinfo is None:
        raise ValueError("no zone")
    return f"{instant.astimezone(UTC).isoformat(timespec='microseconds')[:-6]}Z"


def _boolean(asked: str) -> str:
    if asked not in {"true", "false"}:
        raise ValueError("neither true nor false")
    return asked


_FORMS: dict[str, Callable[[str], str]] = {
    "text": str.casefold,
    "number": _number,
    "date": lambda asked: date.fromisoformat(asked).isoformat(),
    "instant": _instant,
    "boolean": _boolean,
}


def _wrong(condition: Condition, sentence: str) -> SegmentWrong:
    return SegmentWrong(sentence, detail={"fact": "custom", "field": condition.field})
