"""How a delivered event is applied: exactly once for a fact, if newer for a copy."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from chassis import copies, metrics
from chassis.caller import as_service
from chassis.envelope import Envelope, Undecodable, received
from chassis.errors import RACED, Conflict, Invalid, Refused, StaleVersion, Unavailable
from chassis.meter import Meter
from chassis.origin import Origin
from chassis.people import ERASE, People, customer_of, people
from chassis.request import MAX_BODY_BYTES, MAX_ID_CHARACTERS
from chassis.rows import Copy, Fact, HandlerRow, Inbound
from chassis.runtime import Runtime
from chassis.schemas import loaded
from chassis.subscribe import Delivery
from chassis.tables import INBOX
from chassis.together import Together
from chassis.work import Work, joined
from contracts import base as contracts

# The inbox remembers this long; an older event could be one that was applied and forgotten.
INBOX_DAYS = 30
_INBOX_SECONDS = INBOX_DAYS * 86_400

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Message:
    """What a partner's message says beside its body."""

    message_id: str
    partner: str
    routing_key: str


@dataclass(frozen=True, slots=True)
class _Told:
    """An event that was read and is worth applying."""

    envelope: Envelope
    event: object


def handler(runtime: Runtime, row: HandlerRow) -> Callable[[Delivery], None]:
    """Return the function that applies one delivery of a row."""
    meter = Meter(runtime.service, row.name, "event")
    delay = metrics.EVENT_DELAY.labels(runtime.service, row.name)
    counted = {
        outcome: metrics.EVENTS_CONSUMED.labels(runtime.service, row.name, outcome)
        for outcome in ("applied", "duplicate", "stale")
    }
    apply = _applier(runtime, row)

    def handle(delivery: Delivery) -> None:
        envelope = delivery.envelope
        conversation = envelope.correlation_id if envelope else delivery.message_id or ""
        with meter.run(conversation):
            told_at = _told_at(envelope) if envelope else None
            counted[apply(delivery)].inc()
            if told_at is not None:
                delay.observe(max(time.time() - told_at, 0.0))
        runtime.wake()

    return handle


def _copies(
    runtime: Runtime, row: Copy, told: Sequence[tuple[Envelope, dict[str, Any]]]
) -> list[str]:
    """Take records over in one transaction, all or none."""
    with runtime.database.writing() as connection:
        return _in_order(
            told,
            lambda one: one[0].subject,
            lambda one: copies.apply(connection, row.table, *one),
        )


def _read(row: Fact, delivery: Delivery) -> _Told:
    envelope = _enveloped(delivery)
    known = next((event for event in row.events if event.name == envelope.type), None)
    if known is None:
        raise Invalid(
            f"This handler does not know {envelope.type[:80]}.", code="event.unknown_type"
        )
    if time.time() - _told_at(envelope) > _INBOX_SECONDS:
        raise Invalid(
            f"The event is older than the {INBOX_DAYS} days the inbox remembers.",
            code="event.too_old",
        )
    try:
        event: object = contracts.read(known.cls, _decoded(delivery.body))
    except ValueError as wrong:
        raise Invalid(f"The event is not what it claims to be: {wrong}", code="event.shape") from (
            wrong
        )
    return _Told(envelope, event)


def _facts(runtime: Runtime, row: Fact, told: Sequence[_Told]) -> list[str]:
    """Apply events in one transaction, all or none; each is its own piece of work."""
    with _retried_if_raced(), runtime.database.begin() as session:
        everybody = people(session, [one.event for one in told])
        erases = any(event.cls in ERASE for event in row.events)  # one may erase the next's

        def apply(one: _Told) -> str:
            about = people(session, [one.event]) if erases else everybody
            return _fact(runtime, row, one, session, about)

        return _in_order(told, lambda one: customer_of(one.event) or "", apply)


def _in_order(told: Sequence[T], key: Callable[[T], str], do: Callable[[T], str]) -> list[str]:
    """Do each by its key, so that those who lock records wait in no circle; answer as was asked."""
    outcomes: dict[int, str] = {}
    for place in sorted(range(len(told)), key=lambda place: key(told[place])):
        outcomes[place] = do(told[place])
    return [outcomes[place] for place in range(len(told))]


def _fact(runtime: Runtime, row: Fact, told: _Told, session: Session, about: People) -> str:
    origin = replace(
        _origin(runtime, row, told.envelope.correlation_id, told.envelope.id),
        told_at=_told_at(told.envelope),
    )
    with joined(session, runtime.clock, origin, own=runtime.own) as work:
        if not _first_time(work, row.name, told.envelope.id):
            return "duplicate"
        event = about.renamed(told.event)
        if not about.has_erased(event):
            row.usecase(work, event)
    return "applied"


