"""What tells who somebody is: mail addresses, phone numbers, keys of other systems; and who is meant.

A name tells it only among the records of the one customer whose contact somebody is.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import phonenumbers
from phonenumbers import Leniency, PhoneNumberMatcher

MAIL, PHONE, KEY, NAME = "mail", "phone", "key", "name"
RECORD = "record"  # the id of what another service has found to be of this person
MAX_LOOKED_THROUGH = 100_000  # characters of one text
_BEFORE_MAIL, _AFTER_MAIL = r"(?<![\w.+%-])", r"(?![\w-]|\.\w)"
_DIGITS = re.compile(r"\D+")
_NO_SPACES = "\u2e80"  # from here on are the scripts that write words without spaces between them
_ABROAD, _TRUNK = ("", "00", "011"), ("", "0")  # what is dialled before a number


@dataclass(frozen=True, slots=True)
class Identity:
    """One way in which somebody is known."""

    kind: str
    value: str  # a mail in lower case, a number in E.164, a key as it is
    system: str | None = None  # whose key it is


@dataclass(frozen=True, slots=True)
class Identities:
    """Ways in which one person is known, and whether a text says one of them."""

    all: tuple[Identity, ...]

    @property
    def mails(self) -> list[str]:
        """Return the mail addresses."""
        return [one.value for one in self.all if one.kind == MAIL]

    @property
    def numbers(self) -> dict[str, str]:
        """Return the phone numbers as they are written at home, by their E.164 form."""
        found = {one.value: _at_home(one.value) for one in self.all if one.kind == PHONE}
        return {e164: home for e164, home in found.items() if home}

    @property
    def keys(self) -> list[tuple[str | None, str]]:
        """Return the keys with the systems that they are of."""
        return [(one.system, one.value) for one in self.all if one.kind == KEY]

    @property
    def records(self) -> list[str]:
        """Return the ids of records that are of this person."""
        return [one.value for one in self.all if one.kind == RECORD]

    def said_in(self, text: str) -> bool:
        """Say whether a text says a mail address or a phone number of this person."""
        text = unicodedata.normalize("NFKC", text[:MAX_LOOKED_THROUGH])  # full-width digits
        return self._mail_in(text.lower()) or any(
            _number_in(text, e164, home) for e164, home in self.numbers.items()
        )

    def keyed_in(self, keys: Mapping[str, object]) -> bool:
        """Say whether one of these keys (by system) is this person's."""
        return any(system is not None and keys.get(system) == key for system, key in self.keys)

    def told_by(self, value: object) -> bool:
        """Say whether a stored value says this person in any way, by name too."""
        return any(self.said_in(text) or self._name_in(text) for text in _texts(value))

    def _name_in(self, text: str) -> bool:
        text = plain_name(text[:MAX_LOOKED_THROUGH])
        names = (plain_name(one.value) for one in self.all if one.kind == NAME)
        return any(_word_in(text, name) for name in names)

    def _mail_in(self, text: str) -> bool:
        return any(
            mail in text and re.search(_BEFORE_MAIL + re.escape(mail) + _AFTER_MAIL, text)
            for mail in self.mails
        )


def identities(items: Iterable[Mapping[str, object]]) -> Identities:
    """Read what accounts answers: kind, value and system of each."""
    return Identities(
        tuple(
            Identity(str(one["kind"]), str(one["value"]), _or_none(one.get("system")))
            for one in items
        )
    )


def plain_name(text: str) -> str:
    """Return a name, or a text that may say one, as names are compared."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def has_no_spaces(character: str) -> bool:
    """Say whether a character is of a script that writes no spaces between words."""
    return character >= _NO_SPACES


def _word_in(text: str, name: str) -> bool:
    if name not in text:
        return False
    before = "" if has_no_spaces(name[0]) else r"(?<!\w)"
    behind = "" if has_no_spaces(name[-1]) else r"(?!\w)"
    return re.search(before + re.escape(name) + behind, text) is not None


def _texts(value: object) -> Iterator[str]:
    """Return every text in a value, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)


def _or_none(value: object) -> str | None:
    return None if value is None else str(value)


def _at_home(e164: str) -> str:
    """Return a number without the code of its country, or nothing if it is no number."""
    try:
        number = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return ""
    return phonenumbers.national_significant_number(number)


def _number_in(text: str, e164: str, home: str) -> bool:
    digits = _DIGITS.sub("", text)
    if home not in digits:
        return False
    full = e164.removeprefix("+")
    written = {before + full for before in _ABROAD} | {before + home for before in _TRUNK}
    return digits in written or _found_in(text, phonenumbers.parse(e164))


def _found_in(text: str, number: phonenumbers.PhoneNumber) -> bool:
    """Say whether a number stands in a text, written as in its own country or as from abroad."""
    region = phonenumbers.region_code_for_number(number)
    return any(
        one.number.national_number == number.national_number
        and one.number.country_code == number.country_code
        for one in PhoneNumberMatcher(text, region, leniency=Leniency.POSSIBLE)
    )
