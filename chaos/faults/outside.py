"""Others that stand still or are not as they should be: a callee, a handler, a partner, a queue."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

from pika.adapters.blocking_connection import BlockingChannel
from sqlalchemy import create_engine, text

from chaos.courier import courier
from chaos.faults.fault import Fault
from chaos.faults.messages import ADMINISTRATOR
from chaos.holding import Holding, held_back, holdings, move
from chaos.stage import Stage
from chassis.rows import Records
from chassis.topology.declare import bind, declare_queue, version_of
from chassis.topology.names import partner_queue
from deploy.local.house import Kind
from deploy.local.machine import CannotRun
from rapport_cli import services

FROZEN_SECONDS = 5.0
ANSWER_SECONDS = 3.0  # of the others, meanwhile
HEARD_SECONDS = 6.0
TOO_MANY = 8  # messages beyond what the queue may hold
IDLE_PARTNER = "notebook"  # never reads its queue here
MEBIBYTE = 1024 * 1024
EXIT_SECONDS = (
    20.0  # ten are promised from the end of the imports, which take long on a busy machine
)
LOGGED, MISMATCH = "{", "has other arguments than this version expects"


@contextmanager
def freeze_a_service(stage: Stage, dice: Random) -> Iterator[None]:
    """Suspend a service for some seconds; meanwhile all others answer as fast as ever.

    :raises CannotRun: if one does not.
    """
    names = sorted(stage.house.databases)
    chosen = dice.choice(names)
    with _frozen(stage, stage.of_service(chosen)):
        until = time.monotonic() + FROZEN_SECONDS
        while time.monotonic() < until:
            for service in names:
                if service != chosen:
                    _answers(stage, service, f"while {chosen} stands still")
            time.sleep(0.2)
    yield


@contextmanager
def block_a_handler(stage: Stage, dice: Random) -> Iterator[None]:
    """Hold the table of one copy locked; meanwhile the service's other handlers go on.

    :raises CannotRun: if they do not.
    """
    mark = f"{dice.getrandbits(64):016x}"
    engine = create_engine(stage.house.databases["sales"])
    try:
        with engine.begin() as holding:
            holding.execute(text("lock table customer_refs in share mode"))
            staff = {"name": f"Beside {mark}", "roles": ["rep"]}
            id_ = stage.ask("accounts.register_staff", staff, key=f"beside-{mark}")["id"]
            known = f"select id from staff_refs where id = '{id_}'"
            because = "a handler beside a slow one is at work"
            stage.wait(lambda: stage.rows("sales", known), HEARD_SECONDS, because)
            time.sleep(1.0)
    finally:
        engine.dispose()
    yield


@contextmanager
def fill_a_partners_queue(stage: Stage, dice: Random) -> Iterator[None]:  # noqa: ARG001
    """Fill the queue of an outside system that reads nothing, and go on filling it.

    :raises CannotRun: if the house is held up by it.
    """
    (limit,) = [
        int(queue.arguments["x-max-length-bytes"])
        for queue in services.topology().queues
        if queue.name == partner_queue(IDLE_PARTNER)
    ]
    with courier(ADMINISTRATOR, stage.house.broker.amqp_uri) as sender:
        for _ in range(limit // MEBIBYTE + TOO_MANY):
            sender.send("", partner_queue(IDLE_PARTNER), b" " * MEBIBYTE)
    for service in stage.house.databases:
        _answers(stage, service, f"while {IDLE_PARTNER} reads nothing")
    yield
    with courier(ADMINISTRATOR, stage.house.broker.amqp_uri) as sender:
        kept = _drained(sender.channel, partner_queue(IDLE_PARTNER))
    # The broker looks at the limit when the next message comes: one more may stand.
    if not limit - MEBIBYTE <= kept <= limit + MEBIBYTE:
        raise CannotRun(f"the queue of {IDLE_PARTNER} held {kept} bytes of {limit}")


@contextmanager
def change_a_queue(stage: Stage, dice: Random) -> Iterator[None]:
    """Give a handler's queue other arguments, as a careless upgrade would; start; mend it.

    :raises CannotRun: if the service does not end by itself with one clear line.
    """
    topology, uri = services.topology(), stage.house.broker.amqp_uri
    service = dice.choice([one for one in stage.house.databases if holdings(topology, one)])
    holding = dice.choice(holdings(topology, service))
    (wanted,) = [queue for queue in topology.queues if queue.name == holding.queue]
    names = stage.of_service(service)
    with _running_again(stage, names), held_back(uri, [holding], list):
        for name in names:
            stage.house.stop(name)
        with courier(ADMINISTRATOR, uri) as sender:
            _replace(sender.channel, holding, {"x-queue-type": "quorum"})
        try:
            _ends_clearly(stage, names[0], holding.queue)
        finally:
            for name in names:
                stage.house.stop(name)
            with courier(ADMINISTRATOR, uri) as sender:
                sender.channel.queue_delete(holding.queue)
                declare_queue(sender.channel, wanted, version_of(sender.connection))
                for bound in topology.bindings:
                    if bound.target == holding.queue:
                        bind(sender.channel, bound)
    yield


@contextmanager
def _running_again(stage: Stage, names: list[str]) -> Iterator[None]:
    try:
        yield
    finally:
        for name in names:
            stage.restart(name)


def _replace(channel: BlockingChannel, holding: Holding, arguments: dict[str, Any]) -> None:
    move(channel, holding.queue, holding, list, back=False)
    channel.queue_delete(holding.queue)
    channel.queue_declare(holding.queue, durable=True, arguments=arguments)


def _ends_clearly(stage: Stage, name: str, queue: str) -> None:
    log = Path(stage.house.places[name].log)
    before = log.stat().st_size
    stage.restart(name)
    stage.wait(lambda: not stage.house.places[name].is_running, EXIT_SECONDS, f"{name} has ended")
    with log.open("rb") as file:
        file.seek(before)
        said = file.read().decode(errors="replace").splitlines()
    plain = [line for line in said if not line.startswith(LOGGED)]
    if len(plain) != 1 or MISMATCH not in plain[0] or queue not in plain[0]:
        raise CannotRun(f"{name} did not say clearly why it ended: {plain or said[-3:]}")


def _answers(stage: Stage, service: str, when: str) -> None:
    began = time.monotonic()
    rows = [row for row in services.rows(service).values() if isinstance(row, Records)]
    found = [kind for row in rows for kind, one in row.resources.items() if "find" in one.verbs]
    stage.ask(f"{service}.find_records", {"kind": found[0], "limit": 1})
    if (took := time.monotonic() - began) > ANSWER_SECONDS:
        raise CannotRun(f"{service} took {took:.1f} s to answer {when}")


def _drained(channel: BlockingChannel, queue: str) -> int:
    """Take everything out of a queue and return how many bytes that was."""
    count = 0
    while (body := channel.basic_get(queue, auto_ack=True)[2]) is not None:
        count += len(body)
    return count


@contextmanager
def _frozen(stage: Stage, names: list[str]) -> Iterator[None]:
    for name in names:
        stage.house.freeze(name, frozen=True)
    try:
        yield
    finally:
        for name in names:
            stage.house.freeze(name, frozen=False)


FAULTS = (
    Fault(
        name="callee-stands-still",
        about="A service is suspended for five seconds; the others must answer as ever.",
        strike=freeze_a_service,
        site="services",
        hold_seconds=1.0,
        needs=frozenset({"accounts", "sales"}),
        together=False,  # who else is struck may take longer to answer
    ),
    Fault(
        name="slow-handler",
        about="A handler waits for a lock; the other handlers of its service must go on.",
        strike=block_a_handler,
        site="database",
        hold_seconds=1.0,
        kinds=frozenset({Kind.POSTGRESQL}),
        needs=frozenset({"accounts", "sales"}),
        together=False,
    ),
    Fault(
        name="partner-stands-still",
        about="A partner reads nothing and its queue is full: the oldest go, the house goes on.",
        strike=fill_a_partners_queue,
        site="partner",
        hold_seconds=2.0,
        together=False,
    ),
    Fault(
        name="queue-of-other-arguments",
        about="A service finds a queue with other arguments and must end with one clear line.",
        strike=change_a_queue,
        site="services",
        hold_seconds=1.0,
        together=False,
    ),
)
