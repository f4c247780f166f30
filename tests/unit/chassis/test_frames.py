"""Frames off a socket in any pieces, and messages that nobody can parse."""

import socket
import struct

import pytest
from amqp.exceptions import UnexpectedFrame
from amqp.spec import Basic

from chassis.frames import BODY, HEADER, HEARTBEAT, METHOD, BufferedTransport, frame_handler

DELIVER = struct.pack(">HH", *Basic.Deliver)


class Ends:
    """A transport at one end of a socket, the test at the other."""

    def __init__(self) -> None:
        self.far, near = socket.socketpair()
        self.transport = BufferedTransport("nowhere")
        self.transport.sock = near
        near.settimeout(0.05)
        self.transport._setup_transport()


@pytest.fixture
def ends() -> object:
    found = Ends()
    yield found
    found.far.close()
    found.transport.sock.close()


class Peer:
    """What the frame handler needs of a connection."""

    bytes_recv = 0


def frame(kind: int, payload: bytes, channel: int = 1) -> bytes:
    return struct.pack(">BHI", kind, channel, len(payload)) + payload + b"\xce"


class TestReadFrame:
    def test_takes_many_at_once(self, ends: Ends) -> None:
        ends.far.sendall(frame(METHOD, b"one") + frame(BODY, b"", 7) + frame(METHOD, b"three"))

        assert [ends.transport.read_frame() for _ in range(3)] == [
            (METHOD, 1, b"one"),
            (BODY, 7, b""),
            (METHOD, 1, b"three"),
        ]

    def test_loses_nothing_when_it_times_out_in_the_middle(self, ends: Ends) -> None:
        whole = frame(METHOD, b"x" * 100)
        for part in (whole[:3], whole[3:50], whole[50:-1]):
            ends.far.sendall(part)
            with pytest.raises(TimeoutError):
                ends.transport.read_frame()
        ends.far.sendall(whole[-1:])

        assert ends.transport.read_frame() == (METHOD, 1, b"x" * 100)

    def test_tells_that_the_peer_has_gone(self, ends: Ends) -> None:
        ends.far.close()

        with pytest.raises(OSError, match="closed"):
            ends.transport.read_frame()

    def test_refuses_a_frame_without_its_end(self, ends: Ends) -> None:
        ends.far.sendall(frame(METHOD, b"one")[:-1] + b"\x00")

        with pytest.raises(UnexpectedFrame):
            ends.transport.read_frame()


class TestFrameHandler:
    def test_puts_a_message_together(self) -> None:
        heard: list[object] = []
        on_frame = frame_handler(Peer(), lambda *found: heard.append(found))
        header = struct.pack(">HHQH", 60, 0, 6, 0)

        done = [
            on_frame((METHOD, 1, DELIVER)),
            on_frame((HEARTBEAT, 0, b"")),
            on_frame((HEADER, 1, header)),
            on_frame((BODY, 1, b"abc")),
            on_frame((BODY, 1, b"def")),
        ]

        ((channel, method, _, message),) = heard
        assert done == [False, False, False, False, True]
        assert (channel, method, message.body) == (1, Basic.Deliver, b"abcdef")
        assert message.unreadable is None

    @pytest.mark.parametrize(
        "properties",
        [
            struct.pack(">H", 0x0080) + b"\x02\xff\xfe",  # a message id that is not UTF-8
            struct.pack(">H", 0x2000)  # a timestamp beyond the year 9999
            + struct.pack(">I", 14)
            + b"\x04when"
            + b"T"
            + struct.pack(">Q", 2**63),
            struct.pack(">H", 0x2000) + struct.pack(">I", 99),  # a table that ends too soon
        ],
    )
    def test_keeps_a_message_whose_properties_are_poison(self, properties: bytes) -> None:
        heard: list[object] = []
        on_frame = frame_handler(Peer(), lambda *found: heard.append(found))
        for kind, payload in (
            (METHOD, DELIVER),
            (HEADER, struct.pack(">HHQ", 60, 0, 3) + properties),
            (BODY, b"abc"),
        ):
            on_frame((kind, 1, payload))

        ((_, _, _, message),) = heard
        assert message.unreadable is not None
        assert message.properties == {}
        assert message.body == b"abc"

    def test_refuses_frames_out_of_order(self) -> None:
        on_frame = frame_handler(Peer(), lambda *_: None)

        with pytest.raises(UnexpectedFrame):
            on_frame((BODY, 1, b"abc"))
