"""How and when somebody likes to be turned to."""

import re
import zoneinfo
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from chassis.errors import Invalid

MAX_ZONE = 64
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


class PreferredChannel(StrEnum):
    """The way somebody likes best."""

    PHONE = "phone"
    MAIL = "mail"
    SMS = "sms"
    MESSAGE = "message"
    LETTER = "letter"
    VISIT = "visit"
    WEB = "web"


class WindowUnreadable(Invalid):
    """Refuse a time window that is none."""

    code = "accounts.preference.window"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """What somebody likes; the window is by the clock of its zone and may pass midnight."""

    preferred_channel: PreferredChannel | None = None
    preferred_from: str | None = None  # HH:MM
    preferred_until: str | None = None  # HH:MM, half-open
    preferred_zone: str | None = None  # IANA


def check(told: Preferences) -> None:
    """Demand that a window has both ends and a zone that exists, or nothing of it.

    :raises WindowUnreadable: if not.
    """
    ends = (told.preferred_from, told.preferred_until, told.preferred_zone)
    if ends == (None, None, None):
        return
    if None in ends:
        raise WindowUnreadable("A window has a beginning, an end and a zone.")
    if told.preferred_from == told.preferred_until:
        raise WindowUnreadable("A window ends at another time than it begins.")
    if told.preferred_zone not in _zones():
        raise WindowUnreadable("There is no such time zone.")


def is_clock(text: str) -> bool:
    """Say whether a text is a time of day."""
    return _CLOCK.fullmatch(text) is not None


@cache
def _zones() -> set[str]:
    return zoneinfo.available_timezones()
