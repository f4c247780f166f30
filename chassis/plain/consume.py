"""Consume a queue: one message after the other, acknowledged when its handler has returned."""

import threading
from collections.abc import Callable
from enum import StrEnum

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import ChannelClosedByBroker

from chassis.envelope import Undecodable
from chassis.errors import Problem, Refused, Unavailable
from chassis.plain.connection import (
    LOST,
    PATIENCE_SECONDS,
    delays,
    open_connection,
    refused,
)
from chassis.plain.delivery import Delivery
from chassis.plain.parked import onward, reasons
from chassis.topology.names import park_exchange

DEFAULT_PREFETCH = 50
UNAVAILABLE_ATTEMPTS = 6
IDLE_SECONDS = 0.5  # how soon a stop is noticed while nothing arrives


class Verdict(StrEnum):
    """What becomes of a message that its handler refused."""

    PARK = "park"  # keep it for a person
    DISCARD = "discard"  # the callback has kept or answered it elsewhere


Handler = Callable[[Delivery], None]
Decide = Callable[[Delivery, Refused | Undecodable], Verdict]


class Consumer:
    """Hand each message of a queue to a handler and acknowledge it afterwards.

    The handler may see a message again (same ``message_id``) after a lost connection. What it
    refuses goes where ``decide`` says, by default to the parked queue of ``service``; without
    either, the refusal ends the consumer and the message stays in the queue. Unavailable is tried
    again a few times, then ends it likewise. A handler must return within two heartbeats.
    """

    def __init__(  # noqa: PLR0913 - each keyword is one choice of whoever consumes
        self,
        amqp_uri: str,
        queue: str,
        *,
        handler: Handler,
        service: str | None = None,
        decide: Decide | None = None,
        prefetch: int = DEFAULT_PREFETCH,
    ) -> None:
        self._amqp_uri, self._queue, self._handler = amqp_uri, queue, handler
        self._service, self._decide, self._prefetch = service, decide, prefetch
        self._stop = threading.Event()

    def stop(self) -> None:
        """Finish the message in hand, then end ``run``; from any thread or a signal handler."""
        self._stop.set()

    def run(self, patience_seconds: float = PATIENCE_SECONDS) -> None:
        """Consume until stopped; a lost connection is opened again.

        :raises Unavailable: if the broker stays away, or the handler stays unavailable.
        :raises Refused: if the handler refused a message and nothing says where it should go, or
            the queue is missing or not for this user.
        """
        while not self._stop.is_set():
            connection = open_connection(
                self._amqp_uri, name=f"consumer {self._queue}", patience_seconds=patience_seconds
            )
            try:
                self._consume(connection)
            except LOST:
                continue  # what was not acknowledged comes again
            except ChannelClosedByBroker as closed:
                raise refused(closed) from closed
            finally:
                _close(connection)

    def _consume(self, connection: pika.BlockingConnection) -> None:
        channel = connection.channel()
        channel.basic_qos(prefetch_count=self._prefetch)
        channel.confirm_delivery()
        messages = channel.consume(self._queue, inactivity_timeout=IDLE_SECONDS)
        for method, properties, body in messages:
            if method is not None and properties is not None and body is not None:
                delivery = Delivery(
                    method.exchange, method.routing_key, body, properties, method.redelivered
                )
                self._handle(channel, delivery)
                channel.basic_ack(method.delivery_tag)
            if self._stop.is_set():
                return

    def _handle(self, channel: BlockingChannel, delivery: Delivery) -> None:
        for attempt, delay in enumerate(delays(), start=1):
            try:
                return self._handler(delivery)
            except (Refused, Undecodable) as problem:
                return self._refused(channel, delivery, problem)
            except Unavailable:
                if attempt >= UNAVAILABLE_ATTEMPTS or self._stop.is_set():
                    raise
            channel.connection.sleep(delay)  # keeps the heartbeats going
        raise AssertionError("delays() has no end")

    def _refused(
        self, channel: BlockingChannel, delivery: Delivery, problem: Refused | Undecodable
    ) -> None:
        if self._decide is not None and self._decide(delivery, problem) is Verdict.DISCARD:
            return
        if self._service is None:
            raise problem
        code = problem.code if isinstance(problem, Problem) else "undecodable"
        headers = dict(delivery.headers) | reasons(
            self._queue, delivery, code=code, reason=str(problem)
        )
        properties = onward(delivery.properties, headers)
        # Confirmed before the original is acknowledged: killed in between it is there twice.
        channel.basic_publish(
            park_exchange(self._service),
            self._queue,
            delivery.body,
            properties,
            mandatory=True,
        )


def _close(connection: pika.BlockingConnection) -> None:
    if connection.is_open:
        try:
            connection.close()
        except LOST:
            return  # it went by itself; the broker takes back what was not acknowledged
