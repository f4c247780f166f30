"""Events in numbers, as the house writes them into an outbox or onto the wire."""

import json
from collections.abc import Iterator
from typing import Any

import amqp

from bench.page import NOTE, NoteCreated
from bench.wires import Message
from chassis.clock import real_now
from chassis.ids import new_id
from chassis.origin import internal
from chassis.trail import event_row

BODY: dict[str, Any] = {
    name: NOTE[name] for name in ("customer_id", "title", "stage", "amount_minor")
}


def outbox_rows(count: int, exchange: str | None = None) -> list[dict[str, Any]]:
    """Make rows of the outbox, as a use case would have written them."""
    origin, now = internal("bench", "rpc:add_note"), real_now()
    rows = []
    for number in range(1, count + 1):
        id_ = new_id()
        told = NoteCreated(note_id=id_, version=1, **BODY)
        changes = {name: (None, value) for name, value in NOTE.items()}
        row = event_row(origin, now, told, (id_, number), changes)
        rows.append(row | ({"exchange": exchange} if exchange else {}))
    return rows


def published(row: dict[str, Any]) -> Message:
    """Make the message that the relay would make of a row."""
    message = amqp.Message(
        row["body"],
        content_type="application/json",
        content_encoding="utf-8",
        application_headers=json.loads(row["headers"]),
        delivery_mode=2,
        message_id=row["id"],
        timestamp=int(row["recorded_at"]),
        type=row["routing_key"],
        app_id="bench",
    )
    return row["exchange"], row["routing_key"], message


def stock_events(count: int, exchange: str, key: str) -> Iterator[Message]:
    """Make events as nameko's dispatcher sends them, with the same content."""
    for row in outbox_rows(count):
        message = amqp.Message(
            row["body"],
            content_type="application/json",
            content_encoding="utf-8",
            delivery_mode=2,
        )
        yield exchange, key, message
