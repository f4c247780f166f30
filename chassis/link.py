"""Calls to other services: one connection and one reply queue for the process, all bounded."""

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import amqp
from amqp.exceptions import ChannelError
from eventlet.event import Event

from chassis import metrics
from chassis.broker import HEARTBEAT_SECONDS, Link, publish, raw_channel
from chassis.envelope import Undecodable, decode, encode
from chassis.errors import Forbidden, Invalid, NotFound, Problem, RemoteBug, Unavailable, from_wire
from chassis.frames import Connection, Message
from chassis.ids import new_id
from chassis.logs import get_logger
from chassis.request import MAX_BODY_BYTES
from chassis.topology import names

BUDGET_SECONDS = 10.0
RECONNECT_PATIENCE_SECONDS = 1.0

log = get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """What a call carries beside its payload."""

    token: str | None = None
    budget_seconds: float = BUDGET_SECONDS
    idempotency_key: str | None = None
    correlation_id: str | None = None
    causation_id: str | None = None
    call_id_stack: tuple[str, ...] = ()
    traceparent: str | None = None

    def headers(self, budget_ms: int) -> dict[str, Any]:
        """Write nameko's headers."""
        found = {
            "nameko.auth_token": self.token,
            "nameko.budget_ms": budget_ms,
            "nameko.idempotency_key": self.idempotency_key,
            "nameko.correlation_id": self.correlation_id,
            "nameko.causation_id": self.causation_id,
            "nameko.traceparent": self.traceparent,
            "nameko.call_id_stack": list(self.call_id_stack) or None,
        }
        return {name: value for name, value in found.items() if value is not None}


@dataclass(eq=False, slots=True)
class _Waiting:
    """A call whose answer has not come."""

    routing_key: str
    answer: Event = field(default_factory=Event)  # the message, or the Problem instead of it


