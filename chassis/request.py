"""A request as it comes over the wire: read once, believed in nothing."""

import re
from collections.abc import Mapping
from typing import Any

from chassis.context import Request
from chassis.envelope import NotTaken, Undecodable, received
from chassis.errors import Invalid, Unavailable
from chassis.frames import Message
from chassis.ids import ID_LENGTH, new_id
from chassis.topology.names import STOCK_REPLY_KEY

MAX_BODY_BYTES = 1024 * 1024
MAX_BUDGET_SECONDS = 300.0
MAX_HEADER_CHARACTERS = 8192  # a token is the longest
MAX_ID_CHARACTERS = 2 * ID_LENGTH  # as the columns have it
MAX_STACK = 10
CONTENT_TYPE = "application/json"
ENCODINGS = frozenset({None, "utf-8", "UTF-8", "binary"})
PREFIX = "nameko."
# What a service may write to: for any other the broker closes the channel of everybody's answers,
# and those that it has not read by then are lost.
REPLY_KEY = re.compile(rf"reply\..+|{STOCK_REPLY_KEY}", re.DOTALL)


def reply_address(message: Message) -> str:
    """Return where the answer goes.

    :raises Invalid: if it says nowhere, or names something else than a reply key.
    """
    found = message.properties.get("reply_to")
    if not found or not REPLY_KEY.fullmatch(found):
        raise Invalid(
            message.unreadable or "The request says nowhere to answer to.", code="rpc.no_reply_to"
        )
    return str(found)


def read_request(message: Message, default_seconds: float) -> tuple[dict[str, Any], Request]:
    """Read payload and context; the budget counts from the message's arrival.

    :raises Invalid: if something about it is wrong.
    :raises Unavailable: if the caller has given up already.
    """
    properties = message.properties
    headers = properties.get("application_headers") or {}
    payload = _payload(message.body or b"", properties)
    message_id = _id(properties.get("message_id") or properties.get("correlation_id") or new_id())
    correlation_id = _id(_text(headers, "correlation_id") or message_id)
    request = Request(
        method=message.delivery_info["routing_key"].rpartition(".")[2],
        message_id=message_id,
        correlation_id=correlation_id,
        causation_id=_id(_text(headers, "causation_id") or message_id),
        token=_text(headers, "auth_token"),
        idempotency_key=_text(headers, "idempotency_key"),
        deadline=message.arrived + _budget(headers, default_seconds),
        traceparent=_text(headers, "traceparent"),
        call_id_stack=_stack(headers),
    )
    return payload, request


def _payload(body: bytes, properties: Mapping[str, Any]) -> dict[str, Any]:
    if len(body) > MAX_BODY_BYTES:
        raise Invalid("The request is larger than 1 MiB.", code="rpc.body_too_large")
    if properties.get("content_type") != CONTENT_TYPE:
        raise Invalid("A request is application/json.", code="rpc.content_type")
    if properties.get("content_encoding") not in ENCODINGS:
        raise Invalid("A request is encoded in UTF-8.", code="rpc.content_type")
    try:
        found = received(body)
    except NotTaken as wrong:
        raise Invalid(f"The request is not taken: {wrong}.", code="rpc.not_taken") from wrong
    except Undecodable as wrong:
        raise Invalid("The request is not JSON.", code="rpc.undecodable") from wrong
    if not isinstance(found, dict) or not isinstance(found.get("kwargs"), dict):
        raise Invalid('A request is {"args": [], "kwargs": {…}}.', code="rpc.malformed")
    if found.get("args"):
        raise Invalid("Arguments are passed by name only.", code="rpc.positional_arguments")
    kwargs: dict[str, Any] = found["kwargs"]
    return kwargs


def _budget(headers: Mapping[str, Any], default_seconds: float) -> float:
    found = headers.get("nameko.budget_ms")
    if found is None:
        return default_seconds
    if isinstance(found, bool) or not isinstance(found, int):
        raise Invalid("budget_ms is a whole number of milliseconds.", code="rpc.header")
    if found <= 0:
        raise Unavailable("The request came too late to be run.", code="rpc.expired")
    return min(found / 1000, MAX_BUDGET_SECONDS)


def _text(headers: Mapping[str, Any], name: str) -> str | None:
    found = headers.get(PREFIX + name)
    if found is None:
        return None
    # What does not print is stored and sent on with every event, and PostgreSQL takes no NUL.
    if not isinstance(found, str) or len(found) > MAX_HEADER_CHARACTERS or not found.isprintable():
        raise Invalid(f"The header {name} is not a text of moderate length.", code="rpc.header")
    return found


def _id(found: str) -> str:
    if len(found) > MAX_ID_CHARACTERS or not found.isprintable():
        raise Invalid("An id of a request is not one.", code="rpc.header")
    return found


def _stack(headers: Mapping[str, Any]) -> tuple[str, ...]:
    found = headers.get("nameko.call_id_stack") or ()
    if not isinstance(found, list | tuple) or not all(isinstance(call, str) for call in found):
        raise Invalid("call_id_stack is a list of texts.", code="rpc.header")
    return tuple(found[-MAX_STACK:])
