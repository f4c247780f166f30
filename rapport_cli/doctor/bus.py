"""The broker: whether it serves, holds what is declared, and whether everybody takes their part."""

from collections import Counter
from collections.abc import Iterator

import pika

from chassis import parking
from chassis.errors import Forbidden, NotFound, Unavailable
from chassis.topology import names
from chassis.topology.check import check, is_declarer
from chassis.topology.declare import refusal, version_of
from rapport_cli.doctor import remedies
from rapport_cli.doctor.findings import Finding, note, unseen, wrong
from rapport_cli.doctor.patient import Patient

PARTNER = "partner."
SHARE = 0.5  # of a partner's queue that may be full before it is trouble


def broker(patient: Patient) -> Iterator[Finding]:
    """Ask the broker for its version, its nodes and their alarms."""
    try:
        with patient.broker() as connection:
            yield note(f"RabbitMQ {version_of(connection)}.")
    except Unavailable as down:
        yield wrong(down.message, remedies.BROKER_DOWN)
        return
    try:
        with patient.admin() as admin:
            nodes = admin.nodes()
    except Forbidden as forbidden:
        yield unseen(f"Alarms and nodes: {forbidden.message}")
        return
    for node in nodes:
        if not node.is_running:
            yield wrong(f"Node {node.name} of the broker is down.", remedies.BROKER_DOWN)
        if node.partitions:
            apart = ", ".join(node.partitions)
            yield wrong(f"Node {node.name} is cut off from {apart}.", remedies.BROKER_SPLIT)
        for alarm in node.alarms:
            yield wrong(
                f"Node {node.name} has an alarm on {alarm}: it takes no messages.",
                remedies.BROKER_ALARM,
            )


def topology(patient: Patient) -> Iterator[Finding]:
    """Compare exchanges, queues and their arguments, bindings, users and rights with what is declared."""
    assert patient.amqp_uri is not None
    with patient.broker() as connection:
        if not is_declarer(connection):
            yield unseen("Arguments of queues: this user may not configure them.")
    admin_uri = patient.admin_uri
    if admin_uri is None:
        yield unseen("Bindings, users and rights: no management API: give --admin-uri.")
    try:
        found = check(patient.topology, patient.amqp_uri, admin_uri)
    except Forbidden as forbidden:
        yield unseen(f"Bindings, users and rights: {forbidden.message}")
        found = check(patient.topology, patient.amqp_uri)
    for line in found:
        yield wrong(line, remedies.BROKER_DIFFERS)


def consumers(patient: Patient) -> Iterator[Finding]:
    """Find the queues that nobody reads."""
    with patient.broker() as connection:
        for queue in patient.topology.queues:
            found = _depth(connection, queue.name)
            if found is None or _waits_for_nobody(queue.name):
                continue
            ready, readers = found
            if queue.name.startswith(PARTNER):
                if ready and not readers:
                    yield note(f"{ready} messages wait in {queue.name}; its partner is away.")
            elif not readers and patient.runs(_owner(queue.name)):
                yield wrong(
                    f"Nobody reads {queue.name}, where {ready} messages wait.",
                    remedies.NOBODY_CONSUMES,
                )
    yield from _partners(patient)


def parked(patient: Patient) -> Iterator[Finding]:
    """Count what is parked, by service and reason."""
    uri = patient.operator_uri
    assert uri is not None
    for service in patient.services():
        try:
            found = parking.list_parked(uri, service)
        except NotFound:
            continue  # the queue is missing: the topology's trouble
        except Forbidden as forbidden:
            yield unseen(f"What {service} has parked: {forbidden.message}")
            continue
        reasons = Counter(message.reason_code for message in found)
        if reasons:
            counted = ", ".join(f"{count} x {code}" for code, count in reasons.most_common())
            yield wrong(f"{service} has parked {len(found)}: {counted}.", remedies.PARKED)


def _partners(patient: Patient) -> Iterator[Finding]:
    """Tell which partner's queue will soon lose its oldest."""
    limits = {
        queue.name: int(queue.arguments["x-max-length-bytes"])
        for queue in patient.topology.queues
        if queue.name.startswith(PARTNER)
    }
    try:
        with patient.admin() as admin:
            found = admin.sizes()
    except Forbidden as forbidden:
        yield unseen(f"How full the partners' queues are: {forbidden.message}")
        return
    for name, limit in limits.items():
        share = found.get(name, 0) / limit
        if share > SHARE:
            yield wrong(f"{name} is {share:.0%} full.", remedies.PARTNER_WAITS)


def _depth(connection: pika.BlockingConnection, queue: str) -> tuple[int, int] | None:
    """Return how many messages wait and how many read, or None if there is no such queue."""
    seen: list[tuple[int, int]] = []

    def look(channel: pika.adapters.blocking_connection.BlockingChannel) -> None:
        found = channel.queue_declare(queue, passive=True).method
        seen.append((found.message_count, found.consumer_count))

    refusal(connection, look)
    return seen[0] if seen else None


def _waits_for_nobody(queue: str) -> bool:
    """Tell whether a queue has no reader of its own: a tier, what is parked, the log."""
    return queue == names.LOG_STREAM or ".retry." in queue or queue.endswith(".parked")


def _owner(queue: str) -> str:
    return queue.removeprefix("rpc-").partition(".")[0]
