"""What kinds of touch there are between a customer and us."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.accounts.domain.organisation import Level

MAX_FILES = 20
MAX_SUBJECT = 400
MAX_SOURCE = 40
MAX_SOURCE_KEY = 120
PROMISED_MS = (
    2_000  # of 95 in 100 touches: from the commit at the source to ours, by the real clock
)


class InteractionKind(StrEnum):
    """The channel of a touch."""

    CALL = "call"
    MAIL = "mail"
    LETTER = "letter"
    MESSAGE = "message"
    MEETING = "meeting"  # face to face
    VISIT = "visit"
    RECEPTION = "reception"  # at our front desk
    SOCIAL = "social"
    WEB = "web"
    EVENT = "event"
    ADVERTISEMENT = "advertisement"
    SALE = "sale"
    SERVICE = "service"
    NOTE = "note"


class Direction(StrEnum):
    """Who turned to whom."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Touch:
    """What happened; ``source`` and ``source_key`` make telling it twice harmless."""

    kind: InteractionKind
    direction: Direction
    subject: str
    source: str
    source_key: str
    at: datetime | None = None  # now, unless told
    result: str | None = None
    contact_id: str | None = None
    level: Level | None = None  # of its contact, unless told
    version: int | None = None  # a later one corrects what stands; None: told once and for all


def behind(lags_ms: Sequence[int]) -> dict[str, object]:
    """Say how far behind its sources a timeline is, beside what is promised."""
    place = -(-95 * len(lags_ms) // 100) - 1  # the nearest rank
    p95 = sorted(lags_ms)[place] if lags_ms else None
    return {"p95_ms": p95, "touches": len(lags_ms), "promised_ms": PROMISED_MS}


def words(code: str) -> str:
    """Write a code the way people read it."""
    return code.replace("_", " ")


def minutes(seconds: float) -> str:
    """Write a duration as minutes and seconds."""
    whole, rest = divmod(round(seconds), 60)
    return f"{whole}:{rest:02d}"
