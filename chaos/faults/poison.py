"""Messages that are wrong in every way: parked with the promised reason, or answered in words."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

from chaos.courier import Courier, courier, request
from chaos.faults.fault import Fault
from chaos.stage import Stage
from chassis.clock import isoformat, real_now
from chassis.envelope import Envelope
from chassis.ids import new_id
from chassis.request import MAX_BODY_BYTES
from chassis.rows import Command, Copy, Fact, HandlerRow
from chassis.topology.names import (
    INBOUND_EXCHANGE,
    OPERATOR,
    RPC_EXCHANGE,
    handler_queue,
    redeliver_exchange,
)
from contracts import base as contracts
from contracts.erp import ORDER_UPSERT, PRODUCT_UPSERT
from deploy.local.machine import CannotRun
from rapport_cli import services

HUGE_BYTES = 16 * MAX_BODY_BYTES
NO_TEXT = b"\xff\xfe"  # in a property that is text
LONG_AGO = "2020-01-01T00:00:00.000000Z"
GARBAGE = b"\x80\x04\xff{"
UNDECODABLE, SHAPE, UNKNOWN = "event.undecodable", "event.shape", "event.unknown_type"
Headers = dict[str, Any]
Spoil = Callable[[Headers], Headers]


def _with(**changes: object) -> Spoil:
    """Change headers of the envelope; None takes one away."""

    def spoil(headers: Headers) -> Headers:
        changed = headers | {f"ce-{name}": value for name, value in changes.items()}
        return {name: value for name, value in changed.items() if value is not None}

    return spoil


def _as_it_was(headers: Headers) -> Headers:
    return headers


# name -> how the envelope is spoilt, the body, other properties, why it is parked.
EVENTS: dict[str, tuple[Spoil, object, dict[str, Any], str]] = {
    "no envelope": (lambda _: {}, {}, {}, UNDECODABLE),
    "no id": (_with(id=None), {}, {}, UNDECODABLE),
    "another envelope": (_with(specversion="9"), {}, {}, UNDECODABLE),
    "a number that is none": (_with(sequence="x"), {}, {}, UNDECODABLE),
    "a header that is no text": (_with(subject=[1]), {}, {}, UNDECODABLE),
    "a time that is none": (_with(time="noon"), GARBAGE, {}, UNDECODABLE),
    "unreadable properties": (_as_it_was, {}, {"app_id": NO_TEXT}, UNDECODABLE),
    "no body": (_as_it_was, b"", {}, UNDECODABLE),
    "another content": (
        _as_it_was, GARBAGE, {"content_type": "application/x-python-serialize"}, UNDECODABLE,
    ),
    "no object": (_as_it_was, [1], {}, UNDECODABLE),
    "a version that nobody knows": (_with(type="accounts.customer.recorded.v9"), {}, {}, UNKNOWN),
    "no fields": (_as_it_was, {}, {}, SHAPE),
}  # fmt: skip
# name -> body, headers, other properties, the code of the answer.
REQUESTS: dict[str, tuple[object, Headers, dict[str, Any], str]] = {
    "another content": (GARBAGE, {}, {"content_type": "application/x-pickle"}, "rpc.content_type"),
    "no content type": (request(), {}, {"content_type": None}, "rpc.content_type"),
    "another encoding": (request(), {}, {"content_encoding": "gzip"}, "rpc.content_type"),
    "no JSON": (GARBAGE, {}, {}, "rpc.undecodable"),
    "no request": ([1], {}, {}, "rpc.malformed"),
    "arguments by place": ({"args": [1], "kwargs": {}}, {}, {}, "rpc.positional_arguments"),
    "16 MiB": (b" " * HUGE_BYTES, {}, {}, "rpc.body_too_large"),
    "no time left": (request(), {"nameko.budget_ms": 0}, {}, "rpc.expired"),
    "a budget that is none": (request(), {"nameko.budget_ms": "soon"}, {}, "rpc.header"),
    "a token that is none": (request(), {"nameko.auth_token": 5}, {}, "rpc.header"),
    "no token": (request(), {}, {}, "auth.token_missing"),
}
UNANSWERABLE: tuple[dict[str, Any], ...] = (
    {},
    {"reply_to": ""},
    {"reply_to": "sales.capture_lead"},  # an answer would be a request to somebody else
    {"reply_to": "reply.operator.x", "app_id": NO_TEXT},
)
# routing key, body, other properties -> who parks it, and why
POSTED: tuple[tuple[str, object, dict[str, Any], tuple[str, ...]], ...] = (
    (ORDER_UPSERT, {}, {}, ("inbound.message_id",)),
    (ORDER_UPSERT, GARBAGE, {"message_id": "chaos-1"}, (UNDECODABLE,)),
    (ORDER_UPSERT, b"", {"message_id": "chaos-2"}, (UNDECODABLE,)),
    (PRODUCT_UPSERT, [1], {"message_id": "chaos-3"}, (UNDECODABLE,)),
    (ORDER_UPSERT, b" " * HUGE_BYTES, {"message_id": "chaos-4"}, ("inbound.body_too_large",)),
    (PRODUCT_UPSERT, {}, {"message_id": "chaos-5", "app_id": NO_TEXT}, (UNDECODABLE,)),
    (
        PRODUCT_UPSERT, GARBAGE, {"message_id": "chaos-6", "headers": {"CC": [ORDER_UPSERT]}},
        (UNDECODABLE, "inbound.routing_key"),
    ),
)  # fmt: skip


@contextmanager
def poison_the_handlers(stage: Stage, dice: Random) -> Iterator[None]:
    """Send every wrong event to every handler of an event that runs here."""
    with courier(OPERATOR, stage.house.uri_of(OPERATOR)) as sender:
        handlers = list(_handlers(stage))
        for service, row in handlers:
            for spoil, body, properties, code in EVENTS.values():
                headers = spoil(_envelope(row).headers())
                _to_handler(sender, service, row, body, headers=headers, **properties)
                stage.expected.parked[service, code] += 1
            if isinstance(row, Fact):
                old = _with(time=LONG_AGO)(_envelope(row).headers())
                _to_handler(sender, service, row, {}, headers=old)
                stage.expected.parked[service, "event.too_old"] += 1
        service, row = dice.choice(handlers)
        huge = b" " * HUGE_BYTES
        _to_handler(sender, service, row, huge, headers=_envelope(row).headers())
        stage.expected.parked[service, UNDECODABLE] += 1
    yield


@contextmanager
def poison_the_methods(stage: Stage, dice: Random) -> Iterator[None]:
    """Send every wrong request to a method of every service, and read the answers."""
    with courier(OPERATOR, stage.house.uri_of(OPERATOR)) as sender:
        sender.listen()
        for service in stage.house.databases:
            rows = services.rows(service).values()
            method = dice.choice(sorted(one.name for one in rows if isinstance(one, Command)))
            _ask_wrongly(sender, f"{service}.{method}")
            for properties in UNANSWERABLE:
                sender.send(RPC_EXCHANGE, f"{service}.{method}", request(), **properties)
                stage.expected.parked[service, "rpc.no_reply_to"] += 1
    yield


@contextmanager
def poison_from_outside(stage: Stage, dice: Random) -> Iterator[None]:
    """Post everything that an outside system can get wrong so far that it cannot be told."""
    with courier("erp", stage.house.uri_of("erp")) as sender:
        for key, body, properties, codes in dice.sample(POSTED, len(POSTED)):
            sender.send(INBOUND_EXCHANGE, key, body, **properties)
            for code in codes:
                stage.expected.parked["sales", code] += 1
    yield


def _handlers(stage: Stage) -> Iterator[tuple[str, HandlerRow]]:
    for service in stage.house.databases:
        for row in services.rows(service).values():
            if isinstance(row, Copy | Fact):
                yield service, row


def _envelope(row: HandlerRow) -> Envelope:
    """Write the envelope of an event that this handler would take."""
    type_ = row.keys[0]
    known = contracts.registry()[type_]
    now, id_ = isoformat(real_now()), new_id()
    return Envelope(
        id=id_, source=f"/crm/{known.service}", type=type_, time=now, subject=f"chaos-{id_}",
        dataschema=known.dataschema, correlation_id=id_, causation_id=id_, sequence=1,
    )  # fmt: skip


def _to_handler(
    sender: Courier, service: str, row: HandlerRow, body: object, **properties: Any
) -> None:
    queue = handler_queue(service, row.name)
    sender.send(redeliver_exchange(service), queue, body, **properties)


def _ask_wrongly(sender: Courier, method: str) -> None:
    for name, (body, headers, properties, code) in REQUESTS.items():
        answer = sender.ask(method, body, headers=headers, **properties)
        told = answer["error"] or {}
        if told.get("code") != code:
            raise CannotRun(f"{method} answered {told or answer} to a request with {name}")


FAULTS = (
    Fault(
        name="poison-to-handlers",
        about="Every handler gets events that are wrong in a dozen ways, one of them 16 MiB.",
        strike=poison_the_handlers,
        site="handlers",
        hold_seconds=2.0,
        together=False,  # what is parked is counted
    ),
    Fault(
        name="poison-to-methods",
        about="Every service gets requests that are wrong in a dozen ways, some without a return address.",
        strike=poison_the_methods,
        site="methods",
        hold_seconds=2.0,
        together=False,
    ),
    Fault(
        name="poison-from-outside",
        about="The ERP sends messages that nobody can even refuse.",
        strike=poison_from_outside,
        site="inbound",
        hold_seconds=2.0,
        needs=frozenset({"sales"}),
        together=False,
    ),
)
