"""What a stolen credential, a forged token and forged headers can do: nothing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pika
from pika.adapters.blocking_connection import BlockingChannel

from chaos.courier import courier, request
from chaos.faults.fault import Fault
from chaos.stage import Stage
from chassis.clock import isoformat, real_now
from chassis.envelope import Envelope
from chassis.ids import new_id
from chassis.plain.connection import open_connection
from chassis.rows import Command, HandlerRow
from chassis.tokens import HOUSE, LIFETIME_SECONDS, Signer, generate_keypair
from chassis.topology import names
from chassis.topology.declare import ACCESS_REFUSED, refusal
from contracts import SERVICES
from contracts.calls import may_call
from contracts.partners import load_partners
from contracts.plain import PLAIN
from deploy.local.machine import CannotRun
from rapport_cli import services

Act = Callable[[BlockingChannel], object]
FOREIGN = "accounts.customer.created.v1"
BODY = b"{}"
NONSENSE = request(forged=1)  # so that it would be refused even if it were let in
READERS = {names.OPERATOR, *(one.name for one in PLAIN.values() if one.reads_log)}  # of the log


@contextmanager
def steal_credentials(stage: Stage, dice: Random) -> Iterator[None]:
    """Try with every user of the broker what is not its business.

    :raises CannotRun: naming what was not refused.
    """
    for user in [*SERVICES, *PLAIN, *_partners(), names.OPERATOR, names.MONITOR]:
        other = dice.choice([one for one in SERVICES if one != user])
        for what in allowed(stage.house.uri_of(user), user, other):
            raise CannotRun(f"with the credentials of {user} one can {what}")
    yield


def allowed(amqp_uri: str, user: str, other: str) -> Iterator[str]:
    """Try what is forbidden; yield what was not refused as such, with what the broker said."""
    connection = open_connection(amqp_uri, name=f"chaos {user}")
    try:
        for what, act in forbidden(user, other):
            said = refusal(connection, act)
            if said is None or said[0] != ACCESS_REFUSED:
                yield f"{what} ({said or 'done'})"
    finally:
        connection.close()


def forbidden(user: str, other: str) -> Iterator[tuple[str, Act]]:
    """List what the broker must refuse a user, who is not ``other``."""
    own = names.reply_queue(user, "forged")
    queue = names.handler_queue("sales" if other != "sales" else "marketing", "customers")
    yield f"tell an event of {other}", _publish(names.events_exchange(other), f"{other}.a.b.v1")
    yield f"tell in private for {other}", _publish(names.private_exchange(other), f"{other}.a.b.v1")
    yield "write to what feeds the log", _publish(names.EVENTS_EXCHANGE, FOREIGN)
    yield "write to any queue", _publish("", names.rpc_queue(other))
    yield "use the broker's own exchanges", _publish("amq.topic", FOREIGN)
    yield "send what no partner may", _publish(names.INBOUND_EXCHANGE, "erp.payment.upsert.v1")
    yield "give a verdict", _publish(names.OUTBOUND_EXCHANGE, "erp.payment.accepted.v1")
    yield f"park for {other}", _publish(names.park_exchange(other), "")
    yield f"read the requests of {other}", _consume(names.rpc_queue(other))
    yield f"have {other} hear something later", _publish(names.retry_tier(other, 1), "")
    yield "declare an exchange", lambda channel: channel.exchange_declare("forged.events", "topic")
    yield "delete an exchange", lambda channel: channel.exchange_delete(names.EVENTS_EXCHANGE)
    if user != queue.partition(".")[0]:
        yield f"read {queue}", _consume(queue)
        yield f"empty {queue}", lambda channel: channel.queue_purge(queue)
        yield f"bind {queue}", _bind(queue, names.events_exchange(other), "#")
    yield f"take a reply queue of {other}", _declare(names.reply_queue(other, "forged"))
    for key in (names.reply_queue(other, "x"), "reply.#", "#", f"{other}.*"):
        yield f"listen to {key}", _listen(own, key)
    yield "listen to events", _listen(own, "#", names.events_exchange(other))
    if user not in READERS:
        yield "read the log", _consume(names.LOG_STREAM)
    if user in SERVICES:
        yield from _of_a_service(user, other)
    else:
        yield "answer for a service", _publish(names.RPC_EXCHANGE, names.reply_queue(other, "x"))


def _of_a_service(user: str, other: str) -> Iterator[tuple[str, Act]]:
    """List what only a service comes close to."""
    exchanges = (names.events_exchange(user), names.private_exchange(user))
    for exchange in exchanges:
        yield f"tell a foreign type on {exchange}", _publish(exchange, f"{other}.a.b.v1")
    for row in services.rows(other).values():
        if isinstance(row, Command) and not may_call(user, other, row.name):
            yield f"call {other}.{row.name}", _publish(names.RPC_EXCHANGE, f"{other}.{row.name}")
            break
    for target in ("", names.events_exchange(other)):
        arguments = {"x-dead-letter-exchange": target}
        yield f"dead-letter into {target!r}", _declare(names.reply_queue(user, "x"), arguments)
    yield f"read what {other} parked", _consume(names.parked_queue(other))


@contextmanager
def forge_tokens(stage: Stage, dice: Random) -> Iterator[None]:
    """Ask every service for a change, with every token and header that proves nothing.

    :raises CannotRun: naming what was not refused.
    """
    operator = stage.house.uri_of(names.OPERATOR)
    with TemporaryDirectory() as folder, courier(names.OPERATOR, operator) as sender:
        sender.listen()
        for service in stage.house.databases:
            rows = services.rows(service).values()
            method = dice.choice(sorted(one.name for one in rows if isinstance(one, Command)))
            for what, headers, *codes in forgeries(stage, Path(folder), service):
                answer = sender.ask(f"{service}.{method}", NONSENSE, headers=headers)
                said = (answer["error"] or {}).get("code")
                if said not in codes:
                    raise CannotRun(f"{service}.{method} said {answer} to {what}, not {codes}")
    yield


def forgeries(stage: Stage, folder: Path, service: str) -> Iterator[tuple[Any, ...]]:
    """List what it is, headers that prove nothing, and the codes with which that may be refused."""

    def signer(kid: str) -> Signer:
        return Signer(stage.house.signing_keys / f"{kid}.key", kid)

    def person(by: Signer, lifetime_seconds: int = LIFETIME_SECONDS) -> str:
        return by.sign("person:x", [HOUSE], roles=["admin"], lifetime_seconds=lifetime_seconds)

    other = next(one for one in stage.house.databases if one != service)
    made_up, _ = generate_keypair(folder, "stranger")
    tokens = (
        ("nonsense", "a.b.c", "auth.token_invalid"),
        ("an expired token", person(signer("accounts"), -60), "auth.token_expired"),
        ("a token for another", signer("accounts").for_service(other), "auth.token_audience"),
        ("a person, signed by a service", person(signer("sales")), "auth.token_signer"),
        ("an unknown signer", person(Signer(made_up, "stranger")), "auth.token_signer"),
        ("another key of that name", person(Signer(made_up, "accounts")), "auth.token_invalid"),
        ("a path for a name", person(Signer(made_up, "../accounts")), "auth.token_signer"),
    )
    for what, token, code in tokens:
        yield what, {"nameko.auth_token": token}, code
    claims = {"nameko.user_id": "root", "nameko.roles": ["admin"], "auth_token": "x"}
    yield "claims in headers", claims | {"subject": "person:admin"}, "auth.token_missing"
    good = {"nameko.auth_token": person(signer("accounts"))}
    # Both services answer, in any order.
    copied = good | {"CC": [f"{other}.a"]}
    yield "a method of another", copied, "invalid.fields", "rpc.unknown_method"
    yield "a stack of calls that is none", good | {"nameko.call_id_stack": "x"}, "rpc.header"


@contextmanager
def forge_events(stage: Stage, dice: Random) -> Iterator[None]:
    """Tell other services' events with a service's own credentials, past the broker's eyes.

    The headers say what the routing key does not, and CC leads where the key may not.
    """
    heard = {type_ for partner in load_partners() for type_ in partner.hears}
    for owner in stage.house.databases:
        keys = [key for key in _told_by(stage, owner) if key not in heard]
        with courier(owner, stage.house.uri_of(owner)) as sender:
            for key in [*dice.sample(keys, min(1, len(keys))), f"{owner}.nothing.happened.v1"]:
                envelope = _forged(owner)
                stage.forged.add(envelope.id)
                headers = envelope.headers() | {"CC": [f"{owner}.nothing.happened.v2"]}
                sender.send(names.events_exchange(owner), key, BODY, headers=headers,
                            message_id=envelope.id)  # fmt: skip
                for listener in _hearing(stage, owner, key):
                    stage.expected.parked[listener, "event.unknown_type"] += 1
    yield


def _told_by(stage: Stage, owner: str) -> list[str]:
    exchange = names.events_exchange(owner)
    return sorted({key for _, row in _rows(stage) if row.exchange == exchange for key in row.keys})


def _hearing(stage: Stage, owner: str, key: str) -> list[str]:
    exchange = names.events_exchange(owner)
    return [name for name, row in _rows(stage) if row.exchange == exchange and key in row.keys]


def _rows(stage: Stage) -> Iterator[tuple[str, HandlerRow]]:
    for service in stage.house.databases:
        for row in services.rows(service).values():
            if isinstance(row, HandlerRow):
                yield service, row


def _forged(owner: str) -> Envelope:
    """Write the envelope of an event that somebody else tells."""
    id_ = new_id()
    type_ = FOREIGN if owner != "accounts" else "sales.order.placed.v1"
    return Envelope(
        id=id_, source="/crm/forged", type=type_, time=isoformat(real_now()), subject="forged",
        dataschema=f"/schemas/{type_}.json", correlation_id=id_, causation_id=id_, sequence=1,
    )  # fmt: skip


def _partners() -> list[str]:
    return [partner.user for partner in load_partners()]


def _publish(exchange: str, key: str) -> Act:
    def act(channel: BlockingChannel) -> None:
        channel.confirm_delivery()
        channel.basic_publish(exchange, key, BODY, pika.BasicProperties(delivery_mode=2))

    return act


def _consume(queue: str) -> Act:
    return lambda channel: channel.basic_consume(queue, lambda *_: None)


def _bind(queue: str, exchange: str, key: str) -> Act:
    return lambda channel: channel.queue_bind(queue, exchange, key)


def _declare(queue: str, arguments: dict[str, Any] | None = None) -> Act:
    return lambda channel: channel.queue_declare(
        queue, exclusive=True, auto_delete=True, arguments=arguments
    )


def _listen(queue: str, key: str, exchange: str = names.RPC_EXCHANGE) -> Act:
    def act(channel: BlockingChannel) -> None:
        channel.queue_declare(queue, exclusive=True, auto_delete=True)
        channel.queue_bind(queue, exchange, key)

    return act


FAULTS = (
    Fault(
        name="stolen-credentials",
        about="Every user of the broker tries what is not its business: forge, read, bind, call.",
        strike=steal_credentials,
        site="credentials",
        hold_seconds=1.0,
    ),
    Fault(
        name="forged-tokens",
        about="Every service is asked with tokens and headers that prove nothing.",
        strike=forge_tokens,
        site="tokens",
        hold_seconds=1.0,
        needs=frozenset({"accounts", "sales"}),
    ),
    Fault(
        name="forged-events",
        about="A service's own credentials tell events of another, behind the broker's back.",
        strike=forge_events,
        site="forgery",
        hold_seconds=1.0,
        together=False,
    ),
)
