"""The rows that every change leaves behind: what changed, and what is told about it."""

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chassis.audit import Changes
from chassis.clock import isoformat, real_now
from chassis.envelope import Envelope, encode
from chassis.ids import new_id
from chassis.origin import Origin
from contracts import base as contracts

ShownChanges = Mapping[str, tuple[object, object] | None]


def audit_row(
    origin: Origin,
    now: datetime,
    record: tuple[str, str, int],
    verb: str,
    changes: Changes,
) -> dict[str, Any]:
    """Make a row of the audit trail; ``record`` is (kind, id, version after the change)."""
    kind, id_, version = record
    return {
        "record_kind": kind,
        "record_id": id_,
        "version": version,
        "verb": verb,
        "at": now,
        "actor": origin.actor,
        "channel": origin.channel,
        "correlation_id": origin.correlation_id,
        "changes": encode(changes).decode(),
    }


def event_row(
    origin: Origin,
    now: datetime,
    told: object,
    aggregate: tuple[str, int],
    changes: ShownChanges,
) -> dict[str, Any]:
    """Make a row of the outbox; ``aggregate`` is (subject id, sequence of this event)."""
    known = contracts.describe(type(told))
    subject, sequence = aggregate
    envelope = Envelope(
        id=new_id(),
        source=f"/crm/{origin.service}",
        type=known.name,
        time=isoformat(real_now()),
        subject=subject,
        dataschema=known.dataschema,
        correlation_id=origin.correlation_id,
        causation_id=origin.causation_id,
        sequence=sequence,
        traceparent=origin.traceparent,
    )
    data = contracts.body(told)
    data["actor"] = origin.actor
    data["occurred_at"] = isoformat(now)
    data["origin"] = origin.channel
    data["changed"] = {
        name: None if pair is None else {"old": pair[0], "new": pair[1]}
        for name, pair in changes.items()
    }
    return {
        "id": envelope.id,
        "exchange": known.exchange,
        "routing_key": known.name,
        "headers": encode(envelope.headers()).decode(),
        "body": encode(data).decode(),
        "recorded_at": time.time(),
    }
