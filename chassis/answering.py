"""How an RPC row is answered: caller, permission, validation, one transaction, the answer."""

import hashlib
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

from marshmallow import Schema
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from chassis import aliases, erased, processes
from chassis.caller import Caller, Scope
from chassis.context import Request
from chassis.envelope import encode
from chassis.errors import Conflict, Forbidden, Invalid, Refused
from chassis.meter import Meter
from chassis.origin import Origin
from chassis.pages import Page
from chassis.rows import Command, Query, Report, RpcRow, Started
from chassis.runtime import Runtime
from chassis.schemas import Nothing, dumped, loaded
from chassis.sight import Sight
from chassis.tables import IDEMPOTENCY
from chassis.visibility import demand_house, scope_of
from chassis.work import Work

NOTHING = Nothing()
MAX_KEY = 128

_REMEMBER = insert(IDEMPOTENCY)  # built once: that takes longer than executing

Answer = Callable[[Mapping[str, Any], Request], bytes]


def answerer(runtime: Runtime, row: RpcRow) -> Answer:
    """Return the function that answers one row; what never changes is prepared here."""
    meter = Meter(runtime.service, row.name, "rpc")
    run = _RUNNERS[type(row)]

    def answer(payload: Mapping[str, Any], request: Request) -> bytes:
        with meter.run(request.correlation_id):
            origin = _origin(runtime, row, request)
            fields = loaded(row.accepts or NOTHING, payload)
            return run(runtime, row, fields, _Asked(origin, request, payload))

    return answer


class _Asked:
    """A request on its way: who asks, in which conversation, with which key."""

    __slots__ = ("origin", "payload", "request")

    def __init__(self, origin: Origin, request: Request, payload: Mapping[str, Any]) -> None:
        self.origin, self.request, self.payload = origin, request, payload

    @property
    def key(self) -> str:
        key = self.request.idempotency_key or self.request.message_id
        if len(key) > MAX_KEY:
            raise Invalid(f"A key has at most {MAX_KEY} characters.", code="idempotency.key")
        return key


def _origin(runtime: Runtime, row: RpcRow, request: Request) -> Origin:
    return Origin(
        service=runtime.service,
        caller=runtime.verifier.verify(request.token),
        channel=f"rpc:{row.name}",
        correlation_id=request.correlation_id,
        causation_id=request.causation_id,
        traceparent=request.traceparent,
        permission=row.needs,
        method=row.name,
        key=request.idempotency_key or request.message_id,
    )


def _query(runtime: Runtime, row: RpcRow, fields: dict[str, Any], asked: _Asked) -> bytes:
    with runtime.looking(asked.origin) as work:
        meant = _meant(work, row, fields, asked, aliases.renamed)
        return shown(row.shows, row.usecase(work, **meant), work.caller)


def _report(runtime: Runtime, row: Report, fields: dict[str, Any], asked: _Asked) -> bytes:
    """Answer without a transaction, and only whom every record is open to.

    :raises Forbidden: if the caller sees but a part, which would look like the whole.
    """
    origin = asked.origin
    scope = scope_of(origin.caller, str(row.needs), origin.service, origin.method)
    if scope is not Scope.ALL:
        raise Forbidden("A report is over everything, not over a part.", code="auth.scope")
    if row.of_house:
        demand_house(origin.caller)
    left = max(asked.request.deadline - time.monotonic(), 0.0)
    entity_id = None if origin.caller.service else origin.caller.entity_id
    sight = Sight(runtime.own, runtime.clock.now(), left, entity_id)
    return shown(row.shows, row.usecase(sight, **fields), origin.caller)


def _command(runtime: Runtime, row: RpcRow, fields: dict[str, Any], asked: _Asked) -> bytes:
    return once(
        runtime,
        row.name,
        asked,
        lambda work: shown(row.shows, _flushed(work, row, fields, asked), work.caller),
    )


def _flushed(work: Work, row: RpcRow, fields: dict[str, Any], asked: _Asked) -> object:
    meant = _meant(work, row, fields, asked, aliases.use)
    erased.demand_none_named(work.session, asked.payload, work.service)
    value = row.usecase(work, **meant)
    work.flush()  # versions are final from here on
    return value


def _process(runtime: Runtime, row: Started, fields: dict[str, Any], asked: _Asked) -> bytes:
    def begin(work: Work, **given: Any) -> Any:
        meant = _meant(work, row, given, asked, aliases.use)
        erased.demand_none_named(work.session, asked.payload, work.service)
        return row.process.begin(work, **meant)

    process = replace(row.process, begin=begin)
    started = processes.begin(runtime, process, asked.origin, fields)
    value = processes.run_inline(runtime, row.process, started, asked.request.deadline)
    return encode(value)


def _meant(
    work: Work,
    row: RpcRow,
    fields: dict[str, Any],
    asked: _Asked,
    names_of: Callable[[Session, Collection[str]], dict[str, str]],
) -> dict[str, Any]:
    """Return the fields with old ids of customers replaced by the ids they have now."""
    ids = aliases.named(asked.payload)
    names = names_of(work.session, ids) if ids else {}
    return (
        loaded(row.accepts or NOTHING, aliases.reworded(asked.payload, names)) if names else fields
    )


_RUNNERS: dict[type[RpcRow], Callable[[Runtime, Any, dict[str, Any], _Asked], bytes]] = {
    Query: _query,
    Report: _report,
    Command: _command,
    Started: _process,
}


def once(runtime: Runtime, method: str, asked: _Asked, act: Callable[[Work], bytes]) -> bytes:
    """Run a command; the same key of the same caller gives the same answer, whatever happened.

    The key is written with the effect, so two at the same time cannot both commit: the loser
    rolls back and answers what the winner did. Nothing is looked up unless something failed.

    :raises Conflict: if the key was used with another body.
    """
    identity = {"caller": asked.origin.caller.subject, "method": method, "key": asked.key}
    digest = hashlib.sha256(encode(_sorted(asked.payload))).hexdigest()
    try:
        with runtime.working(asked.origin) as work:
            answer = act(work)
            kept = {"body_hash": digest, "answer": answer.decode(), "created_at": time.time()}
            work.session.execute(_REMEMBER, identity | kept)
    except Refused:
        earlier = _earlier(runtime, identity, digest)
        if earlier is None:
            raise
        return earlier
    runtime.wake()
    return answer


def _earlier(runtime: Runtime, identity: Mapping[str, str], digest: str) -> bytes | None:
    columns = IDEMPOTENCY.c
    with runtime.database.reading() as session:
        found = session.execute(
            select(columns.body_hash, columns.answer).where(
                *(columns[name] == value for name, value in identity.items())
            )
        ).one_or_none()
    if found is None:
        return None
    if found.body_hash != digest:
        raise Conflict(
            "This idempotency key was used before with another body.",
            code="idempotency.reused",
            detail={"key": identity["key"]},
        )
    answer: str = found.answer
    return answer.encode()


def _sorted(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(name): _sorted(value[name]) for name in sorted(value, key=str)}
    if isinstance(value, list | tuple):
        return [_sorted(item) for item in value]
    return value


def shown(schema: Schema | None, value: object, caller: Caller) -> bytes:
    """Write an answer: a page item by item, anything else through the row's schema."""
    if isinstance(value, Page):
        items = value.items if schema is None else dumped(schema, value.items, caller, many=True)
        return encode({"items": items, "next": value.next})
    return encode(value if schema is None or value is None else dumped(schema, value, caller))
