"""How names are written so that equal ones compare equal, and how far a slip of the pen may go."""

import re
import string
import unicodedata
from functools import lru_cache

from opencc import OpenCC

MAX_NAME_KEY = 200  # folding can make a name longer
# A name of so many letters may have one letter more, less, other, or two that changed places.
# Shorter ones are too close to each other, longer ones take too many look-ups (54 a letter).
TYPO_LETTERS = range(5, 25)
# Scripts that put no space between words: Han, kana, Hangul.
UNSPACED = (
    "\u3005\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
_RUNS = re.compile(rf"[{UNSPACED}]+|[^\W_{UNSPACED}]+")
_UNSPACED = re.compile(rf"[{UNSPACED}]")
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
# Of Latin, Greek and Cyrillic letters; those of kana are no ornament.
_MARKS = re.compile("[\u0300-\u036f]")
_LETTERS = str.maketrans(
    {"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h"}
)
_APOSTROPHES = str.maketrans("", "", "'’ʼ`")
_SIMPLE = OpenCC("t2s")

LEGAL_FORMS = frozenset(
    """
    ab ad ag aps as asa berhad bhd bt bv bvba co company corp corporation cv dd doo eg ehf eirl ek
    eood eurl ev gbr gmbh gmbhco hf inc incorporated jsc kda kft kg kgaa kk ks limited llc llp lllp
    lp ltd ltda mbh nv nyrt oao ohg ojsc ood ooo ou oy oyj pao pjsc plc pllc pte pty pvt rt sa sae
    sapa sarl sas sasu sau scs sdn se sia sk sl slu snc spa spzoo srl srls sro tbk uab ug vof zao
    zrt ооо оао зао пао ао ип and und
    """.split()
)
# Forms of several words, as they read without their dots.
_PHRASES = re.compile(r"\bsp z oo\b|\bs(?:a|ab|apib| de rl) de cv\b|\bgmbh co kg\b")
_SLASHED = re.compile(r"\b([aikps])/([as])\b")  # A/S, K/S, P/S, I/S, S/A


@lru_cache(maxsize=16_384)
def _simple(letter: str) -> str:
    # Letter by letter: by words a part of a name would be written otherwise than the whole.
    return str(_SIMPLE.convert(letter))


def folded(text: str) -> str:
    """Write a text so that case, width, diacritics and the two Chinese scripts do not matter."""
    if text.isascii():
        return text.casefold()
    wide = unicodedata.normalize("NFKC", text).casefold()
    bare = _MARKS.sub("", unicodedata.normalize("NFD", wide))
    plain = unicodedata.normalize("NFC", bare).translate(_LETTERS)
    return _HAN.sub(lambda found: _simple(found[0]), plain)


def is_telling(name: str) -> bool:
    """Say whether a name says who somebody is wherever it is written: not a first name alone."""
    return len(name.split()) > 1 or len(_UNSPACED.findall(name)) > 1


def runs(text: str) -> list[str]:
    """Return the words of a folded text; what is written without spaces is one word."""
    return _RUNS.findall(text.translate(_APOSTROPHES))


def is_unspaced(word: str) -> bool:
    """Say whether a word is of a script that puts no spaces between words."""
    return _UNSPACED.match(word) is not None


def is_han(letter: str) -> bool:
    """Say whether this is a Chinese character."""
    return _HAN.match(letter) is not None


# Longest first; in front or at the end, as the Japanese and Koreans write them.
_FORMS_OF_THE_EAST = tuple(
    sorted(
        map(
            folded,
            """
            股份有限公司 有限责任公司 有限公司 股份公司 有限合伙企业 合伙企业 有限合伙 普通合伙 个人独资企业
            个体工商户 株式会社 有限会社 合同会社 合資会社 合名会社 一般社団法人 一般財団法人 주식회사 유한회사
            """.split(),
        ),
        key=len,
        reverse=True,
    )
)
_SHORT_FORMS = frozenset("株有合주유")  # as in (株), which ㈱ reads as


def name_key(name: str) -> str:
    """Write a name the way it is compared.

    Case, width, diacritics, punctuation, legal forms and the order of words do not matter, nor
    whether Chinese is written in traditional or simplified characters.
    """
    text = _SLASHED.sub(r"\1\2", folded(name).replace(".", ""))
    words = runs(text)
    kept = runs(_PHRASES.sub(" ", " ".join(words)))
    kept = [word for word in kept if word not in LEGAL_FORMS]
    spaced = sorted(word for word in kept if not is_unspaced(word))
    unspaced = _without_form([word for word in kept if is_unspaced(word)])
    found = [*spaced, unspaced] if unspaced else spaced
    return " ".join(found or sorted(words))[:MAX_NAME_KEY]


def _without_form(words: list[str]) -> str:
    parts = [word for word in words if len(words) == 1 or word not in _SHORT_FORMS]
    text = "".join(parts)
    for form in _FORMS_OF_THE_EAST:
        bare = text.removesuffix(form).removeprefix(form)
        if bare and bare != text:
            return _without_form([bare])
    return text


def _may_slip(key: str) -> bool:
    return len(key) in TYPO_LETTERS and all(c in string.ascii_lowercase + " " for c in key)


def slips(key: str) -> set[str]:
    """Return all name keys that are one slip away (see TYPO_LETTERS); of Latin letters only.

    One character of a Chinese name is a third of it: whoever has another one is somebody else.
    """
    if not _may_slip(key):
        return set()
    cuts = [(key[:at], key[at:]) for at in range(len(key) + 1)]
    letters = string.ascii_lowercase + " "
    fewer = {a + b[1:] for a, b in cuts if b}
    swapped = {a + b[1] + b[0] + b[2:] for a, b in cuts if len(b) > 1}
    other = {a + c + b[1:] for a, b in cuts if b for c in letters}
    more = {a + c + b for a, b in cuts for c in letters}
    return (fewer | swapped | other | more) - {key}


def is_slip(one: str, other: str) -> bool:
    """Say whether two name keys are one slip apart; the shorter one decides whether it may be."""
    if one == other or not (_may_slip(one) and _may_slip(other)):
        return False
    first = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    if first is None:
        return abs(len(one) - len(other)) == 1
    mine, theirs = one[first:], other[first:]
    return (
        mine[1:] == theirs
        or mine == theirs[1:]
        or mine[1:] == theirs[1:]
        or (mine[:2] == theirs[1::-1] and mine[2:] == theirs[2:])
    )
