"""By which beginnings a name is found: words, parts of Chinese names, pinyin, mail addresses."""

from functools import cache
from typing import Protocol, cast

from services.accounts.domain.names import folded, is_han, is_unspaced, runs

MAX_TERM = 48  # characters; what is longer is found by its first ones
PIECE = 8  # characters of an unspaced script that are compared at once
MAX_TERMS = 40  # of one name and mail address; a Chinese company has about 13, a person 3 to 7
MAX_WORDS = 6  # that are asked for at once
LONGEST_PERSON = 4  # characters of a Chinese person's name; a longer one begins with a place
MIN_DIGITS = 4  # fewer are the end of too many telephone numbers
LAST = "\U0010ffff"  # behind all that begins alike
_PHONE_MARKS = frozenset("+-()./ \u00a0")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "ae", "Ö": "oe", "Ü": "ue"})
# Characters that are read otherwise where they are a family's name.
_SURNAMES = {
    "曾": "zeng", "单": "shan", "解": "xie", "仇": "qiu", "朴": "piao", "查": "zha", "盖": "ge",
    "区": "ou", "缪": "miao", "冼": "xian", "翟": "zhai", "种": "chong", "召": "shao", "秘": "bi",
}  # fmt: skip


class _Reader(Protocol):
    def __call__(self, hans: str, *, errors: str) -> list[str]: ...


@cache
def _reader() -> _Reader:
    # Its dictionary takes 60 MB and 0.2 s: who meets no Chinese name need not have it.
    from pypinyin import lazy_pinyin  # noqa: PLC0415  # loaded when needed

    return cast(_Reader, lazy_pinyin)


def terms(name: str, email: str | None = None) -> list[str]:
    """Return what a name and a mail address are found by: each text that begins like a term."""
    found: dict[str, None] = {}  # in order, each once
    words = runs(folded(name))
    umlauts = runs(folded(name.translate(_UMLAUTS))) if not name.isascii() else []
    for word in [*words, *umlauts]:
        for term in _parts(word) if is_unspaced(word) else [word]:
            found[term[:MAX_TERM]] = None
    for term in _pinyin("".join(filter(is_han, "".join(words)))):
        found[term[:MAX_TERM]] = None
    if email:
        # The address last: it must not fall to the bound of a long name.
        kept = list(found)[: MAX_TERMS - 1]
        return list(dict.fromkeys([*kept, email[:MAX_TERM]]))
    return list(found)[:MAX_TERMS]


def _parts(word: str) -> list[str]:
    """Return what stands from each character on, so that any two in a row begin one of them."""
    starts = range(max(1, len(word) - 1))
    return [word[at : at + PIECE] for at in starts]


def _pinyin(text: str) -> list[str]:
    if not text:
        return []
    read = _reader()(text, errors="ignore")
    if len(text) <= LONGEST_PERSON and len(read) == len(text):
        read[0] = _SURNAMES.get(text[0], read[0])
    # People leave out the place that a company's name begins with, and a person's family.
    rest = read[2:] if len(text) > LONGEST_PERSON else read[1:]
    found = ["".join(syllable[0] for syllable in read), "".join(read), "".join(rest)]
    if len(rest) > 1:
        found.insert(1, "".join(syllable[0] for syllable in rest))
    return [term for term in found if term]


def wanted(text: str) -> list[str]:
    """Return the beginnings that somebody asks for, all of which must be met; the rarest first."""
    pieces: list[str] = []
    for word in folded(text).split()[:MAX_WORDS]:
        if "@" in word:
            pieces.append(word[:MAX_TERM])
            continue
        for run in runs(word):
            pieces += _pieces(run) if is_unspaced(run) else [run[:MAX_TERM]]
    return sorted(dict.fromkeys(pieces), key=_weight, reverse=True)[:MAX_WORDS]


def _weight(piece: str) -> int:
    """One of thousands of characters tells about as much as three of 26 letters."""
    return len(piece) * 3 if is_unspaced(piece) else len(piece)


def _pieces(run: str) -> list[str]:
    """Cut what is longer than a term into pieces that overlap at the end."""
    if len(run) <= PIECE:
        return [run]
    return [*(run[at : at + PIECE] for at in range(0, len(run) - PIECE, PIECE)), run[-PIECE:]]


def digits(text: str) -> str | None:
    """Return the digits of a text that is a number, or the end of one, and nothing else."""
    found = "".join(c for c in text if c.isascii() and c.isdigit())
    others = {c for c in text if not (c.isascii() and c.isdigit())}
    return found if len(found) >= MIN_DIGITS and others <= _PHONE_MARKS else None
