"""What came out of the log: an event that can be landed, or one that cannot be read at all."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

import pyarrow as pa

from chassis.envelope import Undecodable, encode
from chassis.plain.delivery import Delivery

HASH_BYTES = 16
MAX_SEQUENCE = 2**63 - 1
_INSTANT = pa.timestamp("us", tz="UTC")


class Reason(StrEnum):
    """Why an event is in quarantine."""

    ENVELOPE = "envelope"  # its headers do not say what it is
    SHAPE = "shape"  # its body is not what its type says
    CONFLICT = "conflict"  # its id is taken by another body: somebody makes ids wrongly, or lies
    ENGINE = "engine"  # the database refused it, whatever the shape said


class Arrival(NamedTuple):
    """One event as it is landed; the order is that of ``SCHEMA``."""

    stream_offset: int
    event_id: str
    type: str
    service: str
    subject: str
    sequence: int
    recorded_at: datetime
    correlation_id: str
    body: str
    body_hash: str


class Rejected(NamedTuple):
    """One event that is kept apart, with the reason; the order is that of ``REJECTED``."""

    stream_offset: int
    event_id: str
    type: str
    reason: str
    sentence: str
    headers: str
    body: str
    body_hash: str


SCHEMA = pa.schema(
    [
        ("stream_offset", pa.int64()),
        ("event_id", pa.string()),
        ("type", pa.string()),
        ("service", pa.string()),
        ("subject", pa.string()),
        ("sequence", pa.int64()),
        ("recorded_at", _INSTANT),
        ("correlation_id", pa.string()),
        ("body", pa.string()),
        ("body_hash", pa.string()),
    ]
)
REJECTED = pa.schema(
    [(name, pa.int64() if name == "stream_offset" else pa.string()) for name in Rejected._fields]
)


def receive(delivery: Delivery) -> Arrival | Rejected:
    """Read the envelope of a message of the log."""
    try:
        return _arrival(delivery)
    # Undecodable is a ValueError, text that is not UTF-8 another; an instant off the calendar is none.
    except (ValueError, OverflowError) as wrong:
        return Rejected(
            int(delivery.offset or 0),
            delivery.message_id,
            str(delivery.headers.get("ce-type", delivery.routing_key)),
            Reason.ENVELOPE,
            str(wrong),
            _headers(delivery),
            delivery.body.decode(errors="replace"),
            mark_of(delivery),
        )


def reject(arrival: Arrival, reason: Reason, sentence: str) -> Rejected:
    """Keep an event apart."""
    headers = {
        "ce-id": arrival.event_id,
        "ce-type": arrival.type,
        "ce-subject": arrival.subject,
        "ce-sequence": str(arrival.sequence),
        "ce-time": arrival.recorded_at,
        "ce-correlationid": arrival.correlation_id,
    }
    return Rejected(
        arrival.stream_offset,
        arrival.event_id,
        arrival.type,
        reason,
        sentence,
        encode(headers).decode(),
        arrival.body,
        arrival.body_hash,
    )


def mark_of(delivery: Delivery) -> str:
    """Return what a message is told again by, at its place in the log."""
    return _hash(delivery.message_id.encode(), delivery.routing_key.encode(), delivery.body)


def table_of(rows: Sequence[Arrival] | Sequence[Rejected], schema: pa.Schema) -> pa.Table:
    """Turn rows into an Arrow table."""
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


def _arrival(delivery: Delivery) -> Arrival:
    envelope = delivery.envelope()
    recorded_at = datetime.fromisoformat(envelope.time)
    if recorded_at.tzinfo is None:
        raise Undecodable("ce-time has no zone")
    if not (envelope.id and envelope.type and envelope.subject):
        raise Undecodable("ce-id, ce-type or ce-subject is empty")
    if not 0 <= envelope.sequence <= MAX_SEQUENCE:
        raise Undecodable("ce-sequence is out of range")
    return Arrival(
        int(delivery.offset or 0),
        envelope.id,
        envelope.type,
        envelope.type.partition(".")[0],
        envelope.subject,
        envelope.sequence,
        recorded_at.astimezone(UTC),
        envelope.correlation_id,
        delivery.body.decode(),
        _hash(envelope.type.encode(), envelope.subject.encode(), delivery.body),
    )


def _headers(delivery: Delivery) -> str:
    known = {k: v for k, v in delivery.headers.items() if isinstance(v, str | int | float | bool)}
    known.pop("x-stream-offset", None)
    return encode(known).decode(errors="replace")


def _hash(*parts: bytes) -> str:
    found = hashlib.blake2b(digest_size=HASH_BYTES)
    for part in parts:
        found.update(len(part).to_bytes(8, "big"))
        found.update(part)
    return found.hexdigest()
