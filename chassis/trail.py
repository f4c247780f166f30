"""The rows that every change leaves behind: what changed, and what is told about it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from chassis import chain
from chassis.audit import Changes
from chassis.bulk import insert_many, take_positions
from chassis.clock import isoformat, real_now
from chassis.envelope import Envelope, encode
from chassis.ids import new_id
from chassis.origin import Origin
from chassis.tables import AUDIT, AUDIT_VALUES
from contracts import base as contracts

ERASED = "erased"  # a verb: the values of a record were taken out of the trail
ShownChanges = Mapping[str, tuple[object, object] | None]


class Subject(NamedTuple):
    """The record that a row of the trail is about, with its version after the change."""

    kind: str  # table
    id: str
    version: int
    entity_id: str


@dataclass(slots=True)
class Trail:
    """The rows that one work leaves in the audit trail, written when it is done."""

    erased: set[tuple[str, str]] = field(default_factory=set)  # (kind, id): nothing is kept of it
    _rows: list[dict[str, Any]] = field(default_factory=list)
    _changes: list[str] = field(default_factory=list)

    def note(
        self, origin: Origin, now: datetime, subject: Subject, verb: str, changes: Changes
    ) -> None:
        """Note a change."""
        self._rows.append(audit_row(origin, now, subject, verb))
        self._changes.append(encode(changes).decode())

    def write(self, session: Session) -> None:
        """Write the rows, and apart from them the values that they commit to."""
        noted = list(zip(self._rows, self._changes, strict=True))
        if not noted:
            return
        if self.erased:  # the note of an erasure comes after all that it is about
            noted.sort(key=lambda one: one[0]["verb"] == ERASED)
        positions, values = take_positions(session, AUDIT, len(noted)), []
        for (row, changes), position, salt in zip(
            noted, positions, chain.salts(len(noted)), strict=True
        ):
            row["position"], row["commitment"] = position, chain.commitment(salt, changes)
            if (row["record_kind"], row["record_id"]) not in self.erased:
                values.append({"position": position, "salt": salt, "changes": changes})
        insert_many(session, AUDIT, [row for row, _ in noted])
        insert_many(session, AUDIT_VALUES, values)
        self._rows, self._changes = [], []


def audit_row(origin: Origin, now: datetime, subject: Subject, verb: str) -> dict[str, Any]:
    """Make a row of the audit trail; its position and its commitment come when it is written."""
    return {
        "record_kind": subject.kind,
        "record_id": subject.id,
        "entity_id": subject.entity_id,
        "version": subject.version,
        "verb": verb,
        "at": now,
        "actor": origin.actor,
        "channel": origin.channel,
        "correlation_id": origin.correlation_id,
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
