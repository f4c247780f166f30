"""The log is made anew and so small that retention overtakes the warehouse; then it is filled again."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from itertools import cycle
from random import Random
from typing import Any

import pika

from chaos.faults.broker import own_broker
from chaos.faults.fault import Fault
from chaos.proofs.warehouse import NAME, asked
from chaos.stage import Stage
from chaos.tap import by_now
from chaos.told import read_anew
from chassis.errors import Problem
from chassis.plain.delivery import Delivery
from chassis.plain.publish import Publisher
from chassis.topology.names import (
    EVENTS_EXCHANGE,
    LOG_RETENTION_BYTES,
    LOG_RETENTION_DAYS,
    LOG_SEGMENT_BYTES,
    LOG_STREAM,
)
from deploy.local.machine import CannotRun, run
from deploy.local.services import PROJECT

KEPT = "chaos.kept"  # what is told while the log forgets
NOTICE_SECONDS = 60.0
REBUILD_SECONDS = 120.0
SMALL_BYTES = 200_000
USUAL = {
    "x-max-age": f"{LOG_RETENTION_DAYS}D",
    "x-max-length-bytes": LOG_RETENTION_BYTES,
    "x-stream-max-segment-size-bytes": LOG_SEGMENT_BYTES,
}
SMALL = {"x-max-length-bytes": SMALL_BYTES, "x-stream-max-segment-size-bytes": SMALL_BYTES // 4}


@contextmanager
def overtake(stage: Stage, _: Random) -> Iterator[None]:
    """Let retention take what the warehouse has not read; fill the log again, and rebuild."""
    uri = own_broker(stage).amqp_uri
    life = _status(stage)["ordinal"]
    stage.house.stop(NAME)
    _keep(uri)
    told = list(by_now(uri))  # what comes after is kept beside it
    try:
        _make_log(uri, SMALL)
        _tell(uri, told[:1])  # a log that is empty proves nothing
        stage.house.restart(NAME)
        _await(stage, "ordinal", life, "the warehouse sees a log made anew")
        stage.house.stop(NAME)
        _tell(uri, _enough(told))
        stage.house.restart(NAME)
        _await(stage, "gaps", 0, "the warehouse sees a gap in the log")
        yield
    finally:
        life = _status(stage)["ordinal"]
        _make_log(uri, USUAL)
        told += _kept(uri)
        _tell(uri, told)
        _rebuild(stage, life, len(told))
        read_anew(stage)


def _make_log(uri: str, arguments: dict[str, Any]) -> None:
    with closing(pika.BlockingConnection(pika.URLParameters(uri))) as connection:
        channel = connection.channel()
        channel.queue_delete(LOG_STREAM)
        stream = {"x-queue-type": "stream"} | arguments
        channel.queue_declare(LOG_STREAM, durable=True, arguments=stream)
        channel.queue_bind(LOG_STREAM, EVENTS_EXCHANGE, "#")


def _keep(uri: str) -> None:
    with closing(pika.BlockingConnection(pika.URLParameters(uri))) as connection:
        channel = connection.channel()
        channel.queue_declare(KEPT, durable=True)
        channel.queue_bind(KEPT, EVENTS_EXCHANGE, "#")


def _kept(uri: str) -> list[Delivery]:
    """Return what was told meanwhile, and keep nothing more: the log does that again."""
    found = []
    with closing(pika.BlockingConnection(pika.URLParameters(uri))) as connection:
        channel = connection.channel()
        channel.queue_unbind(KEPT, EVENTS_EXCHANGE, "#")
        while True:
            method, properties, body = channel.basic_get(KEPT, auto_ack=True)
            if method is None:
                break
            found.append(Delivery(method.exchange, method.routing_key, body, properties))
        channel.queue_delete(KEPT)
    return found


def _enough(told: list[Delivery]) -> Iterator[Delivery]:
    """Repeat what was told until retention must have taken the beginning."""
    size = 0
    for delivery in cycle(told):
        size += len(delivery.body)
        yield delivery
        if size > 2 * SMALL_BYTES:
            return


def _tell(uri: str, deliveries: Iterable[Delivery]) -> None:
    """Tell events again, under their own ids: to everybody, who must know them for what they are."""
    with Publisher(uri, name="chaos") as publisher:
        for one in deliveries:
            ours = {name: value for name, value in one.headers.items() if not name.startswith("x-")}
            one.properties.headers = ours
            publisher.publish(one.exchange, one.routing_key, one.body, one.properties)


def _status(stage: Stage) -> dict[str, Any]:
    try:
        return dict(asked(stage, "status"))
    except Problem as problem:
        raise CannotRun(f"the warehouse does not say how it stands: {problem}") from problem


def _await(stage: Stage, figure: str, beyond: int, because: str) -> None:
    stage.wait(lambda: _status(stage)[figure] > beyond, NOTICE_SECONDS, because)


def _rebuild(stage: Stage, life: int, told: int) -> None:
    """Let the warehouse read what was told again, and build it anew from the log alone."""

    def has_read() -> bool:
        status = _status(stage)
        return bool(status["ordinal"] > life and (status["applied_offset"] or 0) >= told - 1)

    stage.house.restart(NAME)
    stage.wait(has_read, NOTICE_SECONDS, "the warehouse has read what was told again")
    stage.house.stop(NAME)
    words = ["-m", "services.analytics.warehouse", "rebuild", "--from-log"]
    settings = stage.house.places[NAME].settings()
    run([sys.executable, *words], env=settings, cwd=PROJECT, timeout=REBUILD_SECONDS)
    stage.house.restart(NAME)


FAULTS = (
    Fault(
        name="retention-overtakes",
        about="Retention takes from the log what the warehouse has not read; it is told again later.",
        strike=overtake,
        site="log",
        needs=frozenset({NAME}),
        hold_seconds=5.0,
        together=False,
    ),
)
