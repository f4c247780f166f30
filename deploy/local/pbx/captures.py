"""Captured streams of a real PBX, cut so that one capture can be played many times."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[3] / "data" / "ami"
END = "\r\n\r\n"
INSTANT = "\0"  # stands for the event's instant
_SHORTEST_NUMBER = 7  # digits; below it is an extension and stays
_ID = re.compile(r"\w*(Uniqueid|UniqueID|Linkedid)")
_CHANNEL = re.compile(r"(?P<name>.+-[0-9a-f]{8})(;\d)?")
_PERSON = re.compile(r"\w*(CallerID|ConnectedLine)(Num|Name)")
_NOBODY = frozenset({"", "<unknown>", "unknown"})


@dataclass(frozen=True, slots=True)
class Template:
    """One event: text and names in turn, so that the names can be others each time."""

    pieces: tuple[str, ...]  # every second one is a name
    after: timedelta  # since the first event

    def render(self, instead: Mapping[str, str], at: datetime) -> str:
        """Write the event with other names, at an instant."""
        pieces = list(self.pieces)
        for place in range(1, len(pieces), 2):
            pieces[place] = instead.get(pieces[place], pieces[place])
        written = f"{int(at.timestamp())}.{at.microsecond:06d}"
        return "".join(pieces).replace(INSTANT, written, 1)


@dataclass(frozen=True, slots=True)
class Capture:
    """What one scenario said, event by event."""

    name: str
    says: str  # what happens in it
    begun: datetime
    events: tuple[Template, ...]
    ids: tuple[str, ...]  # Uniqueids and Linkedids, in the order of their appearance
    channels: tuple[str, ...]
    bridges: tuple[str, ...]


def names() -> list[str]:
    """List the captures that there are."""
    return sorted(path.stem for path in FOLDER.glob("*.txt"))


@cache
def capture(name: str) -> Capture:
    """Read a capture by its name or its number, such as "01".

    :raises LookupError: if there is none.
    """
    found = [one for one in names() if one == name or one.partition("_")[0] == name]
    if not found:
        raise LookupError(f"There is no capture {name}; there are {', '.join(names())}.")
    raw = (FOLDER / f"{found[0]}.txt").read_bytes().decode()
    blocks = list(_events(raw))
    fields = [_fields(block) for block in blocks]
    words = _words(fields)
    pattern = _pattern(words)
    instants = [_instant(one["Timestamp"]) for one in fields]
    begun = instants[0] if instants else datetime.fromtimestamp(0, UTC)
    events = tuple(
        Template(_cut(block, pattern), at - begun)
        for block, at in zip(blocks, instants, strict=True)
    )
    says = next((line for line in raw.splitlines() if line.startswith(f"; {found[0][:2]}")), "")
    return Capture(
        found[0],
        says.partition(": ")[2] or found[0],
        begun,
        events,
        *(tuple(words[kind]) for kind in _KINDS),
    )


def _events(raw: str) -> Iterator[str]:
    """Yield what every session was told; answers to actions were told to one only."""
    lines = [line for line in raw.split("\r\n") if not line.startswith((";", "Asterisk Call "))]
    for block in "\r\n".join(lines).split(END):
        text = block.strip("\r\n")
        if text.startswith("Event: ") and "\r\nTimestamp: " in text:
            yield text


def _fields(block: str) -> dict[str, str]:
    pairs = (line.partition(": ") for line in block.split("\r\n"))
    return {key: value for key, _, value in reversed(list(pairs))}


_KINDS = ("ids", "channels", "bridges")


def _words(events: list[dict[str, str]]) -> dict[str, dict[str, None]]:
    """Collect the names that are others each time; dictionaries keep their order."""
    found: dict[str, dict[str, None]] = {kind: {} for kind in (*_KINDS, "people")}
    for one in events:
        for key, value in reversed(one.items()):
            kind, name = _kind(key, value)
            if kind and value not in _NOBODY:
                found[kind][name] = None
    return found


def _kind(key: str, value: str) -> tuple[str, str]:
    """Return of what kind a field is, and the name in it; no kind where it never changes."""
    if key.endswith("BridgeUniqueid"):
        return "bridges", value
    if _ID.fullmatch(key):
        return "ids", value
    channel = _CHANNEL.fullmatch(value) if key.endswith("Channel") else None
    if channel:
        return "channels", channel["name"]
    head = value.partition("@")[0] if key == "DialString" else value
    if (key == "DialString" or _PERSON.fullmatch(key)) and _is_somebody(head):
        return "people", head
    return "", ""


def _is_somebody(value: str) -> bool:
    return not value.isdecimal() or len(value) >= _SHORTEST_NUMBER


def _pattern(words: Mapping[str, Mapping[str, None]]) -> re.Pattern[str]:
    every = sorted({one for kind in words.values() for one in kind}, key=len, reverse=True)
    choice = "|".join(map(re.escape, every)) or r"(?!)"
    return re.compile(rf"(?<![\w.])({choice})(?![\w.])")


def _cut(block: str, pattern: re.Pattern[str]) -> tuple[str, ...]:
    timeless = re.sub(r"(?<=\r\nTimestamp: )[\d.]+", INSTANT, block, count=1)
    return tuple(pattern.split(timeless + END))


def _instant(text: str) -> datetime:
    seconds, _, fraction = text.partition(".")
    whole = datetime.fromtimestamp(int(seconds), UTC)
    return whole + timedelta(microseconds=int(fraction.ljust(6, "0")))
