"""Compare a broker with the declared topology; each difference is a sentence."""

import re
from collections.abc import Iterator, Mapping

from chassis.plain.connection import open_connection
from chassis.topology import names
from chassis.topology.admin import Admin, vhost_of
from chassis.topology.apply import surplus_bindings
from chassis.topology.build import handler_arguments
from chassis.topology.declare import (
    exchange_missing,
    exchange_problem,
    queue_missing,
    queue_problem,
    version_of,
)
from chassis.topology.shapes import Queue, ServiceShape, Topology, User


def check(topology: Topology, amqp_uri: str, admin_uri: str | None = None) -> list[str]:
    """Return the differences; without the management API bindings and users are not seen.

    :raises Forbidden: if the management API refuses this login.
    """
    connection = open_connection(amqp_uri, name="topology check")
    try:
        version = version_of(connection)
        problems = [exchange_problem(connection, exchange) for exchange in topology.exchanges]
        problems += [queue_problem(connection, queue, version) for queue in topology.queues]
    finally:
        connection.close()
    found = [problem for problem in problems if problem]
    if admin_uri is not None:
        with Admin(admin_uri, vhost_of(amqp_uri)) as admin:
            found += [*_bindings(topology, admin), *_orphans(topology, admin.queues())]
            found += [line for user in topology.users for line in _user(user, admin)]
    return found


def check_service(shape: ServiceShape, amqp_uri: str) -> list[str]:
    """Return what a service would miss at start, seen with its own rights.

    Its own queues are compared with their arguments, its exchanges and those that it listens to
    only looked for: it may not configure them.
    """
    service = shape.name
    own = [Queue(names.rpc_queue(service))]
    own += [Queue(handler.queue(service), handler_arguments(service)) for handler in shape.handlers]
    tiers = [names.retry_tier(service, seconds) for seconds in names.RETRY_TIERS_SECONDS]
    exchanges = [
        names.RPC_EXCHANGE,
        names.events_exchange(service),
        names.private_exchange(service),
        names.redeliver_exchange(service),
        names.park_exchange(service),
        *tiers,
        *(exchange for handler in shape.handlers for exchange, _ in handler.bindings),
    ]
    connection = open_connection(amqp_uri, name=f"{service} check")
    try:
        version = version_of(connection)
        found = [queue_problem(connection, queue, version) for queue in own]
        found += [queue_missing(connection, name) for name in (*tiers, names.parked_queue(service))]
        found += [exchange_missing(connection, name) for name in dict.fromkeys(exchanges)]
    finally:
        connection.close()
    return [problem for problem in found if problem]


def _bindings(topology: Topology, admin: Admin) -> Iterator[str]:
    found = admin.bindings()
    for one in sorted(set(topology.bindings) - found):
        yield f"Binding {one.source} -> {one.target} ({one.key}) is missing."
    for one in surplus_bindings(topology, found):
        yield f"Binding {one.source} -> {one.target} ({one.key}) is declared by nobody."


def _orphans(topology: Topology, found: Mapping[str, object]) -> Iterator[str]:
    services = "|".join(map(re.escape, topology.services))
    ours = re.compile(rf"^(({services})\..+|rpc-({services})|partner\..+|crm\..+)$")
    declared = {queue.name for queue in topology.queues}
    for name in sorted(found):
        if name not in declared and ours.fullmatch(name):
            yield f"Queue {name} has no declared handler: it fills and nobody reads it."


def _user(wanted: User, admin: Admin) -> Iterator[str]:
    found = admin.user(wanted.name)
    if found is None:
        yield f"User {wanted.name} is missing."
        return
    for right in ("configure", "write", "read"):
        if getattr(found, right) != getattr(wanted, right):
            yield f"User {wanted.name} has another {right} right than declared."
    if set(found.tags) - {""} != set(wanted.tags):
        yield f"User {wanted.name} has other tags than declared."
    here = {topic.exchange: topic for topic in found.topics}
    for topic in wanted.topics:
        if here.pop(topic.exchange, None) != topic:
            yield f"User {wanted.name} has another topic right on {topic.exchange} than declared."
    for exchange in sorted(here):
        yield f"User {wanted.name} has a topic right on {exchange} that nobody declares."
