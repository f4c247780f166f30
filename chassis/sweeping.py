"""Take parked messages away that name who was erased: nobody may replay them, and they tell who it was."""

from contextlib import closing

import amqp
import eventlet
from sqlalchemy import select

from chassis.broker import BROKER_ERRORS, open_connection, raw_channel
from chassis.errors import Unavailable
from chassis.forgetting import names_the_erased
from chassis.logs import get_logger
from chassis.runtime import Runtime
from chassis.tables import ERASED_CUSTOMERS
from chassis.topology import names

MAX_LOOKED_AT = 10_000  # messages in one round
ROUND_SECONDS = 30.0

log = get_logger(__name__)


def sweep_parked(runtime: Runtime) -> int:
    """Drop the parked messages that name who was erased, or a record of theirs; return how many.

    The others go back to where they were when the connection ends.

    :raises Unavailable: if the broker does not answer.
    """
    with runtime.database.reading() as session:
        if session.execute(select(ERASED_CUSTOMERS.c.id).limit(1)).first() is None:
            return 0
    name = f"{runtime.service} sweeps"
    try:
        with eventlet.Timeout(ROUND_SECONDS):
            connection = open_connection(runtime.settings.amqp_uri, name, heartbeat=0)
            with closing(connection):
                dropped = _sweep(runtime, raw_channel(connection))
    except BROKER_ERRORS as down:
        raise Unavailable("The broker does not answer.", code="broker.unreachable") from down
    if dropped:
        log.warning("parked messages about the erased are gone", messages=dropped)
    return dropped


def _sweep(runtime: Runtime, channel: amqp.Channel) -> int:
    queue, dropped = names.parked_queue(runtime.service), 0
    present = channel.queue_declare(queue, passive=True).message_count
    for _ in range(min(present, MAX_LOOKED_AT)):
        message = channel.basic_get(queue)
        if message is None:
            break
        body = message.body if isinstance(message.body, bytes) else str(message.body).encode()
        with runtime.database.reading() as session:
            if not names_the_erased(session, body.decode("utf-8", "replace")):
                continue
        channel.basic_ack(message.delivery_tag)
        dropped += 1
    return dropped
