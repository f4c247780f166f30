"""Bring a broker to the declared topology; it only adds, and never deletes a queue."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pika
from pika import exceptions

from chassis.errors import Conflict, Forbidden
from chassis.plain.connection import open_connection, refused
from chassis.topology.admin import Admin, vhost_of
from chassis.topology.declare import (
    PRECONDITION_FAILED,
    bind,
    declare_exchange,
    declare_queue,
    unbind,
    version_of,
)
from chassis.topology.shapes import Binding, Topology, User


@dataclass(slots=True)
class Applied:
    """What was done, and what could not be."""

    exchanges: int = 0
    queues: int = 0
    bindings: int = 0
    unbound: list[str] = field(default_factory=list)
    users: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


class WrongTopology(Conflict):
    """Say that the broker holds something else under a declared name."""

    code = "topology.mismatch"


def apply(
    topology: Topology,
    amqp_uri: str,
    admin_uri: str | None = None,
    passwords: Mapping[str, str] | None = None,
) -> Applied:
    """Declare everything; users and surplus bindings only with the management API.

    :raises WrongTopology: if an exchange or queue exists with other arguments.
    :raises Forbidden: if this login may not declare.
    """
    done = Applied()
    connection = open_connection(amqp_uri, name="topology apply")
    try:
        _declare(topology, connection, done)
        if admin_uri is None:
            done.warnings.append("No management API was given: users and rights were left alone.")
            return done
        with Admin(admin_uri, vhost_of(amqp_uri)) as admin:
            if _has_rights(admin, done):
                _unbind_surplus(topology, connection, admin, done=done)
                _users(topology.users, admin, done, passwords=passwords or {})
    except exceptions.ChannelClosedByBroker as closed:
        if closed.reply_code == PRECONDITION_FAILED:
            raise WrongTopology(closed.reply_text) from closed
        raise refused(closed) from closed
    finally:
        if connection.is_open:
            connection.close()
    return done


def surplus_bindings(topology: Topology, found: set[Binding]) -> list[Binding]:
    """Return the bindings of declared queues that nobody declares any more."""
    queues = {queue.name for queue in topology.queues}
    declared = set(topology.bindings)
    return sorted(
        one for one in found if one.target in queues and not one.to_exchange and one not in declared
    )


def _declare(topology: Topology, connection: pika.BlockingConnection, done: Applied) -> None:
    channel, version = connection.channel(), version_of(connection)
    for exchange in topology.exchanges:
        declare_exchange(channel, exchange)
        done.exchanges += 1
    # The parked queues and tiers first: nothing may be dead-lettered into nowhere.
    for queue in topology.queues:
        declare_queue(channel, queue, version)
        done.queues += 1
    for binding in topology.bindings:
        bind(channel, binding)
        done.bindings += 1


def _has_rights(admin: Admin, done: Applied) -> bool:
    try:
        admin.require_rights()
    except Forbidden as refused:
        done.warnings.append(f"{refused.message} Users and rights were left alone.")
        return False
    return True


def _unbind_surplus(
    topology: Topology, connection: pika.BlockingConnection, admin: Admin, *, done: Applied
) -> None:
    channel = connection.channel()
    for binding in surplus_bindings(topology, admin.bindings()):
        unbind(channel, binding)
        done.unbound.append(f"{binding.source} -> {binding.target} ({binding.key})")


def _users(
    users: Sequence[User], admin: Admin, done: Applied, *, passwords: Mapping[str, str]
) -> None:
    for user in users:
        password = passwords.get(user.name)
        if password:
            admin.put_password(user, password)
        elif admin.user(user.name) is None:
            done.warnings.append(f"User {user.name} has no password and was not created.")
            continue
        admin.put_rights(user)
        done.users.append(user.name)
