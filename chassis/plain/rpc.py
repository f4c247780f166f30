"""Call services: many requests in flight over one connection, each with a bound."""

import uuid
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import pika
from pika import spec
from pika.channel import Channel

from chassis.envelope import CONTENT_TYPE, Undecodable, decode, encode
from chassis.errors import (
    Forbidden,
    Invalid,
    NotFound,
    Problem,
    RemoteBug,
    Unavailable,
    from_wire,
)
from chassis.ids import new_id
from chassis.plain.connection import PATIENCE_SECONDS
from chassis.plain.link import Link
from chassis.topology.names import RPC_EXCHANGE, reply_queue

MAX_BODY_BYTES = 1024 * 1024
RPC_TIMEOUT_SECONDS = 10.0
_GRACE_SECONDS = 5.0  # the link's thread ends every call in time; this bounds that thread's death


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What a call brings with it beside its payload."""

    token: str | None = None
    timeout_seconds: float = RPC_TIMEOUT_SECONDS
    idempotency_key: str | None = None
    correlation_id: str | None = None

    def headers(self, key: str, id_: str) -> dict[str, object]:
        """Write the context in nameko's headers."""
        found: dict[str, object | None] = {
            "nameko.call_id_stack": [f"plain.{key}.{id_}"],
            "nameko.auth_token": self.token,
            "nameko.budget_ms": int(self.timeout_seconds * 1000),
            "nameko.idempotency_key": self.idempotency_key,
            "nameko.correlation_id": self.correlation_id or id_,
            "nameko.causation_id": id_,
        }
        return {name: value for name, value in found.items() if value is not None}


@dataclass(slots=True, eq=False)
class _Call:
    key: str
    id: str
    body: bytes
    ask: Ask
    answer: "Future[object]" = field(default_factory=Future)
    timer: object = None


