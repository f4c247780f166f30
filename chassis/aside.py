"""Messages set aside: a confirmed copy in a retry tier or for a person, before the original goes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import amqp
import eventlet
from amqp.exceptions import AMQPError
from eventlet.event import Event
from eventlet.semaphore import Semaphore
from nameko.extensions import SharedExtension

from chassis.broker import HEARTBEAT_SECONDS, Link, pauses, publish, raw_channel
from chassis.clock import isoformat, real_now
from chassis.errors import Unavailable
from chassis.frames import Connection, Message
from chassis.logs import get_logger
from chassis.plain import parked as header
from chassis.topology import names

CONFIRM_SECONDS = 10.0
KEPT_PREFIX = "ce-"
KEPT_HEADERS = frozenset({"traceparent", "tracestate"})
# Not among them: expiration would end the copy's life in a tier, and the broker refuses a user_id
# that is not ours.
KEPT_PROPERTIES = (
    "content_type",
    "content_encoding",
    "correlation_id",
    "message_id",
    "timestamp",
    "type",
    "app_id",
)

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Failure:
    """What is told about a message that failed."""

    queue: str
    attempt: int  # how many times it has been tried
    exchange: str  # where it was published first
    routing_key: str
    code: str
    reason: str  # a sentence without personal data


def copy_of(message: Message, failure: Failure, *, for_a_person: bool) -> amqp.Message:
    """Make the copy that is set aside; headers that are not ours stay behind."""
    known: Mapping[str, Any] = message.properties
    headers = {
        name: value
        for name, value in (known.get("application_headers") or {}).items()
        if name.startswith(KEPT_PREFIX) or name in KEPT_HEADERS
    }
    headers[header.ATTEMPT] = failure.attempt
    headers[header.HANDLER] = failure.queue
    headers[header.FIRST_EXCHANGE] = failure.exchange
    headers[header.FIRST_ROUTING_KEY] = failure.routing_key
    headers[header.REASON_CODE] = failure.code
    headers[header.REASON] = failure.reason[: header.MAX_REASON]
    if for_a_person:
        headers[header.PARKED_AT] = isoformat(real_now())
    properties = {name: known[name] for name in KEPT_PROPERTIES if name in known}
    return amqp.Message(
        message.body or b"", delivery_mode=2, application_headers=headers, **properties
    )


class Aside(SharedExtension):  # type: ignore[misc]  # nameko has no types
    """Set messages aside, one confirmed publish at a time on a connection of its own."""

    def __init__(self) -> None:
        super().__init__()
        self._link = _Confirmed()
        self._turn = Semaphore(1)
        self._begun = False

    def stop(self) -> None:
        """Close the connection, if there ever was one."""
        self._link.stop()

    kill = stop

    def retry(self, message: Message, failure: Failure, seconds: int) -> bool:
        """Set a copy aside for some seconds; see ``_keep``."""
        copy = copy_of(message, failure, for_a_person=False)
        return self._keep(message, names.retry_tier(self._service, seconds), copy)

    def park(self, message: Message, failure: Failure) -> bool:
        """Set a copy aside for a person; see ``_keep``."""
        copy = copy_of(message, failure, for_a_person=True)
        return self._keep(message, names.park_exchange(self._service), copy)

    def _keep(self, message: Message, exchange: str, copy: amqp.Message) -> bool:
        """Publish until confirmed, with growing pauses, and tell whether it succeeded.

        It does not when the connection of the original is gone: the broker redelivers that then.
        """
        queue = copy.headers[header.HANDLER]
        for pause in pauses():
            try:
                with self._turn:
                    self._connect()
                    self._link.publish(exchange, queue, copy)
            except Unavailable as problem:
                log.error(  # noqa: TRY400 - the reason is all there is to know
                    "message not set aside", exchange=exchange, queue=queue, reason=problem.message
                )
            else:
                return True
            if message.channel.connection is None:
                break
            eventlet.sleep(pause)
        return False

    @property
    def _service(self) -> str:
        return str(self.container.service_name)

    def _connect(self) -> None:
        # Most processes never need it, so it is opened when first needed.
        if not self._begun:
            self._begun = True
            config = self.container.config
            heartbeat = config.get("HEARTBEAT", HEARTBEAT_SECONDS)
            self._link.start(config["AMQP_URI"], f"{self._service} sets aside", heartbeat=heartbeat)


class _Confirmed(Link):
    """Publish and wait for the broker's word."""

    def __init__(self) -> None:
        super().__init__()
        self._channel: amqp.Channel | None = None
        self._number = 0
        self._returned = False
        self._verdict = Event()

    def publish(self, exchange: str, routing_key: str, message: amqp.Message) -> None:
        """Publish one message; the caller sees to it that there is only one at a time.

        :raises Unavailable: if the broker has not confirmed it in time, or it leads nowhere.
        """
        self.wait_connected(CONFIRM_SECONDS)
        if self._channel is None or self.blocked:
            raise Unavailable("The broker takes no messages now.", code="broker.unreachable")
        self._number += 1
        self._returned = False
        self._verdict = Event()
        publish(self._channel, exchange, routing_key, message, mandatory=True)
        verdict = self._verdict.wait(timeout=CONFIRM_SECONDS)
        if verdict != "confirmed" or self._returned:
            why = "leads nowhere" if self._returned else verdict or "is not confirmed in time"
            raise Unavailable(f"The copy {why}.", code="broker.unconfirmed")

    def _ready(self, connection: Connection) -> None:
        channel = raw_channel(connection)
        channel.confirm_select()
        channel.events["basic_ack"].add(self._hear_ack)
        channel.events["basic_nack"].add(self._hear_nack)
        channel.events["basic_return"].add(self._hear_return)
        self._channel, self._number = channel, 0

    def _lost(self) -> None:
        self._channel = None
        self._settle("was on a connection that is lost")

    def _publishing_blocked(self) -> None:
        self._settle("was refused: the broker is short of memory or disk")

    def _hear_ack(self, tag: int, _multiple: bool) -> None:
        if tag >= self._number:  # an older one is the late confirm of a publish given up
            self._settle("confirmed")

    def _hear_nack(self, tag: int, _multiple: bool) -> None:
        if tag >= self._number:
            self._settle("was refused by the queue")

    def _hear_return(self, _error: AMQPError, *_where: object) -> None:
        self._returned = True

    def _settle(self, verdict: str) -> None:
        if not self._verdict.ready():
            self._verdict.send(verdict)
