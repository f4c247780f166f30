"""Requests: checked before they run, bounded while they run, answered whatever happens."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import amqp
import eventlet
from amqp.exceptions import ChannelError, NotFound
from nameko import rpc
from nameko.containers import WorkerContext
from nameko.extensions import SharedExtension

from chassis.aside import Aside, Failure
from chassis.broker import HEARTBEAT_SECONDS, Link, publish, raw_channel
from chassis.consume import QueueConsumer, check_queue
from chassis.container import ExcInfo
from chassis.context import Request
from chassis.envelope import encode
from chassis.errors import Invalid, Problem, Unavailable, to_wire
from chassis.errors import NotFound as NoSuchThing
from chassis.frames import Connection, Message
from chassis.logs import get_logger
from chassis.request import MAX_BODY_BYTES, read_request, reply_address
from chassis.topology import names

RPC_TIMEOUT_SECONDS = 10.0
RPC_CONCURRENCY = 10
CONCURRENCY_KEY = "rpc_concurrency"  # in nameko's configuration
REPLY_PATIENCE_SECONDS = 5.0  # how long an answer waits for a lost connection

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Encoded:
    """A result that is JSON already."""

    json: bytes


class Replies(SharedExtension):  # type: ignore[misc]  # nameko has no types
    """Send answers: transient, unconfirmed, on one connection for the process."""

    def __init__(self) -> None:
        super().__init__()
        self._link = _Replying()

    def start(self) -> None:
        """Connect in the background."""
        config = self.container.config
        name = f"{self.container.service_name} replies"
        heartbeat = config.get("HEARTBEAT", HEARTBEAT_SECONDS)
        self._link.start(config["AMQP_URI"], name, heartbeat=heartbeat)

    def stop(self) -> None:
        """Close the connection after the last answer."""
        self._link.stop()

    kill = stop

    def send(self, properties: Mapping[str, Any], body: bytes) -> None:
        """Answer a request; if that cannot be done the caller's own bound ends its waiting."""
        answer = amqp.Message(
            body,
            content_type="application/json",
            content_encoding="utf-8",
            delivery_mode=1,
            correlation_id=properties.get("correlation_id"),
        )
        self._link.wait_connected(REPLY_PATIENCE_SECONDS)
        try:
            self._link.send(properties["reply_to"], answer)
        except Unavailable as problem:
            log.warning("answer lost", reason=problem.message)


class _Replying(Link):
    """The connection of the answers."""

    def __init__(self) -> None:
        super().__init__()
        self._channel: amqp.Channel | None = None

    def send(self, reply_to: str, answer: amqp.Message) -> None:
        """Publish an answer.

        :raises Unavailable: if the broker takes none now.
        """
        channel = self._channel
        if channel is None or self.blocked:
            raise Unavailable("The broker takes no messages now.", code="broker.unreachable")
        publish(channel, names.RPC_EXCHANGE, reply_to, answer, mandatory=False)

    def _ready(self, connection: Connection) -> None:
        self._channel = raw_channel(connection)

    def _lost(self) -> None:
        self._channel = None

    def _channel_failed(self, error: ChannelError) -> bool:
        # One caller's address that we may not write to is no reason to lose the others' answers.
        log.warning("answer refused by the broker", reason=str(error))
        return True


