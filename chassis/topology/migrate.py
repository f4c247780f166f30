"""Move a renamed handler's messages to its new queue, and remove the old one."""

import time
from dataclasses import dataclass

import pika
from pika import exceptions
from pika.adapters.blocking_connection import BlockingChannel

from chassis.errors import Conflict, Invalid, NotFound
from chassis.plain.connection import open_connection
from chassis.plain.parked import onward
from chassis.topology import names
from chassis.topology.admin import Admin, vhost_of
from chassis.topology.declare import queue_missing, unbind
from chassis.topology.shapes import Binding

# After this long no message that failed before the move can still be in a tier.
SETTLE_SECONDS = names.RETRY_TIERS_SECONDS[-1] + 5.0


@dataclass(frozen=True, slots=True)
class Migrated:
    """What a migration did."""

    old: str
    new: str
    moved: int
    unbound: int


def migrate(
    amqp_uri: str, admin_uri: str, old: str, new: str, *, settle_seconds: float = SETTLE_SECONDS
) -> Migrated:
    """Unbind the old queue, move its messages to the new one with confirms, delete it.

    Killed in between, it can simply be run again; a message may then be there twice, with one id.

    :raises NotFound: if one of the queues is missing.
    :raises Conflict: if the old queue still has consumers.
    """
    service = old.partition(".")[0]
    if old == new or new.partition(".")[0] != service:
        raise Invalid(
            f"{old} and {new} are not two queues of one service.", code="topology.migrate"
        )
    connection = open_connection(amqp_uri, name="topology migrate")
    try:
        _require(connection, old, new)
        channel = connection.channel()
        channel.confirm_delivery()
        redeliver = names.redeliver_exchange(service)
        alias = Binding(redeliver, new, old)
        # What still waits in a tier comes back under the old name: it must find the new queue.
        channel.queue_bind(new, redeliver, old)
        unbound = _unbind_all(channel, Admin(admin_uri, vhost_of(amqp_uri)), old)
        moved = _move(channel, old, new, exchange=redeliver)
        _settle(connection, service, settle_seconds)
        moved += _move(channel, old, new, exchange=redeliver)
        unbind(channel, alias)
        channel.queue_delete(old)
    finally:
        if connection.is_open:
            connection.close()
    return Migrated(old, new, moved, unbound)


def _require(connection: pika.BlockingConnection, old: str, new: str) -> None:
    for name in (old, new):
        missing = queue_missing(connection, name)
        if missing:
            raise NotFound(missing, code="topology.queue_missing")
    found = connection.channel().queue_declare(old, passive=True).method.consumer_count
    if found:
        raise Conflict(
            f"Queue {old} still has {found} consumers: stop the service that reads it first.",
            code="topology.queue_in_use",
        )


def _unbind_all(channel: BlockingChannel, admin: Admin, queue: str) -> int:
    with admin:
        found = [one for one in admin.bindings() if one.target == queue and not one.to_exchange]
    for binding in found:
        unbind(channel, binding)
    return len(found)


def _move(channel: BlockingChannel, old: str, new: str, *, exchange: str) -> int:
    moved = 0
    while True:
        method, properties, body = channel.basic_get(old)
        if method is None or properties is None or body is None:
            return moved
        try:
            sent_on = onward(properties, properties.headers)
            channel.basic_publish(exchange, new, body, sent_on, mandatory=True)
        except (exceptions.UnroutableError, exceptions.NackError) as error:
            raise Conflict(
                f"Queue {new} is not bound to {exchange}: apply the topology first.",
                code="topology.not_applied",
            ) from error
        channel.basic_ack(method.delivery_tag)
        moved += 1


def _settle(connection: pika.BlockingConnection, service: str, seconds: float) -> None:
    channel = connection.channel()
    tiers = [names.retry_tier(service, tier) for tier in names.RETRY_TIERS_SECONDS]
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        if not any(channel.queue_declare(t, passive=True).method.message_count for t in tiers):
            return
        connection.sleep(0.2)
