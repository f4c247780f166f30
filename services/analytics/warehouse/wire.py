"""The frames on the warehouse's socket: four bytes of length, then JSON."""

import socket
import struct

from chassis.envelope import decode, encode

MAX_REQUEST = 1 << 20
MAX_ANSWER = 1 << 24
MAX_SECONDS = 60.0  # that a question may take
_LENGTH = struct.Struct(">I")


class TooLong(ValueError):
    """Say that a frame is longer than it may be."""


def frame(value: object, limit: int) -> bytes:
    """Write a value as one frame.

    :raises TooLong: if it would be longer than the limit.
    """
    body = encode(value)
    if len(body) > limit:
        raise TooLong(f"{len(body)} bytes are more than {limit}")
    return _LENGTH.pack(len(body)) + body


def receive(connection: socket.socket, limit: int) -> object:
    """Read one frame.

    :raises TooLong: if it is longer than the limit.
    :raises Undecodable: if it is no JSON.
    :raises EOFError: if the other side ended before it was whole.
    """
    (length,) = _LENGTH.unpack(_exactly(connection, _LENGTH.size))
    if length > limit:
        raise TooLong(f"{length} bytes are more than {limit}")
    return decode(_exactly(connection, length))


def _exactly(connection: socket.socket, count: int) -> bytes:
    found = bytearray()
    while len(found) < count:
        part = connection.recv(min(count - len(found), 1 << 16))
        if not part:
            raise EOFError
        found += part
    return bytes(found)
