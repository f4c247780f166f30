"""What is told, as the message that the house's consumers read."""

from datetime import datetime

from chassis.clock import isoformat, real_now
from chassis.envelope import Envelope, encode
from contracts import base as contracts
from services.telephony.bridge import metrics
from services.telephony.bridge.spool import Row

ACTOR, ORIGIN = "service:cti", "cti"


def written(told: object, id_: str, subject: tuple[str, int], at: datetime) -> Row:
    """Write an event; ``subject`` is (what it is about, its place in that order)."""
    known = contracts.describe(type(told))
    about, sequence = subject
    envelope = Envelope(
        id=id_,
        source=f"/crm/{ORIGIN}",
        type=known.name,
        time=isoformat(real_now()),
        subject=about,
        dataschema=known.dataschema,
        correlation_id=about,
        causation_id=id_,
        sequence=sequence,
    )
    data = contracts.body(told) | {
        "actor": ACTOR,
        "occurred_at": at,
        "origin": ORIGIN,
        "changed": {},
    }
    metrics.EVENTS.labels(known.name).inc()
    headers = encode(envelope.headers()).decode()
    return Row(id_, known.exchange, known.name, headers, encode(data))
