"""Calls as they are played: whose names, from which instant, many at once."""

import heapq
import itertools
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from deploy.local.pbx.captures import Capture, capture

_NUMBERED = re.compile(
    r".+-\d{10}\.\d+"
)  # systemname-epoch.counter; others were chosen by a dialler


@dataclass(frozen=True, slots=True)
class Play:
    """One playing of a capture."""

    capture: str  # name or number
    at: datetime | None = None  # the instant of its first event; without it, now
    instead: Mapping[str, str] = field(default_factory=dict)  # other numbers and names of people
    as_captured: bool = False  # the very ids of the capture: it can be played once in a boot


@dataclass(frozen=True, slots=True)
class Told:
    """One event as it goes over the wire."""

    at: datetime
    data: bytes

    def fields(self) -> dict[str, str]:
        """Return its fields; the first of a name counts."""
        lines = self.data.decode().strip("\r\n").split("\r\n")
        return {key: value for key, _, value in (one.partition(": ") for one in reversed(lines))}


class Numbering:
    """Gives channels and calls names that were never given before in this run of the PBX."""

    def __init__(self, system: str) -> None:
        self._system = system
        self._plays, self._ids, self._channels = (itertools.count() for _ in range(3))

    def names(self, of: Capture, at: datetime) -> dict[str, str]:
        """Return new names for all of a capture, the same new one wherever the old one stands."""
        play, second = next(self._plays), int(at.timestamp())
        found = {}
        for old in of.ids:
            own = f"{self._system}-{second:010d}.{next(self._ids)}"
            found[old] = own if _NUMBERED.fullmatch(old) else f"{old}-{play}"
        for old in of.channels:
            found[old] = f"{old.rpartition('-')[0]}-{next(self._channels):08x}"
        for old in of.bridges:
            found[old] = str(
                uuid.uuid5(uuid.NAMESPACE_OID, f"{self._system} {second} {play} {old}")
            )
        return found


def events(play: Play, numbering: Numbering, now: datetime) -> Iterator[Told]:
    """Yield the events of one playing."""
    told = capture(play.capture)
    begun = told.begun if play.as_captured and play.at is None else play.at or now
    names = {} if play.as_captured else numbering.names(told, begun)
    instead = names | dict(play.instead)
    for one in told.events:
        at = begun + one.after
        yield Told(at, one.render(instead, at).encode())


def together(plays: Iterable[Iterator[Told]]) -> Iterator[Told]:
    """Yield the events of several playings in the order of their instants."""
    return heapq.merge(*plays, key=lambda told: told.at)
