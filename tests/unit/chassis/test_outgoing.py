"""Our own encoding of a publish, read back by py-amqp's decoder."""

import struct

import pytest
from amqp.basic_message import Message
from amqp.serialization import loads

from chassis.outgoing import Window, encode_publish

FRAME_MAX = 4096


class Row(tuple):
    """An outbox row."""

    __slots__ = ()
    position = property(lambda self: self[0])


def a_row(position=1, body='{"a": 1}', headers='{"ce-id": "e1", "ce-subject": "客户"}'):
    return Row(
        (position, "e1", "sales.events", "sales.lead.captured.v1", headers, body, 1714557600.9)
    )


def frames(data):
    while data:
        kind, channel, size = struct.unpack_from(">BHI", data)
        assert data[7 + size] == 0xCE
        yield kind, channel, data[7 : 7 + size]
        data = data[8 + size :]


class TestEncodePublish:
    def test_is_read_back_as_it_was_meant(self):
        method, header, body = frames(encode_publish(a_row(), "sales", 3, FRAME_MAX))

        assert [method[:2], header[:2], body[:2]] == [(1, 3), (2, 3), (3, 3)]
        arguments, _ = loads("Bssbb", method[2], 4)
        assert arguments == [0, "sales.events", "sales.lead.captured.v1", False, False]
        message = Message()
        message.inbound_header(header[2])
        assert message.body_size == len(body[2])
        assert body[2] == b'{"a": 1}'
        assert message.properties == {
            "content_type": "application/json",
            "content_encoding": "utf-8",
            "application_headers": {"ce-id": "e1", "ce-subject": "客户"},
            "delivery_mode": 2,
            "message_id": "e1",
            "timestamp": 1714557600,
            "type": "sales.lead.captured.v1",
            "app_id": "sales",
        }

    @pytest.mark.parametrize("size", [0, 1, FRAME_MAX - 8, FRAME_MAX - 7, 3 * FRAME_MAX])
    def test_cuts_a_body_into_frames_that_the_broker_takes(self, size):
        parts = list(frames(encode_publish(a_row(body="x" * size), "sales", 1, FRAME_MAX)))

        assert all(len(payload) + 8 <= FRAME_MAX for _, _, payload in parts)
        assert b"".join(payload for kind, _, payload in parts if kind == 3) == b"x" * size


class TestWindow:
    def test_settles_one_or_all_up_to_a_tag(self):
        window = Window()
        for position in (11, 12, 13, 14):
            window.note(a_row(position))

        one = window.settle(3, multiple=False)
        rest = window.settle(2, multiple=True)

        assert [row.position for row in one] == [13]
        assert [row.position for row in rest] == [11, 12]
        assert window.positions() == {14}

    def test_does_not_mind_a_tag_that_it_does_not_know(self):
        window = Window()
        window.note(a_row())

        assert window.settle(9, multiple=False) == []
        assert len(window) == 1

    def test_counts_from_one_on_a_new_channel(self):
        window = Window()
        window.note(a_row(1))

        assert window.restart() == 1
        window.note(a_row(2))

        assert [row.position for row in window.settle(1, multiple=True)] == [2]
        assert window.oldest_seconds() == 0.0
