"""From a phone that rings to what its agent should see: a replayed PBX, the bridge, four services."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta

import pika

from bench.ground import Ground
from bench.lines import Line
from bench.scale import Scale
from chassis.clock import real_now
from chassis.plain.rpc import Client
from chassis.tokens import HOUSE, Signer
from chassis.topology.names import OPERATOR, private_exchange
from contracts.base import describe
from contracts.telephony import ScreenPopped
from deploy.local.house import House, Kind
from deploy.local.machine import wait_until
from deploy.local.pbx import Play, ReplayPbx

NEEDED = ("accounts", "sales", "service_desk", "telephony", "cti")
CALLS, PER_SECOND = 300, 5
CAPTURE = "05"  # a call to an extension: it rings at once
NUMBER = "+8613800138000"
PATIENCE_SECONDS = 30.0
POLL_SECONDS = 0.1
QUANTILES = {"p50": 0.5, "p99": 0.99, "p999": 0.999}


def measure(ground: Ground, scale: Scale) -> list[Line]:
    """Let calls ring at a steady pace and note when each pop is told, with the customer's card."""
    house = House(
        ground.directory / "pops", kind=Kind.SQLITE, broker=ground.broker, environment="test",
        only=NEEDED,
    )  # fmt: skip
    try:
        house.up()
        _known(house)
        with _listening(ground.broker.amqp_uri) as delays:
            count = scale.of(CALLS)
            _ring(house, count)
            wait_until(lambda: len(delays) >= count, PATIENCE_SECONDS, lambda: "pops are missing")
    finally:
        house.destroy()
    ordered = sorted(delays)
    name = f"rings to pop told, with card, {PER_SECOND} calls/s"
    return [
        Line(f"{name}, {quantile}", ordered[min(int(share * len(ordered)), len(ordered) - 1)], "ms")
        for quantile, share in QUANTILES.items()
    ]


def _known(house: House) -> None:
    """Enter the customer who calls."""
    signer = Signer(house.signing_keys / "accounts.key", "accounts")
    token = signer.sign("person:bench", [HOUSE], roles=["admin"])
    fields: dict[str, object] = {"kind": "person", "name": "Bench Caller", "phone": NUMBER}
    with Client(house.uri_of(OPERATOR), name="bench") as client:
        client.call("accounts", "register_customer", fields, token=token)


def _ring(house: House, count: int) -> None:
    """Play the calls at the pace of the clock."""
    with ReplayPbx(house.ports["pbx"], house.pbx_secret) as pbx:
        wait_until(lambda: pbx.listeners > 0, PATIENCE_SECONDS, lambda: "the bridge stays away")
        begins = real_now() + timedelta(seconds=1)
        every = timedelta(seconds=1 / PER_SECOND)
        time.sleep((begins - real_now()).total_seconds())
        pbx.play(*(Play(CAPTURE, begins + n * every) for n in range(count)), speed=1)


@contextmanager
def _listening(amqp_uri: str) -> Iterator[list[float]]:
    """Collect the milliseconds from each ring (the PBX's clock, which is ours) to its pop."""
    delays: list[float] = []
    event, done = describe(ScreenPopped), threading.Event()
    with closing(pika.BlockingConnection(pika.URLParameters(amqp_uri))) as connection:
        channel = connection.channel()
        queue = channel.queue_declare("", exclusive=True).method.queue
        channel.queue_bind(queue, private_exchange("telephony"), event.name)

        def listen() -> None:
            for _, __, body in channel.consume(
                queue, auto_ack=True, inactivity_timeout=POLL_SECONDS
            ):
                if body is not None:
                    rang = datetime.fromisoformat(json.loads(body)["delivered_at"])
                    delays.append((real_now() - rang.astimezone(UTC)).total_seconds() * 1000)
                if done.is_set():
                    return

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        try:
            yield delays
        finally:
            done.set()
            thread.join()
