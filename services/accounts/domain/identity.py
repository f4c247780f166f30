"""How mail addresses and phone numbers are written so that equal ones compare equal."""

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import unquote

import phonenumbers

# A domain that many strangers share says nothing about whom they work for (RFC 2606 included).
SHARED_DOMAINS = frozenset(
    """
    gmail.com googlemail.com yahoo.com yahoo.co.uk yahoo.fr yahoo.de ymail.com hotmail.com
    hotmail.co.uk outlook.com live.com msn.com icloud.com me.com mac.com aol.com gmx.de gmx.net
    gmx.at gmx.ch web.de t-online.de freenet.de mail.ru yandex.ru bk.ru list.ru inbox.ru qq.com
    foxmail.com 163.com 126.com yeah.net sina.com sina.cn sohu.com tom.com 21cn.com 139.com
    189.cn wo.cn aliyun.com naver.com daum.net hanmail.net proton.me protonmail.com zoho.com
    fastmail.com orange.fr wanadoo.fr free.fr laposte.net libero.it virgilio.it uol.com.br
    bol.com.br rediffmail.com comcast.net verizon.net att.net sbcglobal.net
    example.com example.org example.net
    """.split()
)
MIN_SUFFIX_DIGITS = 7  # shorter numbers are extensions and short codes
MAX_SUFFIX_DIGITS = 8  # enough to be telling, short enough for a number stored without its area
_COUNTRY_CODES = frozenset(map(str, phonenumbers.COUNTRY_CODE_TO_REGION_CODE))
_MAIL = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s.\x00-\x1f]+(\.[^@\s.\x00-\x1f]+)+")
_WRITTEN_E164 = re.compile(r"\+[1-9][0-9]{7,14}")
_ADDRESS = re.compile(
    r"[^\s<>\"',;:()\[\]?\x00-\x1f\ud800-\udfff]+@[^\s<>\"',;:()\[\]?\x00-\x1f\ud800-\udfff]+"
)
_INVISIBLE = frozenset({"Cc", "Cf", "Cs"})  # control characters, marks of direction, halves
_BRACKETED = re.compile(r"<([^<>]*[0-9A-Za-z][^<>]*)>")
_SCHEME = re.compile(r"^(?:tel|sips?|callto|whatsapp):(?://)?", re.IGNORECASE)
_EXTENSION = re.compile(
    r"(?:\s*(?:extension|extn?|ext|durchwahl|dw|poste|доб|转|轉|分机|分機|内線|#|,+|[xpw])"
    r"\s*[.:]?\s*[0-9]{1,7}#?)\s*$",
    re.IGNORECASE,
)
_INTERNATIONAL = re.compile(r"\(?\s*(?:\+\s*(?:00)?|00)(?=\s*[1-9])")
# Words of switchboards and networks, and ANONYMOUS as a keypad spells it.
_WITHHELD = frozenset(
    {
        "", "anonymous", "asterisk", "blocked", "no caller id", "not available", "private",
        "private number", "restricted", "unavailable", "unknown", "withheld", "s", "无", "未知",
        "匿名", "266696687", "+266696687",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone number as it was told, as the world writes it, and from its end."""

    raw: str
    e164: str | None  # None where the country is not known or the number cannot exist
    reversed: str  # all digits from the last to the first: a suffix is a prefix here


@dataclass(frozen=True, slots=True)
class Party:
    """What is known of the one who turns to us: exactly one of these."""

    number: str | None = None
    phone: str | None = None
    country: str | None = None  # completes a national phone number
    email: str | None = None
    system: str | None = None  # with external_id
    external_id: str | None = None


def normal_email(raw: str) -> str:
    """Write a mail address the way it is compared."""
    return raw.strip().lower()


def is_email(text: str) -> bool:
    """Say whether a text has the shape of a mail address."""
    return _MAIL.fullmatch(text) is not None


def company_domain(email: str | None) -> str | None:
    """Return the domain of a mail address if it tells where somebody works."""
    domain = email.rpartition("@")[2] if email else ""
    return None if domain in SHARED_DOMAINS or not domain else domain


def address(raw: str) -> str | None:
    """Return the mail address in what a mail program or a link says, as it is compared."""
    found = _ADDRESS.findall(unicodedata.normalize("NFKC", raw))
    return normal_email(found[-1].rstrip(".")) if found else None


def is_withheld(raw: str) -> bool:
    """Say whether the network tells us in this place that it does not tell who calls."""
    return dialled(raw).casefold().strip("<> ") in _WITHHELD


def phone(raw: str, country: str | None) -> Phone:
    """Read a phone number; ``country`` (ISO 3166-1 alpha-2) completes a national one."""
    text = dialled(raw)
    e164 = _e164(text, country)
    digits = e164[1:] if e164 else "".join(c for c in text if c in "0123456789")
    return Phone(raw.strip(), e164, digits[::-1])


def dialled(raw: str) -> str:
    """Return what would be dialled: without scheme, name, host, extension and ornament.

    Switchboards, mail signatures and address books write ``"Li" <sip:+8613…@pbx>``,
    ``tel:+86-10-8888;ext=12``, full-width digits, or marks that turn the direction of writing.
    """
    if _WRITTEN_E164.fullmatch(raw):  # nearly all that an import brings
        return raw
    text = unicodedata.normalize("NFKC", unquote(raw))
    text = "".join(_plain(c) for c in text if unicodedata.category(c) not in _INVISIBLE).strip()
    bracketed = _BRACKETED.search(text)
    text = _SCHEME.sub("", bracketed[1] if bracketed else text).partition("@")[0]
    text = _EXTENSION.sub("", text.partition(";")[0]).strip()
    international = _INTERNATIONAL.match(text)
    return "+" + text[international.end() :] if international else text


def _plain(letter: str) -> str:
    return str(unicodedata.decimal(letter)) if letter.isdecimal() else letter


def _e164(international: str, country: str | None) -> str | None:
    if not international.startswith("+") and _is_short(international):
        return None  # "possible" in the parser's eyes, as 95588 is, but an extension or a code
    try:
        # The parser takes 30 µs; it has nothing to add to a number that is written in full,
        # once its country code is known to exist.
        if _WRITTEN_E164.fullmatch(international) and _has_country(international):
            return international
        number = phonenumbers.parse(international, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _is_short(text: str) -> bool:
    return sum(c.isdecimal() for c in text) < MIN_SUFFIX_DIGITS


def _has_country(written: str) -> bool:
    return not _COUNTRY_CODES.isdisjoint((written[1:2], written[1:3], written[1:4]))


def suffix(found: Phone) -> str | None:
    """Return the telling end of a number (reversed), or None if it is too short to tell."""
    national = found.reversed.rstrip("0")
    if len(national) < MIN_SUFFIX_DIGITS:
        return None
    return national[:MAX_SUFFIX_DIGITS]


def common_digits(one: str, other: str) -> int:
    """Count how many digits two reversed numbers share at their end."""
    shared = 0
    for mine, theirs in zip(one, other, strict=False):
        if mine != theirs:
            break
        shared += 1
    return shared
