"""What the manager interface says: bytes into messages, messages into fields."""

import re
from collections.abc import Callable

END = b"\r\n\r\n"
LINE = "\r\n"
MAX_MESSAGE = 65_536  # the longest that was seen has 3,000 bytes
BANNER = b"Asterisk Call Manager/"
_FIELD = re.compile(r"^([^:\r\n]+): ?([^\r\n]*)", re.MULTILINE)
_EVENT = re.compile(rb"Event: (\w+)\r\n")
_TIMESTAMP = re.compile(rb"\r\nTimestamp: ([^\r\n]*)")
_LONE = re.compile(r"(?<!\r)\n|\r(?!\n)")


class Malformed(ValueError):
    """Say that a block of bytes is no message."""


class Framer:
    """Cut a stream of bytes into messages, wherever the network cut it before.

    ``oversize(count)`` hears of bytes that were passed over because their message does not end.
    """

    def __init__(self, oversize: Callable[[], None] = lambda: None) -> None:
        self._buffer = bytearray()
        self._searched = 0
        self._skipping = False
        self._oversize = oversize

    def feed(self, data: bytes) -> list[bytes]:
        """Take what was received and return the messages that are whole now."""
        buffer, found, begin = self._buffer, [], 0
        buffer += data
        while (end := buffer.find(END, max(begin, self._searched))) >= 0:
            block = bytes(buffer[begin:end]).lstrip(b"\r\n")
            begin = self._searched = end + len(END)
            if self._skipping:
                self._skipping = False
            elif len(block) > MAX_MESSAGE:
                self._oversize()
            elif block:
                found.append(block)
        del buffer[:begin]
        # An end may be cut anywhere: its first bytes stay to be looked at again.
        self._searched = max(len(buffer) - len(END) + 1, 0)
        if len(buffer) > MAX_MESSAGE:
            if not self._skipping:
                self._oversize()
            self._skipping = True
            del buffer[: self._searched]
            self._searched = 0
        return found

    @property
    def rest(self) -> int:
        """Return how many bytes of an unfinished message wait."""
        return len(self._buffer)


class Message:
    """One message: its fields by name. Where a name comes again the first one counts.

    So nobody can override the PBX's own fields by what a dialplan appends to a UserEvent.
    """

    __slots__ = ("_pairs", "fields", "flaws")

    def __init__(self, block: bytes) -> None:
        # Whole before it is decoded: a character may have been cut by the network, never a message.
        text = block.decode("utf-8", "replace")
        lines = text.count(LINE) + 1
        if text.count("\n") >= lines or text.count("\r") >= lines:
            text = _LONE.sub(" ", text)  # or whoever writes a name could write a field
        self._pairs = _FIELD.findall(text)  # twice as fast as line by line
        self.fields: dict[str, str] = dict(reversed(self._pairs))
        self.flaws = lines - len(self._pairs)  # lines that are none
        if "Event" not in self.fields and "Response" not in self.fields:
            raise Malformed("neither an event nor a response")

    @property
    def event(self) -> str:
        """Return the name of the event; empty for a response."""
        return self.fields.get("Event", "")

    def get(self, name: str) -> str:
        """Return a field; empty if it is absent."""
        return self.fields.get(name, "")

    def every(self, name: str) -> list[str]:
        """Return all values of a field that comes more than once, such as ChanVariable."""
        return [value for key, value in self._pairs if key == name]


def kind_of(block: bytes) -> str:
    """Return the name of an event without reading it; empty where it is no event, or an answer."""
    found = _EVENT.match(block)
    return "" if found is None or b"\r\nActionID: " in block else found[1].decode()


def time_of(block: bytes) -> str:
    """Return the instant of an event without reading the rest; empty if it has none."""
    found = _TIMESTAMP.search(block)
    return "" if found is None else found[1].decode("utf-8", "replace")


def action(name: str, action_id: str, **fields: str) -> bytes:
    """Write an action.

    :raises ValueError: if a value would be more than one line.
    """
    lines = {"Action": name, "ActionID": action_id, **fields}
    if not all(value.isprintable() for value in lines.values()):
        raise ValueError(f"a value of {name} is more than one line")
    return "".join(f"{key}: {value}{LINE}" for key, value in lines.items()).encode() + b"\r\n"