class Client:
    """Call the methods of services; one client serves all threads of a process."""

    def __init__(self, amqp_uri: str, *, name: str = "rpc-client") -> None:
        self._link = Link(amqp_uri, name=name, opened=self._open, lost=self._on_lost)
        self._calls: dict[str, _Call] = {}  # in the order of publishing; only the link's thread
        self._channel: Channel | None = None  # for requests; replies come on another one
        self._unsent: dict[_Call, None] = {}  # while the channel is being opened, in order
        self._reply_to = ""

    def start(self, patience_seconds: float = PATIENCE_SECONDS) -> Self:
        """Connect and declare the reply queue.

        :raises Unavailable: if the broker does not answer in time.
        :raises Forbidden: if the broker does not let this user in.
        """
        self._link.start(patience_seconds)
        return self

    def call(  # noqa: PLR0913 - one keyword per fact of the request's context
        self,
        service: str,
        method: str,
        payload: dict[str, object],
        *,
        token: str | None = None,
        timeout_seconds: float = RPC_TIMEOUT_SECONDS,
        idempotency_key: str | None = None,
        correlation_id: str | None = None,
    ) -> object:
        """Call a method and return its result.

        :raises Problem: what the service answered, typed; RemoteBug if it failed unforeseen.
        :raises NotFound: code rpc.unknown_service, if nobody has that name.
        :raises Unavailable: code rpc.timeout if no answer came in time; its fate is unknown then.
        """
        ask = Ask(
            token=token,
            timeout_seconds=timeout_seconds,
            idempotency_key=idempotency_key,
            correlation_id=correlation_id,
        )
        return wait(self.submit(service, method, payload, ask=ask), timeout_seconds)

    def submit(
        self, service: str, method: str, payload: dict[str, object], *, ask: Ask
    ) -> "Future[object]":
        """Send a request and return at once; the answer or error comes in the future.

        :raises Unavailable: if the broker takes no messages at present.
        :raises Invalid: if the payload is too large.
        """
        if self._link.blocked:
            found = self._link.blocked
            raise Unavailable(found.message, code=found.code, detail=found.detail)
        body = encode({"args": [], "kwargs": payload})
        if len(body) > MAX_BODY_BYTES:
            raise Invalid(
                f"The request has {len(body)} bytes; {MAX_BODY_BYTES} are allowed.",
                code="rpc.body_too_large",
            )
        call = _Call(f"{service}.{method}", new_id(), body, ask)
        self._link.call(lambda: self._send(call))
        return call.answer

    def close(self) -> None:
        """Close the connection; calls in flight end as unavailable."""
        self._link.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # From here on: the link's thread.

    def _open(self, connection: pika.SelectConnection) -> None:
        # A new name each time: the broker may not have noticed yet that the old owner is gone.
        self._reply_to = reply_queue(self._link.user, uuid.uuid4().hex)
        connection.channel(on_open_callback=self._on_reply_channel)

    def _on_reply_channel(self, channel: Channel) -> None:
        queue = self._reply_to
        channel.add_on_close_callback(self._on_reply_channel_closed)
        channel.queue_declare(queue, exclusive=True, auto_delete=True, callback=_ignore)
        channel.queue_bind(queue, RPC_EXCHANGE, queue, callback=_ignore)
        channel.basic_consume(
            queue, self._on_reply, auto_ack=True, callback=lambda _: self._on_listening(channel)
        )

    def _on_listening(self, replies: Channel) -> None:
        # Only now: the answer to a request that is sent earlier would find no queue.
        replies.connection.channel(on_open_callback=self._on_request_channel)

    def _on_request_channel(self, channel: Channel) -> None:
        channel.add_on_close_callback(self._on_request_channel_closed)
        channel.add_on_return_callback(self._on_returned)
        self._channel = channel
        self._link.ready()
        unsent, self._unsent = self._unsent, {}
        for call in unsent:
            if call.id in self._calls:
                self._publish(call)

    def _send(self, call: _Call) -> None:
        problem = self._link.problem
        if problem is not None:
            call.answer.set_exception(
                Unavailable(problem.message, code=problem.code, detail=problem.detail)
            )
            return
        self._calls[call.id] = call
        call.timer = self._link.later(call.ask.timeout_seconds, lambda: self._expire(call))
        self._publish(call)

    def _publish(self, call: _Call) -> None:
        if self._channel is None or not self._channel.is_open:
            self._unsent[call] = None
            return
        properties = pika.BasicProperties(
            content_type=CONTENT_TYPE,
            content_encoding="utf-8",
            delivery_mode=1,
            headers=call.ask.headers(call.key, call.id),
            correlation_id=call.id,
            message_id=call.id,
            reply_to=self._reply_to,
            expiration=str(max(1, int(call.ask.timeout_seconds * 1000))),
        )
        self._channel.basic_publish(RPC_EXCHANGE, call.key, call.body, properties, mandatory=True)

    def _on_reply(
        self, _: Channel, __: spec.Basic.Deliver, properties: pika.BasicProperties, body: bytes
    ) -> None:
        call = self._take(str(properties.correlation_id))
        if call is None:
            return  # it came after its deadline
        try:
            reply = decode(body)
        except Undecodable:
            reply = None
        if not isinstance(reply, dict) or "result" not in reply:
            call.answer.set_exception(RemoteBug(f"{call.key} sent a reply that is no reply."))
        elif reply.get("error") is not None:
            call.answer.set_exception(from_wire(reply["error"]))
        else:
            call.answer.set_result(reply["result"])

    def _on_returned(
        self, _: Channel, __: spec.Basic.Return, properties: pika.BasicProperties, ___: bytes
    ) -> None:
        call = self._take(str(properties.correlation_id))
        if call is not None:
            service = call.key.partition(".")[0]
            call.answer.set_exception(
                NotFound(f"There is no service {service}.", code="rpc.unknown_service")
            )

    def _expire(self, call: _Call) -> None:
        if self._take(call.id) is not None:
            call.answer.set_exception(_timeout(call.key, call.ask.timeout_seconds))

    def _take(self, id_: str) -> _Call | None:
        call = self._calls.pop(id_, None)
        if call is not None and call.timer is not None:
            self._link.forget(call.timer)
        # Cancelled by its owner: there is nobody to answer.
        return call if call is not None and call.answer.set_running_or_notify_cancel() else None

    def _on_request_channel_closed(self, channel: Channel, error: BaseException) -> None:
        self._channel = None
        if not channel.connection.is_open:
            return
        text = str(getattr(error, "reply_text", error))
        ids = list(self._calls)
        refused = [id_ for id_ in ids if f"topic '{self._calls[id_].key}'" in text] or ids
        # The broker took what came before the refused request and threw away what came after.
        after = ids[ids.index(refused[0]) :] if refused else []
        for id_ in refused:
            self._fail(
                id_, Forbidden(f"The broker refused the call: {text}", code="rpc.not_allowed")
            )
        self._unsent = {self._calls[id_]: None for id_ in after if id_ in self._calls}
        channel.connection.channel(on_open_callback=self._on_request_channel)

    def _on_reply_channel_closed(self, channel: Channel, error: BaseException) -> None:
        if channel.connection.is_open:
            text = str(getattr(error, "reply_text", error))
            self._link.refuse(Forbidden(f"No reply queue: {text}", code="rpc.no_reply_queue"))

    def _on_lost(self, problem: Problem) -> None:
        if problem is not self._link.blocked:
            self._channel = None
        for id_ in list(self._calls):
            self._fail(id_, Unavailable(problem.message, code=problem.code, detail=problem.detail))

    def _fail(self, id_: str, problem: Problem) -> None:
        call = self._take(id_)
        if call is not None:
            call.answer.set_exception(problem)


def wait(answer: "Future[object]", timeout_seconds: float = RPC_TIMEOUT_SECONDS) -> object:
    """Return the answer of a submitted call or raise its error."""
    try:
        return answer.result(timeout_seconds + _GRACE_SECONDS)
    except TimeoutError as error:
        raise _timeout("the call", timeout_seconds) from error


def gather(answers: "Iterable[Future[object]]") -> list[object]:
    """Wait for all answers and return them in order; the first error is raised after the last one."""
    waited = list(answers)
    for answer in waited:
        answer.exception()  # every call ends at its own deadline
    return [answer.result() for answer in waited]


def _timeout(what: str, seconds: float) -> Unavailable:
    return Unavailable(
        f"No answer from {what} within {seconds:g} s; it may still have been done.",
        code="rpc.timeout",
    )


def _ignore(_: object) -> None:
    """Wait for the broker's answer and do not look at it."""
