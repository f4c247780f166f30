"""What the house has told: its log, read on from where it was read last."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from chaos.stage import Stage
from chaos.tap import by_now

FRESH_SECONDS = 1.0  # so long the end of the log is still its end: one account asks many times
# Bodies of everything that is ever told would fill the memory of a long run.
KEPT = frozenset(
    {
        "service_desk.case.breached.v1",
        "service_desk.case.closed.v1",
        "service_desk.case.escalated.v1",
        "service_desk.case.opened.v1",
        "service_desk.case.warned.v1",
        "telephony.call.ended.v1",
        "telephony.callback.closed.v1",
        "telephony.callback.due.v1",
        "telephony.callback.requested.v1",
    }
)


@dataclass
class _Log:
    offset: int | None = None
    read_at: float = -FRESH_SECONDS  # when its end was seen last
    events: dict[str, tuple[str, Any]] = field(default_factory=dict)  # id -> type and body


_logs: WeakKeyDictionary[Stage, _Log] = WeakKeyDictionary()


def told(stage: Stage, *types: str) -> Iterator[Any]:
    """Yield the bodies of what was told of some types; what went out twice under one id counts once.

    :raises KeyError: if nobody keeps events of such a type.
    :raises CannotRun: if the broker does not hand out all that was told.
    """
    unknown = set(types) - KEPT
    if unknown:
        raise KeyError(*sorted(unknown))
    log = _logs.setdefault(stage, _Log())
    if time.monotonic() - log.read_at > FRESH_SECONDS:
        _read_on(stage.house.broker.amqp_uri, log)
        log.read_at = time.monotonic()
    for id_, (type_, body) in list(log.events.items()):
        if type_ in types and id_ not in stage.forged:
            yield body


def read_anew(stage: Stage) -> None:
    """Read the log from its beginning again, because it is another one now."""
    log = _logs.setdefault(stage, _Log())
    log.offset, log.read_at = None, -FRESH_SECONDS


def _read_on(uri: str, log: _Log) -> None:
    for delivery in by_now(uri, log.offset):
        log.offset = delivery.offset
        if delivery.routing_key in KEPT:
            log.events[delivery.message_id] = (delivery.routing_key, delivery.data())
