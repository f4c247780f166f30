"""Publishes in a window: frames encoded in one go, written whole, remembered until confirmed.

py-amqp's own encoder takes 31 of the 50 microseconds that six times confirm-per-message leaves for
an event (measured); this one takes ten and writes many publishes at once.
"""

import struct
import time
from functools import lru_cache
from itertools import takewhile

from amqp.spec import Basic
from eventlet.semaphore import Semaphore

from chassis.envelope import CONTENT_TYPE, decode
from chassis.frames import BODY, HEADER, METHOD, OVERHEAD, Connection
from chassis.outbox import OutboxRow

PERSISTENT = b"\x02"
END = b"\xce"
# content_type, content_encoding, headers, delivery_mode, message_id, timestamp, type, app_id
_FLAGS = 0xF0E8
_FRAME = struct.Struct(">BHI")
_CONTENT = struct.Struct(">HHQH")
_LENGTH = struct.Struct(">I")
_INSTANT = struct.Struct(">Q")
_JSON_UTF8 = bytes((len(CONTENT_TYPE),)) + CONTENT_TYPE.encode() + b"\x05utf-8"


class Writer:
    """What writes to a connection: whole frames, one writer at a time.

    A long write yields to other greenthreads when the socket is full, and a heartbeat in the middle
    of a frame would end the connection.
    """

    def __init__(self, connection: Connection) -> None:
        self._write_frame, self._transport = connection.frame_writer, connection.transport
        self._turn = Semaphore()

    def __call__(self, *frame: object) -> None:
        """Write one frame the way py-amqp asks for it."""
        with self._turn:
            self._write_frame(*frame)

    def write(self, frames: bytes) -> None:
        """Write frames that are encoded already."""
        with self._turn:
            self._transport.write(frames)


class Window:
    """The publishes of one channel that are not settled yet, in the order of their tags."""

    def __init__(self) -> None:
        self._tag = 0
        self._waiting: dict[int, tuple[OutboxRow, float]] = {}  # tag -> row, monotonic instant

    def __len__(self) -> int:
        return len(self._waiting)

    def restart(self) -> int:
        """Forget everything, for a new channel counts from one; return how many there were."""
        count = len(self._waiting)
        self._tag = 0
        self._waiting.clear()
        return count

    def note(self, row: OutboxRow) -> None:
        """Remember a publish that is about to be written."""
        self._tag += 1
        self._waiting[self._tag] = (row, time.monotonic())

    def settle(self, tag: int, multiple: bool) -> list[OutboxRow]:
        """Take out what the broker has answered for."""
        tags = list(takewhile(tag.__ge__, self._waiting)) if multiple else [tag]
        return [self._waiting.pop(one)[0] for one in tags if one in self._waiting]

    def positions(self) -> set[int]:
        """Return the rows that are under way."""
        return {row.position for row, _ in self._waiting.values()}

    def oldest_seconds(self) -> float:
        """Return how long the oldest has waited for its confirm."""
        for _, sent in self._waiting.values():
            return time.monotonic() - sent
        return 0.0

    def start_clock(self) -> None:
        """Count the waiting from now on: until now the broker did not even read."""
        now = time.monotonic()
        self._waiting = {tag: (row, now) for tag, (row, _) in self._waiting.items()}


def encode_publish(row: OutboxRow, app_id: str, channel_id: int, frame_max: int) -> bytes:
    """Write a persistent publish as the frames of a channel."""
    _, id_, exchange, key, headers, text, recorded_at = row
    body = text.encode()
    # An event's type is its routing key.
    properties = _properties(headers, (id_, key, app_id), int(recorded_at))
    header = _CONTENT.pack(Basic.Publish[0], 0, len(body), _FLAGS) + properties
    frames = [
        _method(channel_id, exchange, key),
        _FRAME.pack(HEADER, channel_id, len(header)),
        header,
        END,
    ]
    step = frame_max - OVERHEAD
    for start in range(0, len(body), step):
        part = body[start : start + step]
        frames += (_FRAME.pack(BODY, channel_id, len(part)), part, END)
    return b"".join(frames)


@lru_cache(maxsize=1024)
def _method(channel_id: int, exchange: str, routing_key: str) -> bytes:
    signature = struct.pack(">HH", *Basic.Publish)
    payload = signature + b"\x00\x00" + _short(exchange) + _short(routing_key) + b"\x00"
    return _FRAME.pack(METHOD, channel_id, len(payload)) + payload + END


def _properties(headers: str, names: tuple[str, str, str], instant: int) -> bytes:
    found = decode(headers)
    assert isinstance(found, dict)
    table = b"".join([_short(name) + b"S" + _long(value) for name, value in found.items()])
    message_id, type_, app_id = names
    return b"".join(
        (
            _JSON_UTF8,
            _LENGTH.pack(len(table)),
            table,
            PERSISTENT,
            _short(message_id),
            _INSTANT.pack(instant),
            _short(type_),
            _short(app_id),
        )
    )


def _short(text: str) -> bytes:
    data = text.encode()
    return bytes((len(data),)) + data


def _long(text: str) -> bytes:
    data = text.encode()
    return _LENGTH.pack(len(data)) + data
