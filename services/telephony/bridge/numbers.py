"""Telephone numbers as the network gives them: public ones in E.164, the others as they are."""

from functools import lru_cache

import phonenumbers

LONGEST_EXTENSION = 6  # digits; short codes such as 95588 read as "possible" numbers and are none
MAX_NUMBER, MAX_NAME = 64, 200
_NOBODY = frozenset(
    {"", "<unknown>", "unknown", "anonymous", "asterisk", "restricted", "unavailable", "private"}
)


def stated(text: str) -> str | None:
    """Return a number as it was given; None where the network withheld it."""
    return None if text.strip().lower() in _NOBODY else text.strip()[:MAX_NUMBER]


def name_of(text: str) -> str | None:
    """Return a caller's name as the network said it, if it did."""
    return None if text.strip().lower() in _NOBODY else text.strip()[:MAX_NAME]


@lru_cache(maxsize=4096)
def public(text: str | None, region: str) -> str | None:
    """Return a public number in E.164; None for extensions, short codes and what is no number."""
    if not text or sum(one.isdecimal() for one in text) <= LONGEST_EXTENSION:
        return None
    international = "+" + text[2:] if text.startswith("00") else text
    try:
        number = phonenumbers.parse(international, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
