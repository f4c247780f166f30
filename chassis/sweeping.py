"""Take parked messages away that name who was erased: nobody may replay them, and they tell who it was."""

import hashlib
import time
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import amqp
import eventlet
from sqlalchemy import func, select

from chassis.broker import BROKER_ERRORS, open_connection, raw_channel
from chassis.errors import Unavailable
from chassis.following import DROPPED
from chassis.forgetting import erasures_in, name_the_erased
from chassis.ids import new_id
from chassis.logs import get_logger
from chassis.origin import internal
from chassis.runtime import Runtime
from chassis.tables import AUDIT, ERASED_CUSTOMERS, INBOX, IS_ERASED
from chassis.topology import names

MAX_LOOKED_AT = 10_000  # messages in one round
AT_ONCE = 100  # messages that the database is asked about together
ROUND_SECONDS = 30.0
# Where as many are parked as before, and nobody else was erased, they are looked at again after this
# long: one may have taken the place of another.
REST_SECONDS = 600.0

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Swept:
    """What a round has looked through to its end, and when."""

    parked: int
    erased: tuple[int, int]  # customers, rows of the trail
    at: float


_swept: WeakKeyDictionary[Runtime, _Swept] = WeakKeyDictionary()


def sweep_parked(runtime: Runtime) -> int:
    """Drop the parked messages that name who was erased, or a record of theirs; return how many.

    The others go back to where they were when the connection ends: meanwhile nobody else sees them,
    so they are only looked at if there is something new to find.

    :raises Unavailable: if the broker does not answer.
    """
    erased = _erased(runtime)
    if not erased[0]:
        return 0
    name, dropped = f"{runtime.service} sweeps", 0
    try:
        with eventlet.Timeout(ROUND_SECONDS):
            connection = open_connection(runtime.settings.amqp_uri, name, heartbeat=0)
            with closing(connection):
                channel = raw_channel(connection)
                queue = names.parked_queue(runtime.service)
                parked = channel.queue_declare(queue, passive=True).message_count
                if _has_news(runtime, parked, erased):
                    dropped = _sweep(runtime, channel, parked)
                    _swept[runtime] = _Swept(parked - dropped, erased, time.monotonic())
    except BROKER_ERRORS as down:
        raise Unavailable("The broker does not answer.", code="broker.unreachable") from down
    if dropped:
        log.warning("parked messages about the erased are gone", messages=dropped)
    return dropped


def _erased(runtime: Runtime) -> tuple[int, int]:
    customers = select(func.count()).select_from(ERASED_CUSTOMERS).scalar_subquery()
    rows = select(func.count()).select_from(AUDIT).where(IS_ERASED).scalar_subquery()
    with runtime.database.reading() as session:
        found = session.execute(select(customers, rows)).one()
    return int(found[0]), int(found[1])


def _has_news(runtime: Runtime, parked: int, erased: tuple[int, int]) -> bool:
    before = _swept.get(runtime)
    if before is None or time.monotonic() - before.at > REST_SECONDS:
        return parked > 0
    return parked > 0 and (parked, erased) != (before.parked, before.erased)


def _sweep(runtime: Runtime, channel: amqp.Channel, parked: int) -> int:
    dropped, left = 0, min(parked, MAX_LOOKED_AT)
    while left > 0:
        found = _next(channel, names.parked_queue(runtime.service), min(left, AT_ONCE))
        if not found:
            break
        with runtime.database.reading() as session:
            named = name_the_erased(session, [_text(one) for one in found])
        for message, is_named in zip(found, named, strict=True):
            if is_named:
                # Counted first: who dies between the two finds it parked, and counts it no second time.
                _count(runtime, message)
                channel.basic_ack(message.delivery_tag)
                dropped += 1
        left -= len(found)
    if parked > MAX_LOOKED_AT:
        log.warning("more is parked than is looked through for the erased", messages=parked)
    return dropped


def _next(channel: amqp.Channel, queue: str, count: int) -> list[Any]:
    """Take the next messages."""
    found: list[Any] = []
    while len(found) < count and (message := channel.basic_get(queue)) is not None:
        found.append(message)
    return found


def _text(message: Any) -> str:
    body = message.body
    return body.decode("utf-8", "replace") if isinstance(body, bytes) else str(body)


def _count(runtime: Runtime, message: Any) -> None:
    """Have a message counted, once, where its certificate says so (``DROPPED``)."""
    text = _text(message)
    with runtime.working(internal(runtime.service, "sweep")) as work:
        key = hashlib.sha256(f"{message.properties.get('message_id', '')}{text}".encode())
        row = {"handler": "sweep", "event_id": key.hexdigest(), "applied_at": time.time()}
        if not work.insert_once(INBOX, row):
            return
        for task_id in sorted(erasures_in(work.session, text)):
            work.at(work.now, DROPPED, f"{task_id}:{new_id()}", {})
