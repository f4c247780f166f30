"""What a call is, who is on its other end, and when it is known well enough."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, TypeVar

from chassis.errors import Conflict, Invalid

E = TypeVar("E", bound=StrEnum)

MIN_DIGITS = 7  # shorter numbers are extensions and short codes: they tell nobody
_NUMBER = re.compile(rf"\d{{{MIN_DIGITS}}}")
MAX_NUMBER = 40
MAX_NAME = 200
MAX_KEYED = 50  # things that a caller keyed in
# A pop says who it is, or that it does not know; it is never late.
POP_PATIENCE = timedelta(seconds=1)
# An ended call waits this long for its customer before it is told without one.
ENDING_PATIENCE = timedelta(minutes=5)
LIVE = "live"  # times as they were seen, not concluded after a gap
AGENT = "agent"
ABANDONED = "abandoned"  # what came of a call whose caller gave up waiting


class Direction(StrEnum):
    """Who called whom."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "internal"


class CallState(StrEnum):
    """How far a call is."""

    OFFERED = "offered"
    QUEUED = "queued"
    ALERTING = "alerting"
    CONNECTED = "connected"
    HELD = "held"
    CLEARED = "cleared"


class Identity(StrEnum):
    """What accounts said of the other party."""

    NONE = "none"
    ONE = "one"
    SEVERAL = "several"
    UNAVAILABLE = "unavailable"


class NotOver(Conflict):
    """Refuse to say what came of a call that goes on."""

    code = "telephony.call.not_over"


class Leg(Protocol):
    """One party's connection to a call, as the bridge tells it."""

    @property
    def leg_id(self) -> str:
        """Its own id."""

    @property
    def role(self) -> str:
        """Caller, agent or remote."""

    @property
    def device(self) -> str:
        """The phone."""

    @property
    def alerting_at(self) -> datetime | None:
        """Since when it rang."""

    @property
    def connected_at(self) -> datetime | None:
        """Since when it talked."""


def word(kind: type[E], told: str) -> E:
    """Return a word of a closed set.

    :raises Invalid: if the set does not have it.
    """
    try:
        return kind(told)
    except ValueError as unknown:
        raise Invalid(f"{told[:40]} is no {kind.__name__}.", code="telephony.call.word") from (
            unknown
        )


def clean(text: str | None, limit: int) -> str | None:
    """Return what a network said as one printable line, or None where it said nothing."""
    kept = "".join(character for character in text or "" if character.isprintable())
    return kept.strip()[:limit] or None


def keyed(data: Mapping[str, str] | None) -> dict[str, str] | None:
    """Return what a caller keyed in, as much of it as anybody reads."""
    if not data:
        return None
    some = list(data.items())[:MAX_KEYED]
    return {name[:MAX_NAME]: clean(value, MAX_NAME) or "" for name, value in some}


def telling_number(*candidates: str | None) -> str | None:
    """Return the first number that can tell who it is; extensions and short codes cannot."""
    for candidate in candidates:
        digits = sum(character.isdecimal() for character in candidate or "")
        if candidate and digits >= MIN_DIGITS and len(candidate) <= MAX_NUMBER:
            return candidate
    return None


def loggable(device: str | None) -> str | None:
    """Return a phone as everybody may know it: one on a trunk is named by somebody's own number."""
    return None if _NUMBER.search(device or "") else device


def rung(legs: Iterable[Leg]) -> list[Leg]:
    """Return the agents' phones that rang, in the order of their ringing."""
    found = [leg for leg in legs if leg.role == AGENT and leg.alerting_at is not None]
    return sorted(found, key=lambda leg: (str(leg.alerting_at), leg.leg_id))


def agents_device(legs: Sequence[Leg], named: str | None) -> str | None:
    """Return the phone of the agent that the call is or was with last; ringing counts for less.

    Out of the whole call as told last, so that it does not depend on what came before.
    """
    agents = [leg for leg in legs if leg.role == AGENT]
    talked = [leg for leg in agents if leg.connected_at is not None]
    if talked:
        return max(talked, key=lambda leg: (str(leg.connected_at), leg.leg_id)).device
    rang = rung(agents)
    return rang[-1].device if rang else named


def quarter_of(arrived_at: datetime) -> datetime:
    """Return the quarter of an hour that an instant is in (time zones differ by whole quarters)."""
    return arrived_at.replace(
        minute=arrived_at.minute - arrived_at.minute % 15, second=0, microsecond=0
    )


def milliseconds(seconds: float | None) -> int | None:
    """Return a span of seconds in whole milliseconds: sums of these stay exact."""
    return None if seconds is None else round(seconds * 1000)


def seconds(milliseconds_: int | None) -> float | None:
    """Return a span of milliseconds in seconds."""
    return None if milliseconds_ is None else milliseconds_ / 1000


def demand_over(state: CallState) -> None:
    """Demand that a call has ended.

    :raises NotOver: if it has not.
    """
    if state is not CallState.CLEARED:
        raise NotOver("Say what came of a call when it is over.", detail={"state": state.value})
