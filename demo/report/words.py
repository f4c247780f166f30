"""How figures, moments and marks are written on the page."""

from datetime import UTC, datetime
from html import escape
from typing import Final

from chassis.money import exponent
from demo.result import Fact, Form, Unit

NONE: Final = "\N{EN DASH}"
_MINUS: Final = "\N{MINUS SIGN}"
_SYMBOLS: Final = {"USD": "$", "EUR": "€", "GBP": "£", "CNY": "¥", "JPY": "¥"}
_THOUSAND: Final = 1000
_MILLION: Final = 1_000_000
_MINUTE: Final = 60
_HOUR: Final = 3600
_DAY: Final = 24 * _HOUR


def text(value: object) -> str:
    """Write anything so that HTML cannot mistake it for markup."""
    return escape(str(value), quote=True)


def count(value: int) -> str:
    """Write 5009 as 5,009."""
    return f"{value:,}"


def money(minor: int, currency: str) -> str:
    """Write minor units as an amount: $2,297,200.65."""
    digits = exponent(currency)
    whole, part = divmod(abs(minor), 10**digits)
    decimals = f".{part:0{digits}d}" if digits else ""
    return f"{_MINUS if minor < 0 else ''}{_sign(currency)}{whole:,}{decimals}"


def brief_money(minor: int, currency: str) -> str:
    """Write an amount for an axis: $96k, $2.5k, $2.3M."""
    whole = minor / 10 ** exponent(currency)
    if whole >= _MILLION:
        return f"{_sign(currency)}{_short(whole / _MILLION)}M"
    if whole >= _THOUSAND:
        return f"{_sign(currency)}{_short(whole / _THOUSAND)}k"
    return f"{_sign(currency)}{whole:.0f}"


def _short(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _sign(currency: str) -> str:
    return _SYMBOLS.get(currency, f"{currency} ")


def figure(value: int | None, unit: Unit, currency: str) -> str:
    """Write a figure of a column."""
    if value is None:
        return NONE
    return money(value, currency) if unit is Unit.MONEY else count(value)


def percent(share: float) -> str:
    """Write a share of 0 to 1: 1.0 %, 31 %."""
    digits = 0 if share * 100 >= 9.95 else 1
    return f"{share * 100:.{digits}f} %"


def milliseconds(value: float) -> str:
    """Write a duration: 0.84 ms, 12.3 ms, 430 ms, 1.62 s."""
    if value >= _THOUSAND:
        return f"{value / _THOUSAND:.2f} s"
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:.{digits}f} ms"


def seconds(value: float) -> str:
    """Write a duration: 0.4 s, 48 s, 2 min 05 s, 3 h."""
    if value < 10:
        return f"{value:.1f} s"
    if value < _MINUTE:
        return f"{value:.0f} s"
    if value < _HOUR:
        minutes, rest = divmod(round(value), _MINUTE)
        return f"{minutes} min {rest:02d} s"
    return f"{value / _HOUR:.0f} h"


def moment(iso: str) -> str:
    """Write an ISO instant in UTC, to the minute."""
    instant = datetime.fromisoformat(iso).astimezone(UTC)
    return f"{instant:%-d %B %Y, %H:%M} UTC"


def day(iso: str) -> str:
    """Write an ISO date."""
    return f"{datetime.fromisoformat(iso):%-d %B %Y}"


def freshness(age_seconds: float | None) -> str:
    """Say how old what a section shows is: since when it has not changed, or was not looked at."""
    if age_seconds is None:
        return "age unknown"
    if age_seconds < 1:
        return "as of now"
    if age_seconds < _DAY:
        return f"{seconds(age_seconds)} old"
    days = int(age_seconds // _DAY)
    return f"{days} day{'' if days == 1 else 's'} old"


def fact(one: Fact, currency: str) -> str:
    """Write the value of a fact, escaped."""
    if one.value is None or one.value == "":
        return NONE
    if one.form is Form.TEXT:
        return text(one.value)
    if one.form is Form.MOMENT:
        return text(moment(str(one.value)))
    unit = Unit.MONEY if one.form is Form.MONEY else Unit.COUNT
    return text(figure(int(one.value), unit, currency))
