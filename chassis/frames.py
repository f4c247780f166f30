"""AMQP frames read in large pieces, and messages whose properties nobody can parse."""

import contextlib
import socket
import struct
from collections.abc import Callable
from typing import Any

import amqp
from amqp.basic_message import Message as PlainMessage
from amqp.exceptions import FrameSyntaxError, UnexpectedFrame
from amqp.spec import Basic
from amqp.transport import SSLTransport, TCPTransport

METHOD, HEADER, BODY, HEARTBEAT = 1, 2, 3, 8
FRAME_END = 0xCE
OVERHEAD = 8  # seven bytes before the payload, one after
READ_BYTES = 65536
WITH_CONTENT = frozenset({Basic.Return, Basic.Deliver, Basic.GetOk})
_FRAME = struct.Struct(">BHI")
_SIGNATURE = struct.Struct(">HH")

Frame = tuple[int, int, bytes]


class Message(PlainMessage):  # type: ignore[misc]  # py-amqp has no types
    """A message; ``unreadable`` says why its properties could not be parsed."""

    unreadable: str | None = None
    arrived: float = 0.0  # a monotonic instant


class BufferedTransport(TCPTransport):  # type: ignore[misc]  # py-amqp has no types
    """Read what has arrived at once: py-amqp makes nine system calls for each message."""

    def _setup_transport(self) -> None:
        super()._setup_transport()
        self._ahead = b""
        self._at = 0

    def read_frame(self, unpack: object = None) -> Frame:  # noqa: ARG002 - py-amqp's signature
        """Return the next frame; a timeout loses nothing.

        :raises OSError: if the peer has gone.
        """
        while True:
            ahead, start = self._ahead, self._at
            available = len(ahead) - start
            if available >= OVERHEAD:
                kind, channel, size = _FRAME.unpack_from(ahead, start)
                end = start + 7 + size
                if available >= size + OVERHEAD:
                    if ahead[end] != FRAME_END:
                        raise UnexpectedFrame(f"frame ends with {ahead[end]:#x}")
                    self._at = end + 1
                    return kind, channel, ahead[start + 7 : end]
            more = self._quick_recv(READ_BYTES)
            if not more:
                self.connected = False
                raise OSError("the broker closed the connection")
            self._ahead, self._at = ahead[start:] + more, 0


class Connection(amqp.Connection):  # type: ignore[misc]  # py-amqp has no types
    """A connection that reads in large pieces, survives poison and can be cut."""

    def __init__(self, **options: object) -> None:
        super().__init__(frame_handler=frame_handler, **options)

    def Transport(  # noqa: N802 - py-amqp's name
        self, host: str, connect_timeout: float, ssl: object = False, *timeouts: float, **more: Any
    ) -> TCPTransport:
        """Choose the transport."""
        kind = SSLTransport if ssl else BufferedTransport
        names = ("read_timeout", "write_timeout")
        options = dict(zip(names, timeouts, strict=False)) | more
        return kind(host, connect_timeout=connect_timeout, ssl=ssl, **options)

    def sever(self) -> None:
        """Shut the socket: whoever reads or writes on it wakes with an error at once."""
        sock = self._transport.sock if self._transport is not None else None
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


def frame_handler(
    connection: Connection, dispatch: Callable[..., object]
) -> Callable[[Frame], bool]:
    """Make the function that puts frames together to methods and messages."""
    expected: dict[int, int] = {}  # by channel; a method where nothing is noted
    partial: dict[int, Message] = {}

    def on_frame(frame: Frame) -> bool:
        kind, channel, payload = frame
        connection.bytes_recv += 1
        if kind == HEARTBEAT:
            return False
        if kind != expected.get(channel, METHOD):
            raise UnexpectedFrame(f"frame {kind} came on channel {channel}")
        if kind == METHOD:
            signature = _SIGNATURE.unpack_from(payload)
            if signature not in WITH_CONTENT:
                dispatch(channel, signature, payload, None)
                return True
            partial[channel] = Message(frame_method=signature, frame_args=payload)
            expected[channel] = HEADER
            return False
        message = partial[channel]
        if kind == HEADER:
            _read_header(message, payload)
        else:
            message.inbound_body(payload)
        if not message.ready:
            expected[channel] = BODY
            return False
        del expected[channel], partial[channel]
        dispatch(channel, message.frame_method, message.frame_args, message)
        return True

    return on_frame


def _read_header(message: Message, payload: bytes) -> None:
    # Anybody may send a timestamp past the year 9999 or text that is not UTF-8. py-amqp raises in
    # the reading loop then, the message is redelivered, and no service ever gets past it.
    try:
        message.inbound_header(payload)
    except (ValueError, OverflowError, OSError, struct.error, FrameSyntaxError) as wrong:
        message.unreadable = f"{type(wrong).__name__} in the properties"
        message.properties = {}
        message.ready = message.body_size == 0
