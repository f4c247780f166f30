"""Derive the whole topology from what services and partners declare."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from chassis.topology import names
from chassis.topology.permissions import plain_users, users
from chassis.topology.shapes import (
    Argument,
    Binding,
    Exchange,
    ExchangeKind,
    HandlerShape,
    Queue,
    ServiceShape,
    Topology,
    WrongShape,
)
from contracts.partners import Partner
from contracts.plain import PlainProcess

_NAME = re.compile(r"^[a-z][a-z0-9_]*$")
RESERVED = frozenset({"crm", "rpc", "reply", "partner", "amq", names.OPERATOR, names.MONITOR})
# The last words of a service's own names: a handler called "retry" would read like a tier.
RESERVED_HANDLERS = frozenset({"events", "private", "retry", "redeliver", "park", "parked"})


def build(
    shapes: Sequence[ServiceShape],
    partners: Sequence[Partner],
    plain: Sequence[PlainProcess] = (),
) -> Topology:
    """Describe exchanges, queues, bindings and users for these services, partners and processes.

    :raises WrongShape: if two declarations contradict each other.
    """
    exchanges = [*_exchanges(shapes), *_told_aside(plain)]
    _check_names(shapes, partners, plain)
    _check_handlers(shapes, {exchange.name for exchange in exchanges})
    _check_inbound(shapes, partners)
    return Topology(
        services=tuple(shape.name for shape in shapes),
        exchanges=tuple(exchanges),
        queues=tuple(_queues(shapes, partners)),
        bindings=tuple(sorted({*_house(shapes), *_handlers(shapes), *_partners(shapes, partners)})),
        users=(*users(shapes, partners), *plain_users(plain)),
    )


def handler_arguments(service: str) -> dict[str, Argument]:
    """Return the arguments of a handler queue: bounded redelivery, then parked, never dropped."""
    return {"x-delivery-limit": names.DELIVERY_LIMIT, **_never_lost(names.park_exchange(service))}


def _never_lost(dead_letter_exchange: str) -> dict[str, Argument]:
    # At least once: the broker keeps the message until the target has confirmed it. It demands
    # reject-publish, which without a length limit never refuses anything.
    return {
        "x-queue-type": "quorum",
        "x-dead-letter-exchange": dead_letter_exchange,
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }


def _exchanges(shapes: Sequence[ServiceShape]) -> Iterator[Exchange]:
    for name in (
        names.RPC_EXCHANGE,
        names.EVENTS_EXCHANGE,
        names.INBOUND_EXCHANGE,
        names.OUTBOUND_EXCHANGE,
    ):
        yield Exchange(name, ExchangeKind.TOPIC)
    for shape in shapes:
        yield Exchange(names.events_exchange(shape.name), ExchangeKind.TOPIC)
        yield Exchange(names.private_exchange(shape.name), ExchangeKind.TOPIC)
        yield Exchange(names.redeliver_exchange(shape.name), ExchangeKind.DIRECT)
        yield Exchange(names.park_exchange(shape.name), ExchangeKind.FANOUT)
        for seconds in names.RETRY_TIERS_SECONDS:
            yield Exchange(names.retry_tier(shape.name, seconds), ExchangeKind.FANOUT)


def _told_aside(plain: Sequence[PlainProcess]) -> Iterator[Exchange]:
    """Give what tells beside the services its exchanges; nothing of it enters the log."""
    for process in plain:
        if process.tells:
            yield Exchange(names.events_exchange(process.name), ExchangeKind.TOPIC)
            yield Exchange(names.private_exchange(process.name), ExchangeKind.TOPIC)


def _queues(shapes: Sequence[ServiceShape], partners: Sequence[Partner]) -> Iterator[Queue]:
    yield Queue(
        names.LOG_STREAM,
        {
            "x-queue-type": "stream",
            "x-max-age": f"{names.LOG_RETENTION_DAYS}D",
            "x-max-length-bytes": names.LOG_RETENTION_BYTES,
            "x-stream-max-segment-size-bytes": names.LOG_SEGMENT_BYTES,
        },
    )
    for shape in shapes:
        yield Queue(names.rpc_queue(shape.name))
        yield Queue(names.parked_queue(shape.name), {"x-queue-type": "quorum"}, unlimited=True)
        for seconds in names.RETRY_TIERS_SECONDS:
            waiting: dict[str, Argument] = {"x-message-ttl": seconds * 1000}
            back = _never_lost(names.redeliver_exchange(shape.name))
            yield Queue(names.retry_tier(shape.name, seconds), waiting | back)
        for handler in shape.handlers:
            yield Queue(handler.queue(shape.name), handler_arguments(shape.name))
    for partner in partners:
        yield Queue(
            names.partner_queue(partner.name),
            {
                "x-queue-type": "quorum",
                "x-max-length-bytes": partner.queue_bytes,
                "x-overflow": "drop-head",
            },
            unlimited=True,  # it has nowhere to park what it returns too often
        )


def _house(shapes: Sequence[ServiceShape]) -> Iterator[Binding]:
    yield Binding(names.EVENTS_EXCHANGE, names.LOG_STREAM, "#")
    for shape in shapes:
        service = shape.name
        events = names.events_exchange(service)
        yield Binding(events, names.EVENTS_EXCHANGE, "#", to_exchange=True)
        yield Binding(names.RPC_EXCHANGE, names.rpc_queue(service), f"{service}.*")
        yield Binding(names.park_exchange(service), names.parked_queue(service), "")
        for seconds in names.RETRY_TIERS_SECONDS:
            tier = names.retry_tier(service, seconds)
            yield Binding(tier, tier, "")


def _handlers(shapes: Sequence[ServiceShape]) -> Iterator[Binding]:
    for shape in shapes:
        redeliver = names.redeliver_exchange(shape.name)
        for handler in shape.handlers:
            queue = handler.queue(shape.name)
            yield Binding(redeliver, queue, queue)
            for exchange, key in handler.bindings:
                yield Binding(exchange, queue, key)


def _partners(shapes: Sequence[ServiceShape], partners: Sequence[Partner]) -> Iterator[Binding]:
    present = {shape.name for shape in shapes}
    for partner in partners:
        queue = names.partner_queue(partner.name)
        yield Binding(names.OUTBOUND_EXCHANGE, queue, f"{partner.name}.#")
        for heard, exchange_of in (
            (partner.hears, names.events_exchange),
            (partner.hears_private, names.private_exchange),
        ):
            for type_ in heard:
                service = type_.partition(".")[0]
                if service in present:
                    yield Binding(exchange_of(service), queue, type_)


def _check_names(
    shapes: Sequence[ServiceShape], partners: Sequence[Partner], plain: Sequence[PlainProcess]
) -> None:
    users_ = [shape.name for shape in shapes] + [process.name for process in plain]
    users_ += [partner.user for partner in partners]
    for name, count in Counter(users_).items():
        if count > 1 or name in RESERVED or not _NAME.fullmatch(name):
            raise WrongShape(f"{name} cannot be the name of one service or partner.")


def _check_handlers(shapes: Sequence[ServiceShape], exchanges: set[str]) -> None:
    for shape in shapes:
        handlers = Counter(handler.name for handler in shape.handlers)
        for handler, count in handlers.items():
            if count > 1 or handler in RESERVED_HANDLERS or not _NAME.fullmatch(handler):
                raise WrongShape(f"{shape.name}.{handler} cannot be the name of one handler.")
        for one in shape.handlers:
            _check_bindings(shape.name, one, exchanges)


def _check_bindings(service: str, handler: HandlerShape, exchanges: set[str]) -> None:
    if not handler.bindings:
        raise WrongShape(f"{service}.{handler.name} is bound to nothing.")
    for exchange, _ in handler.bindings:
        if exchange not in exchanges:
            raise WrongShape(f"{service}.{handler.name} listens to {exchange}, which nobody owns.")


def _check_inbound(shapes: Sequence[ServiceShape], partners: Sequence[Partner]) -> None:
    present = {shape.name for shape in shapes}
    promised = {
        (line.service, line.handler, line.key)
        for partner in partners
        for line in partner.sends
        if line.service in present
    }
    bound = {
        (shape.name, handler.name, key)
        for shape in shapes
        for handler in shape.handlers
        for exchange, key in handler.bindings
        if exchange == names.INBOUND_EXCHANGE
    }
    for service, handler, key in sorted(promised - bound):
        raise WrongShape(f"{key} is promised to {service}.{handler}, which does not listen to it.")
    for service, handler, key in sorted(bound - promised):
        raise WrongShape(f"{service}.{handler} listens to {key}, which no partner may send.")
