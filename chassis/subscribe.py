"""Events: one queue per handler; acknowledged when applied, else retried later, else parked."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import amqp
from nameko.containers import WorkerContext
from nameko.extensions import Entrypoint

from chassis import metrics
from chassis.aside import Aside, Failure
from chassis.consume import QueueConsumer, check_queue
from chassis.container import ExcInfo
from chassis.envelope import Envelope, Undecodable
from chassis.errors import Problem, Refused, Unavailable
from chassis.frames import Message
from chassis.logs import get_logger
from chassis.plain import parked as header
from chassis.topology import names
from chassis.topology.build import handler_arguments

HANDLER_SECONDS = 120.0
PREFETCH = 10
UNDECODABLE = "event.undecodable"

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message as its handler sees it, parsed once."""

    body: bytes
    headers: Mapping[str, Any]
    properties: Mapping[str, Any]
    envelope: Envelope | None  # None only where foreign messages are welcome
    exchange: str  # where it was published first, also after a retry
    routing_key: str
    queue: str
    redelivered: bool
    attempt: int  # 1 at first

    @property
    def message_id(self) -> str | None:
        """Return the sender's id of the message, if it gave one."""
        return self.properties.get("message_id")


@dataclass(frozen=True, slots=True)
class Handling:
    """How a handler goes about its messages where the usual will not do."""

    concurrency: int | None = None  # at a time; by default as many as are prefetched
    tiers: tuple[int, ...] = names.RETRY_TIERS_SECONDS  # waits, in seconds
    max_attempts: int | None = None  # by default one more than there are tiers
    timeout_seconds: float = HANDLER_SECONDS
    check_arguments: bool = True


USUAL = Handling()


class Handler(Entrypoint):  # type: ignore[misc]  # nameko has no types
    """Call ``method(delivery)`` for each message of a queue that the topology has declared.

    The method returns when the event is applied, raises Refused to have it parked and anything
    else to have it retried. ``foreign`` messages of outside systems need no envelope.
    """

    queue_consumer = QueueConsumer()
    aside = Aside()

    def __init__(
        self,
        queue: str,
        service: str,
        *,
        prefetch: int = PREFETCH,
        foreign: bool = False,
        handling: Handling = USUAL,
    ) -> None:
        super().__init__()
        self.queue_name, self.service, self.foreign = queue, service, foreign
        self.handling = handling
        self.prefetch, self.concurrency = prefetch, handling.concurrency or prefetch
        self.max_attempts = handling.max_attempts or len(handling.tiers) + 1
        self._returned_by = names.redeliver_exchange(service)
        name = queue.removeprefix(f"{service}.").rpartition(".")[0] or queue
        self._count = {
            outcome: metrics.EVENTS_CONSUMED.labels(service, name, outcome)
            for outcome in ("retried", "parked")
        }

    def workers(self) -> tuple[object, int]:
        """Return how many workers it needs, of its own."""
        return self, self.concurrency

    def setup(self) -> None:
        """Ask for the queue to be consumed."""
        self.queue_consumer.register_provider(self)

    def stop(self) -> None:
        """Stop consuming; what is under way goes on."""
        self.queue_consumer.unregister_provider(self)

    def verify(self, channel: amqp.Channel) -> None:
        """Check the queue at the start."""
        arguments = handler_arguments(self.service) if self.handling.check_arguments else None
        check_queue(channel, self.queue_name, arguments)

    def seconds_left(self, _args: object) -> float:
        """Return how long the method may take."""
        return self.handling.timeout_seconds

    def overdue(self, *, started: bool) -> Unavailable:  # noqa: ARG002 - as a request's
        """Return what happened to a method that took longer."""
        return Unavailable("The handler took too long.", code="event.deadline")

    def handle_message(self, message: Message) -> None:
        """Begin the work on one message."""
        try:
            delivery = self._read(message)
        except Undecodable as wrong:
            failed = partial(self._settle, message, None, wrong)
            self.container.spawn_managed_thread(failed, identifier="park undecodable")
            return
        self.container.spawn_worker(
            self, (delivery,), {}, handle_result=partial(self._finish, message, delivery)
        )

    def _read(self, message: Message) -> Delivery:
        if message.unreadable:
            raise Undecodable(message.unreadable)
        properties, where = message.properties, message.delivery_info
        headers = properties.get("application_headers") or {}
        envelope = None
        if not self.foreign or "ce-specversion" in headers:
            envelope = Envelope.of(headers)
        exchange, routing_key, attempt = self._origin(where, headers)
        return Delivery(
            body=message.body or b"",
            headers=headers,
            properties=properties,
            envelope=envelope,
            exchange=exchange,
            routing_key=routing_key,
            queue=self.queue_name,
            redelivered=where["redelivered"],
            attempt=attempt,
        )

    def _origin(self, where: Mapping[str, Any], headers: Mapping[str, Any]) -> tuple[str, str, int]:
        # Only we and the operator can publish there: what others write into these headers, to pass
        # for another partner or to be parked at once, is not believed.
        if where["exchange"] != self._returned_by:
            return where["exchange"], where["routing_key"], 1
        tried = headers.get(header.ATTEMPT, 0)
        return (
            str(headers.get(header.FIRST_EXCHANGE, where["exchange"])),
            str(headers.get(header.FIRST_ROUTING_KEY, where["routing_key"])),
            tried + 1 if isinstance(tried, int) and tried >= 0 else 1,
        )

    def _finish(
        self,
        message: Message,
        delivery: Delivery,
        _ctx: WorkerContext,
        result: object,
        exc_info: ExcInfo | None,
    ) -> tuple[object, ExcInfo | None]:
        if exc_info is None:
            self.queue_consumer.ack_message(message)
            self.queue_consumer.lane(self).release()
        else:
            self._settle(message, delivery, exc_info[1])
        return result, exc_info

    def _settle(self, message: Message, delivery: Delivery | None, error: BaseException) -> None:
        """Keep a copy of what failed, then let the original go; without a copy it stays ours."""
        failure = self._describe(message, delivery, error)
        last = failure.attempt >= self.max_attempts
        try:
            if last or not self.handling.tiers or isinstance(error, Refused | Undecodable):
                outcome, kept = "parked", self.aside.park(message, failure)
            else:
                tiers = self.handling.tiers
                wait = tiers[min(failure.attempt, len(tiers)) - 1]
                outcome, kept = "retried", self.aside.retry(message, failure, wait)
            if kept:
                self.queue_consumer.ack_message(message)
                self._count[outcome].inc()
                log.info(
                    "event set aside",
                    outcome=outcome,
                    queue=self.queue_name,
                    message_id=message.properties.get("message_id"),
                    attempt=failure.attempt,
                    code=failure.code,
                )
        finally:
            self.queue_consumer.lane(self).release()

    def _describe(
        self, message: Message, delivery: Delivery | None, error: BaseException
    ) -> Failure:
        where = message.delivery_info
        exchange, routing_key = where["exchange"], where["routing_key"]
        attempt = 1
        if delivery is not None:
            exchange, routing_key = delivery.exchange, delivery.routing_key
            attempt = delivery.attempt
        if isinstance(error, Problem):
            code, reason = error.code, error.message
        elif isinstance(error, Undecodable):
            code, reason = UNDECODABLE, str(error)
        else:
            # Its own words may hold what the message held.
            code, reason = "bug", f"{type(error).__name__} in the handler."
            log.error(
                "event handler failed", queue=self.queue_name, attempt=attempt, exc_info=error
            )
        return Failure(self.queue_name, attempt, exchange, routing_key, code, reason)