class ReplyLink(Link):
    """Call services and wait for their answers, from any greenthread."""

    def __init__(self) -> None:
        super().__init__()
        self._user = ""
        self._reply_to = ""
        self._channel: amqp.Channel | None = None
        self._waiting: dict[str, _Waiting] = {}
        self._seconds: dict[tuple[str, str], Any] = {}

    def start(self, uri: str, name: str, *, heartbeat: float = HEARTBEAT_SECONDS) -> None:
        """Connect in the background; ``name`` is the broker user, which its reply keys carry."""
        self._user = name
        super().start(uri, f"{name} calls", heartbeat=heartbeat)

    def call(
        self, service: str, method: str, payload: Mapping[str, Any], **conversation: Any
    ) -> Any:
        """Call a method and return its result; the keywords are those of Conversation.

        :raises Problem: what the callee answers; NotFound rpc.unknown_service if it was never
            there; Unavailable if the answer does not come within the budget.
        :raises RemoteBug: if the callee failed unexpectedly.
        """
        started = time.perf_counter()
        outcome = "error"
        try:
            result = self._call(f"{service}.{method}", payload, Conversation(**conversation))
            outcome = "success"
        except Problem as problem:
            outcome = problem.category
            raise
        finally:
            self._meter(service, outcome).observe(time.perf_counter() - started)
        return result

    def _call(
        self, routing_key: str, payload: Mapping[str, Any], conversation: Conversation
    ) -> Any:
        deadline = time.monotonic() + conversation.budget_seconds
        body = encode({"args": (), "kwargs": payload})
        if len(body) > MAX_BODY_BYTES:
            raise Invalid("The request is larger than 1 MiB.", code="rpc.body_too_large")
        self.wait_connected(min(conversation.budget_seconds, RECONNECT_PATIENCE_SECONDS))
        channel = self._channel
        if channel is None or self.blocked:
            raise Unavailable("The broker takes no requests now.", code="broker.unreachable")
        budget_ms = int((deadline - time.monotonic()) * 1000)
        if budget_ms <= 0:
            raise Unavailable("Nothing is left of the budget.", code="rpc.timeout")
        request = self._message(body, conversation.headers(budget_ms), budget_ms)
        waiting = _Waiting(routing_key)
        self._waiting[request.correlation_id] = waiting
        try:
            publish(channel, names.RPC_EXCHANGE, routing_key, request, mandatory=True)
            found = waiting.answer.wait(timeout=max(0.0, deadline - time.monotonic()))
        finally:
            # Whatever ends the wait, nothing of the call stays behind.
            self._waiting.pop(request.correlation_id, None)
        return _result(found, routing_key)

    def _message(self, body: bytes, headers: dict[str, Any], budget_ms: int) -> amqp.Message:
        id_ = new_id()
        return amqp.Message(
            body,
            content_type="application/json",
            content_encoding="utf-8",
            application_headers=headers,
            delivery_mode=1,
            correlation_id=id_,
            reply_to=self._reply_to,
            expiration=str(budget_ms),  # a request nobody waits for any more is not delivered
            message_id=id_,
        )

    def _meter(self, service: str, outcome: str) -> Any:
        found = self._seconds.get((service, outcome))
        if found is None:
            found = metrics.RPC_CLIENT.labels(self._user, service, outcome)
            self._seconds[service, outcome] = found
        return found

    def _ready(self, connection: Connection) -> None:
        # A new name each time: the broker may not have noticed the end of the connection before.
        self._reply_to = queue = names.reply_queue(self._user, str(uuid.uuid4()))
        answers = raw_channel(connection)
        answers.queue_declare(queue, durable=False, exclusive=True, auto_delete=True)
        answers.queue_bind(queue, names.RPC_EXCHANGE, queue)
        answers.basic_consume(queue, no_ack=True, callback=self._hear_answer)
        # A channel of its own: a refused publish closes the channel it came on.
        channel = raw_channel(connection)
        channel.events["basic_return"].add(self._hear_return)
        self._channel = channel

    def _lost(self) -> None:
        self._channel = None
        self._give_up("The connection was lost before the answer came.", "rpc.interrupted")

    def _publishing_blocked(self) -> None:
        self._give_up("The broker takes no requests now.", "broker.blocked")

    def _channel_failed(self, error: ChannelError) -> bool:
        log.error("request refused by the broker", reason=str(error))
        for waiting in list(self._waiting.values()):
            if f"'{waiting.routing_key}'" in str(error.reply_text):
                waiting.answer.send(
                    Forbidden("The broker forbids this call.", code="rpc.not_permitted")
                )
                self._forget(waiting)
        # What was published behind it on the same channel is gone as well.
        self._give_up("The call was interrupted by another's failure.", "rpc.interrupted")
        return True

    def _forget(self, waiting: _Waiting) -> None:
        self._waiting = {id_: one for id_, one in self._waiting.items() if one is not waiting}

    def _give_up(self, message: str, code: str) -> None:
        waiting, self._waiting = self._waiting, {}
        for one in waiting.values():
            one.answer.send(Unavailable(message, code=code))

    def _hear_answer(self, message: Message) -> None:
        waiting = self._waiting.pop(message.properties.get("correlation_id"), None)
        if waiting is not None:  # else the caller has given up
            waiting.answer.send(message)

    def _hear_return(self, _error: object, _exchange: str, key: str, message: Message) -> None:
        waiting = self._waiting.pop(message.properties.get("correlation_id"), None)
        if waiting is not None:
            service = key.partition(".")[0]
            waiting.answer.send(
                NotFound(f"There is no service {service}.", code="rpc.unknown_service")
            )


def _result(found: Message | Problem | None, routing_key: str) -> Any:
    if found is None:
        raise Unavailable(f"{routing_key} did not answer within the budget.", code="rpc.timeout")
    if not isinstance(found, Message):
        raise found
    try:
        answer = decode(found.body)
    except Undecodable as wrong:
        raise RemoteBug(f"{routing_key} answered with something that is not JSON") from wrong
    if not isinstance(answer, dict):
        raise RemoteBug(f"{routing_key} answered with something that is no answer")
    if answer.get("error"):
        raise from_wire(answer["error"])
    return answer.get("result")
