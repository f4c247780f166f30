"""Compare a broker with the declared topology; each difference is a sentence."""

import re
from collections.abc import Iterator, Mapping

import pika

from chassis.plain.connection import open_connection
from chassis.topology import names
from chassis.topology.admin import Admin, vhost_of
from chassis.topology.apply import surplus_bindings
from chassis.topology.declare import (
    ACCESS_REFUSED,
    declare_exchange,
    exchange_missing,
    exchange_problem,
    queue_problem,
    refusal,
    version_of,
)
from chassis.topology.shapes import Exchange, ExchangeKind, Topology, User


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


def is_declarer(connection: pika.BlockingConnection) -> bool:
    """Say whether this user may configure what the house holds, and so sees its arguments."""
    known = Exchange(names.EVENTS_EXCHANGE, ExchangeKind.TOPIC)
    if exchange_missing(connection, known.name):
        return True  # that is told anyway, and nothing is created by looking
    refused = refusal(connection, lambda channel: declare_exchange(channel, known))
    return refused is None or refused[0] != ACCESS_REFUSED


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
