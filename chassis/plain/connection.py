"""Open connections to the broker: bounded, with heartbeats, with errors that say what is wrong."""

import random
import socket
import time
from collections.abc import Iterator

import pika
from pika import exceptions
from pika.adapters.utils.connection_workflow import AMQPConnectorException

from chassis.errors import Conflict, Forbidden, NotFound, Problem, Refused, Unavailable

HEARTBEAT_SECONDS = 30
BLOCKED_TIMEOUT_SECONDS = 60  # a connection that stays blocked by an alarm is given up
CONNECT_TIMEOUT_SECONDS = 5
PATIENCE_SECONDS = 30.0  # how long to try before giving up
FIRST_DELAY_SECONDS = 0.2
LONGEST_DELAY_SECONDS = 5.0  # as the services; the runbook says so

# What pika raises when the broker cannot be reached or has gone. The last is none of its public
# errors: a broker that takes the connection and then says nothing (stopped, or half-open).
LOST = (exceptions.AMQPConnectionError, OSError, AMQPConnectorException)
# What pika makes of a connection that ended between being made and being looked at.
ENDED_EARLY = ValueError
# What the broker says when it does not let a user in (the second: not into this virtual host). pika
# guesses the same from any end of an early connection, also from a broker that just restarts.
_REFUSED = ("ACCESS_REFUSED", "NOT_ALLOWED")


def parameters(amqp_uri: str, *, name: str) -> pika.URLParameters:
    """Read an AMQP URI into the connection parameters of the house."""
    found = pika.URLParameters(amqp_uri)
    found.heartbeat = HEARTBEAT_SECONDS
    found.blocked_connection_timeout = BLOCKED_TIMEOUT_SECONDS
    found.socket_timeout = CONNECT_TIMEOUT_SECONDS
    found.stack_timeout = 2 * CONNECT_TIMEOUT_SECONDS
    found.connection_attempts = 1  # the delays are ours: capped and jittered
    found.client_properties = {"connection_name": name}
    return found


def delays() -> Iterator[float]:
    """Yield seconds to wait between attempts: doubling, capped, jittered by half, without end."""
    delay = FIRST_DELAY_SECONDS
    while True:
        yield delay * random.uniform(0.5, 1.0)  # noqa: S311 - spreads herds, guards no secret
        delay = min(delay * 2, LONGEST_DELAY_SECONDS)


def open_connection(
    amqp_uri: str, *, name: str, patience_seconds: float = PATIENCE_SECONDS
) -> pika.BlockingConnection:
    """Connect, trying again for as long as patience lasts.

    :raises Unavailable: if the broker does not answer in time.
    :raises Forbidden: if the broker does not let this user in.
    """
    wanted = parameters(amqp_uri, name=name)
    give_up = time.monotonic() + patience_seconds
    for delay in delays():
        try:
            return pika.BlockingConnection(wanted)
        except (*LOST, ENDED_EARLY) as error:
            problem = explain(error, wanted)
            if isinstance(problem, Forbidden) or time.monotonic() + delay > give_up:
                raise problem from error
        time.sleep(delay)
    raise AssertionError("delays() has no end")


def explain(error: BaseException, wanted: pika.ConnectionParameters) -> Problem:
    """Say in one sentence why there is no connection; the password stays out of it."""
    where = f"{wanted.host}:{wanted.port}"
    facts: dict[str, object] = {"broker": where, "vhost": wanted.virtual_host}
    cause = _cause(error)
    if any(word in str(cause) for word in _REFUSED):
        user = getattr(wanted.credentials, "username", "?")
        return Forbidden(
            f"The broker at {where} does not let user {user} into {wanted.virtual_host}.",
            code="broker.access_refused",
            detail=facts,
        )
    if isinstance(cause, exceptions.ConnectionBlockedTimeout):
        return blocked("blocked for too long")
    reason = str(cause) or type(cause).__name__
    if isinstance(cause, AMQPConnectorException):
        reason = "it takes the connection and says nothing"
    elif isinstance(cause, ENDED_EARLY):
        reason = "the connection ended as soon as it was made"
    return Unavailable(
        f"The broker at {where} cannot be reached: {reason}.",
        code="broker.unreachable",
        detail=facts,
    )


def refused(closed: exceptions.ChannelClosedByBroker) -> Refused:
    """Say why the broker closed a channel."""
    kinds: dict[int, type[Refused]] = {403: Forbidden, 404: NotFound}
    kind = kinds.get(closed.reply_code, Conflict)
    return kind(f"{closed.reply_text}.", code=f"broker.{kind.code}")


def blocked(reason: str) -> Unavailable:
    """Say that the broker takes no messages at present (an alarm on memory or disk)."""
    return Unavailable(
        f"The broker takes no messages at present: {reason}.",
        code="broker.blocked",
        detail={"reason": reason},
    )


def _cause(error: BaseException) -> BaseException:
    # pika wraps the reason in an attribute or an argument, as deep as three times.
    for _ in range(4):
        inner = getattr(error, "exception", None) or getattr(error, "exceptions", None)
        if isinstance(inner, list | tuple) and inner:
            inner = inner[-1]
        if inner is None and error.args and isinstance(error.args[0], BaseException):
            inner = error.args[0]
        if not isinstance(inner, BaseException) or isinstance(inner, socket.gaierror):
            return inner if isinstance(inner, BaseException) else error
        error = inner
    return error
