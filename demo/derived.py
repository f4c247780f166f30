"""What the history does not say about a customer and the demo makes up, always the same way."""

import unicodedata
import zlib
from collections.abc import Iterable
from typing import Final

DOMAIN: Final = "example.com"  # RFC 2606: nobody receives mail there
SPANISH_SHARE: Final = 8  # one customer in eight

# 555-0100 to 555-0199 is reserved for fiction in every area code: 100 numbers each.
NUMBERS_PER_AREA: Final = 100

# The callers of the captured calls (data/ami) are these customers.
CALLERS: Final = {
    "SM-20320": "+8613800138000",
    "CJ-11875": "+8613800130000",
    "CC-12430": "+8613900139000",
    "CC-12685": "+8613900139001",
    "AW-10930": "+8613900139002",
}

_AREA_CODES: Final[dict[str, tuple[int, ...]]] = {
    "Alabama": (205,),
    "Arizona": (602,),
    "Arkansas": (501,),
    "California": (213, 415, 619),
    "Colorado": (303,),
    "Connecticut": (203,),
    "Delaware": (302,),
    "Florida": (305,),
    "Georgia": (404,),
    "Idaho": (208,),
    "Illinois": (312,),
    "Indiana": (317,),
    "Iowa": (515,),
    "Kansas": (316,),
    "Kentucky": (502,),
    "Louisiana": (504,),
    "Maryland": (410,),
    "Massachusetts": (617,),
    "Michigan": (313,),
    "Minnesota": (612,),
    "Mississippi": (601,),
    "Missouri": (314,),
    "Montana": (406,),
    "Nebraska": (402,),
    "Nevada": (702,),
    "New Hampshire": (603,),
    "New Jersey": (201,),
    "New Mexico": (505,),
    "New York": (212, 716),
    "North Carolina": (704,),
    "Ohio": (216,),
    "Oklahoma": (405,),
    "Oregon": (503,),
    "Pennsylvania": (215,),
    "Rhode Island": (401,),
    "South Carolina": (803,),
    "South Dakota": (605,),
    "Tennessee": (615,),
    "Texas": (214, 713),
    "Utah": (801,),
    "Virginia": (804,),
    "Washington": (206,),
    "Wisconsin": (414,),
}


def email(name: str) -> str:
    """Make a mail address of a name: letters and dots only, at example.com."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    words = (
        "".join(c for c in word if c.isalnum() or c == "-").strip("-")
        for word in plain.lower().split()
    )
    return f"{'.'.join(words)}@{DOMAIN}"


def language(customer_id: str) -> str:
    """Choose a customer's language (ISO 639-1)."""
    # crc32 and not hash(): the answer must be the same in every process.
    return "es" if zlib.crc32(customer_id.encode()) % SPANISH_SHARE == 0 else "en"


def phones(homes: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Give each (customer id, state) a fictional number of that state, in E.164.

    Those who call in the captured calls have the numbers that they call from.

    :raises ValueError: if a state has more customers than fictional numbers.
    """
    given: dict[str, str] = {}
    taken: dict[str, int] = {}
    for customer_id, state in sorted(homes):
        place = taken.get(state, 0)
        area, number = divmod(place, NUMBERS_PER_AREA)
        codes = _AREA_CODES.get(state, ())
        if area >= len(codes):
            raise ValueError(f"No fictional phone number is left in {state}.")
        given[customer_id] = CALLERS.get(customer_id, f"+1{codes[area]}55501{number:02d}")
        taken[state] = place + 1
    return given