def _inbound(runtime: Runtime, row: Inbound, delivery: Delivery) -> str:
    if delivery.routing_key not in row.keys:
        # The broker checks a sender's right to the routing key alone: a CC header leads past it.
        raise Invalid("This handler takes no message of that key.", code="inbound.routing_key")
    if len(delivery.body) > MAX_BODY_BYTES:
        raise Invalid("The message is larger than 1 MiB.", code="inbound.body_too_large")
    if not delivery.message_id:
        raise Invalid("A partner's message needs a message_id.", code="inbound.message_id")
    partner = delivery.routing_key.partition(".")[0]
    known = f"{partner}:{delivery.message_id}"
    if len(known) > MAX_ID_CHARACTERS or not known.isprintable():
        raise Invalid("This is no message_id that we can remember.", code="inbound.message_id")
    message = Message(delivery.message_id, partner, delivery.routing_key)
    try:
        body = _decoded(delivery.body)
        return _take(runtime, row, message, body)
    except Refused as refusal:
        if row.refused is None or refusal.code == "event.undecodable":
            raise
        return _tell_refusal(runtime, row, message, body, refusal)


def _take(runtime: Runtime, row: Inbound, message: Message, body: dict[str, Any]) -> str:
    with _retried_if_raced(), runtime.working(_partner_origin(runtime, row, message)) as work:
        if not _first_time(work, row.name, f"{message.partner}:{message.message_id}"):
            return "duplicate"
        row.usecase(work, message, **loaded(row.accepts, body))
    return "applied"


def _tell_refusal(
    runtime: Runtime, row: Inbound, message: Message, body: dict[str, Any], refusal: Refused
) -> str:
    """Tell the partner why not; the verdict takes the place of parking."""
    assert row.refused is not None
    with runtime.working(_partner_origin(runtime, row, message)) as work:
        if not _first_time(work, row.name, f"{message.partner}:{message.message_id}"):
            return "duplicate"
        row.refused(work, message, body, refusal)
    return "applied"


def _applier(runtime: Runtime, row: HandlerRow) -> Callable[[Delivery], str]:
    if isinstance(row, Fact):
        together = Together(f"event:{row.name}", partial(_facts, runtime, row))
        return lambda delivery: together.apply(_read(row, delivery))
    if isinstance(row, Copy):
        taken = Together(f"copy:{row.name}", partial(_copies, runtime, row))
        return lambda delivery: taken.apply((_enveloped(delivery), _decoded(delivery.body)))
    if isinstance(row, Inbound):
        return partial(_inbound, runtime, row)
    raise TypeError(f"{type(row).__name__} handles no deliveries")


@contextmanager
def _retried_if_raced() -> Iterator[None]:
    """Have a message retried that lost a race: its sender did nothing wrong.

    :raises Unavailable: if somebody else changed the record or took the key meanwhile.
    """
    try:
        yield
    except Conflict as lost:
        if isinstance(lost, StaleVersion) or lost.code in RACED:
            raise Unavailable("Somebody else was faster.", code="event.raced") from lost
        raise


def _first_time(work: Work, handler_name: str, event_id: str) -> bool:
    row = {"handler": handler_name, "event_id": event_id, "applied_at": time.time()}
    return work.insert_once(INBOX, row)


def _origin(runtime: Runtime, row: HandlerRow, correlation_id: str, causation_id: str) -> Origin:
    return Origin(
        service=runtime.service,
        caller=as_service(runtime.service),
        channel=f"event:{row.name}",
        correlation_id=correlation_id,
        causation_id=causation_id,
    )


def _partner_origin(runtime: Runtime, row: Inbound, message: Message) -> Origin:
    return _origin(runtime, row, message.message_id, message.message_id)


def _enveloped(delivery: Delivery) -> Envelope:
    if delivery.envelope is None:
        raise Invalid("The message has no event envelope.", code="event.undecodable")
    return delivery.envelope


def _decoded(body: bytes) -> dict[str, Any]:
    try:
        data = received(body)
    except Undecodable as wrong:
        raise Invalid(str(wrong), code="event.undecodable") from wrong
    if not isinstance(data, dict):
        raise Invalid("The body is not a JSON object.", code="event.undecodable")
    return data


def _told_at(envelope: Envelope) -> float:
    try:
        return datetime.fromisoformat(envelope.time).timestamp()
    except ValueError as wrong:
        raise Invalid("The event's time is malformed.", code="event.undecodable") from wrong