class RpcConsumer(rpc.RpcConsumer):  # type: ignore[misc]  # nameko has no types
    """Consume ``rpc-<service>`` and hand each request to its method."""

    queue_consumer = QueueConsumer()
    aside = Aside()
    replies = Replies()

    def __init__(self) -> None:
        super().__init__()
        self.queue_name = ""
        self.concurrency = self.prefetch = 0
        self._methods: dict[str, RpcEntrypoint] = {}

    def setup(self) -> None:
        """Ask for the queue to be consumed, once for all methods."""
        if not self.queue_name:
            self.queue_name = names.rpc_queue(self.container.service_name)
            self.concurrency = concurrency_of(self.container.config)
            self.prefetch = 2 * self.concurrency  # so that no worker waits for the broker
            self.queue_consumer.register_provider(self)

    def register_provider(self, provider: "RpcEntrypoint") -> None:
        """Add a method."""
        self._methods[provider.method_name] = provider
        super().register_provider(provider)

    def verify(self, channel: amqp.Channel) -> None:
        """Check the queue at the start; make it if it is missing.

        Nothing is lost by making it late: a request that comes before is returned to its caller.
        """
        service = self.container.service_name
        try:
            channel.queue_declare(self.queue_name, passive=True)
        except NotFound:
            channel.exchange_declare(names.RPC_EXCHANGE, "topic", durable=True, auto_delete=False)
            channel.queue_declare(self.queue_name, durable=True, auto_delete=False)
            channel.queue_bind(self.queue_name, names.RPC_EXCHANGE, f"{service}.*")
        check_queue(channel, self.queue_name, {})

    def handle_message(self, message: Message) -> None:
        """Begin the work on one request."""
        try:
            method = self._method(message)
            payload, request = read_request(message, method.timeout_seconds)
        except Problem as problem:
            eventlet.spawn_n(self._refuse, message, problem)
            return
        self.container.spawn_worker(
            method,
            (payload, request),
            {},
            context_data={"call_id_stack": list(request.call_id_stack)},
            handle_result=partial(self.finish, message),
        )

    def finish(
        self,
        message: Message,
        ctx: WorkerContext,
        result: object,
        exc_info: ExcInfo | None,
    ) -> tuple[object, ExcInfo | None]:
        """Answer, then acknowledge: a death in between repeats a request, which rows absorb."""
        if exc_info is None:
            body = _answer(result, ctx.entrypoint.method_name)
        else:
            error = exc_info[1]
            if not isinstance(error, Problem):
                log.error("rpc failed", method=ctx.entrypoint.method_name, exc_info=error)
            body = _error(error)
        self._end(message, body)
        return result, exc_info

    def _method(self, message: Message) -> "RpcEntrypoint":
        reply_address(message)
        service, _, name = message.delivery_info["routing_key"].rpartition(".")
        if service != self.container.service_name:
            # The broker checks a caller's right to the routing key alone: a CC header leads past it.
            raise NoSuchThing("The request is for another service.", code="rpc.unknown_method")
        try:
            return self._methods[name]
        except KeyError:
            raise NoSuchThing(
                f"{service} has no method {name[:80]}.", code="rpc.unknown_method"
            ) from None

    def _refuse(self, message: Message, problem: Problem) -> None:
        if "reply_to" in message.properties and problem.code != "rpc.no_reply_to":
            self._end(message, _error(problem))
            return
        # Nobody hears the answer, so nothing is run; stock nameko dies of it, again and again.
        where = message.delivery_info
        log.error("request parked", code=problem.code, routing_key=where["routing_key"])
        failure = Failure(
            queue=self.queue_name,
            attempt=1,
            exchange=where["exchange"],
            routing_key=where["routing_key"],
            code=problem.code,
            reason=problem.message,
        )
        if self.aside.park(message, failure):
            self.queue_consumer.ack_message(message)
        self.queue_consumer.lane(self).release()

    def _end(self, message: Message, body: bytes) -> None:
        self.replies.send(message.properties, body)
        self.queue_consumer.ack_message(message)
        self.queue_consumer.lane(self).release()


class RpcEntrypoint(rpc.Rpc):  # type: ignore[misc]  # nameko has no types
    """Call ``method(payload, request)`` for each request and send back what it returns or raises."""

    rpc_consumer = RpcConsumer()

    def __init__(self, timeout_seconds: float = RPC_TIMEOUT_SECONDS) -> None:
        super().__init__()
        self.timeout_seconds = timeout_seconds

    def workers(self) -> tuple[object, int]:
        """Return how many workers it needs, shared with all other methods."""
        return RpcConsumer, concurrency_of(self.container.config)

    def seconds_left(self, args: tuple[Any, Request]) -> float:
        """Return what is left of the caller's budget."""
        return args[1].deadline - time.monotonic()

    def overdue(self, *, started: bool) -> Unavailable:
        """Return what happened to a request whose budget is used up."""
        if started:
            return Unavailable(
                "The method did not end within the caller's budget.", code="rpc.deadline"
            )
        return Unavailable("The request came too late to be run.", code="rpc.expired")


def concurrency_of(config: Mapping[str, Any]) -> int:
    """Return how many requests run at a time."""
    return int(config.get(CONCURRENCY_KEY, RPC_CONCURRENCY))


def _answer(result: object, method: str) -> bytes:
    try:
        found = result.json if isinstance(result, Encoded) else encode(result)
    except TypeError as wrong:
        log.exception("rpc result has no JSON form", method=method)
        return _error(wrong)
    if len(found) > MAX_BODY_BYTES:
        return _error(
            Invalid("The answer is larger than 1 MiB: ask for less.", code="rpc.reply_too_large")
        )
    return b'{"result":' + found + b',"error":null}'


def _error(error: BaseException) -> bytes:
    return encode({"result": None, "error": to_wire(error)})
