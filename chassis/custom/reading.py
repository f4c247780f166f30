"""How a value is read: one function for what is entered, changed and imported alike."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation

from chassis import money
from chassis.clock import isoformat
from chassis.custom.kinds import MAX_CHOSEN, Definition, FieldType, path
from chassis.errors import Invalid
from chassis.ids import ID_LENGTH

DIGITS, DECIMALS = 12, 6  # of a number: a million times it fits into 64 bits
MAX_MINOR = 10**15
MAX_DIGITS_TOLD = 28  # characters of a number: more would be rounded before they are looked at
FIRST_YEAR, LAST_YEAR = 1000, 8999
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_YES = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def wrong(key: str, problem: str, sentence: str) -> Invalid:
    """Return what refuses a value: it names the field, never the value."""
    return Invalid(f"{key}: {sentence}", code=f"custom.{problem}", detail={"field": key})


def read(field: Definition, given: object) -> object:
    """Return a given value as it is stored.

    :raises Invalid: if it is not of the field's type or not what its rules demand.
    """
    value = typed(field, given)
    _RULES.get(field.type, _no_rule)(field, value)
    return value


def typed(field: Definition, given: object) -> object:
    """Return a given value as it is stored, whatever the rules say of it.

    :raises Invalid: if it is not of the field's type.
    """
    try:
        return _TYPES[field.type](field, given)
    except (TypeError, ValueError, OverflowError, InvalidOperation) as not_one:
        raise wrong(field.key, "wrong_type", _SAYS[field.type]) from not_one


def from_text(field: Definition, text: str) -> object:
    """Return what a cell of a file or a filter gives, to be read like any other value."""
    text = text.strip()
    if field.type is FieldType.BOOLEAN:
        return _YES.get(text.lower(), text)
    if field.type is FieldType.MULTI_ENUM:
        return [part.strip() for part in text.split(";") if part.strip()]
    if field.type is FieldType.MONEY:
        return _money_of(text)
    return text


def to_text(value: object) -> str:
    """Write a stored value as a cell of a file, as ``from_text`` reads it; none is empty."""
    if value is None:
        return ""
    if isinstance(value, Mapping):
        amount = money.from_minor(value["amount_minor"], value["currency"])
        return f"{amount:f} {value['currency']}"
    if isinstance(value, bool):
        return "true" if value else "false"
    return ";".join(map(str, value)) if isinstance(value, list) else str(value)


def decimal(given: object) -> Decimal:
    """Read a number exactly.

    :raises TypeError: if it is nothing that holds a number.
    :raises ValueError: if it is none, or has more digits than are kept.
    """
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        raise TypeError("no number")
    written = str(given).strip()
    if len(written) > MAX_DIGITS_TOLD:
        raise ValueError("too long")
    number = Decimal(written)
    if not number.is_finite() or (number and not -DECIMALS <= number.adjusted() < DIGITS):
        raise ValueError("too large or too small")
    if number.scaleb(DECIMALS) % 1:
        raise ValueError("too many decimals")
    return number or Decimal(0)


def _text(_: Definition, given: object) -> str:
    if not isinstance(given, str):
        raise TypeError("no text")
    text = given.strip()
    if not text.replace("\n", " ").replace("\t", " ").isprintable():
        raise ValueError("control characters")
    return text


def _number(_: Definition, given: object) -> str:
    return f"{decimal(given).normalize():f}"


def _money(_: Definition, given: object) -> dict[str, object]:
    match given:
        case {"amount_minor": int(minor), "currency": str(currency), **rest} if not rest:
            # bool is an int, and ß is no letter of a currency
            if isinstance(minor, bool) or abs(minor) > MAX_MINOR or not currency.isalpha():
                raise ValueError("no amount")
            _exponent(currency)
            return {"amount_minor": minor, "currency": currency}
    raise ValueError("no amount")


def _exponent(currency: str) -> int:
    try:
        return money.exponent(currency)
    except Invalid as unknown:
        raise ValueError("no currency") from unknown


def _money_of(text: str) -> object:
    """Read "12.50 EUR"; what is no amount is given back as it is, to be refused by its type."""
    amount, _, currency = text.rpartition(" ")
    try:
        minor = decimal(amount).scaleb(_exponent(currency))
    except (ValueError, InvalidOperation):
        return text
    return {"amount_minor": int(minor), "currency": currency} if minor % 1 == 0 else text


def _date(_: Definition, given: object) -> str:
    if not isinstance(given, str) or not _DAY.fullmatch(given):
        raise ValueError("no day")
    day = date.fromisoformat(given)
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError("not of our calendar")
    return given


def _instant(_: Definition, given: object) -> str:
    if not isinstance(given, str):
        raise TypeError("no instant")
    instant = datetime.fromisoformat(given)
    if instant.tzinfo is None or not FIRST_YEAR < instant.year < LAST_YEAR:
        raise ValueError("no zone, or not of our calendar")
    return isoformat(instant.astimezone(UTC))


def _boolean(_: Definition, given: object) -> bool:
    if not isinstance(given, bool):
        raise TypeError("neither true nor false")
    return given


def _choice(field: Definition, given: object) -> str:
    if not isinstance(given, str) or given not in {option.key for option in field.options}:
        raise ValueError("not an option")
    return given


def _node(field: Definition, given: object) -> str:
    """Return an option of a tree by its path; it is named by that or by its key alone."""
    if not isinstance(given, str):
        raise TypeError("no option")
    options = {option.key: option for option in field.options}
    key = given.rpartition("/")[2]
    if key not in options or given not in {key, path(options, key)}:
        raise ValueError("not an option")
    return path(options, key)


def _choices(field: Definition, given: object) -> list[str]:
    """Return what was chosen in the order of the options, so that the same is the same."""
    if not isinstance(given, list) or not 0 < len(given) <= MAX_CHOSEN:
        raise ValueError("no list of options")
    chosen = {_choice(field, one) for one in given}
    return [option.key for option in field.options if option.key in chosen]


def _reference(_: Definition, given: object) -> str:
    if not isinstance(given, str) or not 0 < len(given) <= ID_LENGTH or not given.isprintable():
        raise ValueError("no id")
    return given


def _no_rule(_: Definition, __: object) -> None:
    """Demand nothing more."""


def _text_rules(field: Definition, value: object) -> None:
    text, rules = str(value), field.rules
    least = max(rules.min_length or 1, 1)
    if not least <= len(text) <= field.longest:
        raise wrong(field.key, "length", f"it has {least} to {field.longest} characters.")
    if rules.pattern is not None and not re.fullmatch(rules.pattern, text):
        raise wrong(field.key, "pattern", "it does not have the shape that is asked for.")


def _bounds(field: Definition, value: object) -> None:
    low, high = field.rules.min, field.rules.max
    here = comparable(field, value)
    if (low is not None and here < bound(field, low)) or (
        high is not None and here > bound(field, high)
    ):
        raise wrong(field.key, "out_of_range", "it is below the least or above the greatest.")


def _open_options(field: Definition, value: object) -> None:
    chosen = value if isinstance(value, list) else [str(value).rpartition("/")[2]]
    closed = {option.key for option in field.options if not option.active}
    if closed.intersection(chosen):
        raise wrong(field.key, "option_retired", "an option is not offered any more.")


def comparable(field: Definition, value: object) -> Decimal:
    """Return a stored value of a type with an order as a number."""
    if isinstance(value, Mapping):
        return money.from_minor(value["amount_minor"], value["currency"])
    return ordinal(field, str(value))


def bound(field: Definition, written: str) -> Decimal:
    """Return a bound of a field as a number; of money it is in whole units of any currency.

    :raises Invalid: if it is not written like a value.
    """
    if field.type is not FieldType.MONEY:
        return ordinal(field, str(typed(field, written)))
    try:
        return decimal(written)
    except (ValueError, InvalidOperation) as not_one:
        raise wrong(field.key, "wrong_type", "a bound of money is a number.") from not_one


def ordinal(field: Definition, stored: str) -> Decimal:
    """Return a stored number, day or instant as a number that has the same order."""
    if field.type is FieldType.DATE:
        return Decimal(date.fromisoformat(stored).toordinal())
    if field.type is FieldType.INSTANT:
        since = datetime.fromisoformat(stored) - datetime(1970, 1, 1, tzinfo=UTC)
        return Decimal((since.days * 86_400 + since.seconds) * 10**6 + since.microseconds)
    return Decimal(stored)


_TYPES: Mapping[FieldType, Callable[[Definition, object], object]] = {
    FieldType.TEXT: _text,
    FieldType.NUMBER: _number,
    FieldType.MONEY: _money,
    FieldType.DATE: _date,
    FieldType.INSTANT: _instant,
    FieldType.BOOLEAN: _boolean,
    FieldType.ENUM: _choice,
    FieldType.MULTI_ENUM: _choices,
    FieldType.TREE: _node,
    FieldType.REFERENCE: _reference,
}
_RULES: Mapping[FieldType, Callable[[Definition, object], None]] = {
    FieldType.TEXT: _text_rules,
    FieldType.NUMBER: _bounds,
    FieldType.MONEY: _bounds,
    FieldType.DATE: _bounds,
    FieldType.INSTANT: _bounds,
    FieldType.ENUM: _open_options,
    FieldType.MULTI_ENUM: _open_options,
    FieldType.TREE: _open_options,
}
_SAYS: Mapping[FieldType, str] = {
    FieldType.TEXT: "it is a text without control characters.",
    FieldType.NUMBER: f"it is a number of at most {DIGITS} digits and {DECIMALS} decimals.",
    FieldType.MONEY: "it is amount_minor and currency (in a file or filter: 12.50 EUR).",
    FieldType.DATE: "it is a day, YYYY-MM-DD.",
    FieldType.INSTANT: "it is an instant with its zone.",
    FieldType.BOOLEAN: "it is true or false.",
    FieldType.ENUM: "it is one of the options.",
    FieldType.MULTI_ENUM: "it is a list of options (in a file with ; between them).",
    FieldType.TREE: "it is one of the options.",
    FieldType.REFERENCE: "it is the id of a record.",
}
