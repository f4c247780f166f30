"""Captured calls in numbers: understood, told, confirmed: ``python -m bench.calling JSON``."""

import itertools
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pika
from prometheus_client import REGISTRY

from bench.child import config, serve
from chassis.clock import real_now
from chassis.plain.publish import Publisher
from deploy.local.pbx import Play, ReplayPbx
from deploy.local.pbx.playing import Numbering, events, together
from services.telephony.bridge.client import Limits
from services.telephony.bridge.config import Own
from services.telephony.bridge.listening import Listener
from services.telephony.bridge.machine import Machine
from services.telephony.bridge.messages import Message
from services.telephony.bridge.publishing import Sender
from services.telephony.bridge.spool import Row, Spool
from services.telephony.bridge.telegrams import written

CAPTURES = ("01", "02", "03", "05", "09", "18", "19", "21")
SHORT = ("01", "02", "03", "05")  # at most four seconds
QUEUES = {"cti.private": "bench.calls.q1", "cti.events": "bench.links.q1"}
QUEUE = QUEUES["cti.private"]
POLL_SECONDS, TICK_SECONDS = 0.01, 0.005
CONFIRM_SECONDS = 120.0
BATCH_CALLS = 400
PAGE_BYTES = 4096


class Pbx:
    """Plays calls at a rate, in a process of its own."""

    def __init__(self) -> None:
        self._pbx = ReplayPbx()

    def uri(self) -> str:
        """Return where the bridge finds it."""
        return self._pbx.uri

    def play(self, calls: int, rate: float) -> dict[str, float]:
        """Play so many calls, begun so often a second; return when that was by the machine's clock.

        ``talk`` is how long it goes on by itself when the last call has begun.
        """
        begins, names = real_now(), itertools.cycle(SHORT)
        plays = [
            Play(next(names), begins + timedelta(seconds=number / rate)) for number in range(calls)
        ]
        told = list(together([self._pbx.events(one) for one in plays]))
        talk = (told[-1].at - begins).total_seconds() - (calls - 1) / rate
        begun = time.monotonic()
        self._pbx.pace(told, 1.0, tick=TICK_SECONDS)
        return {"begun": begun, "over": time.monotonic(), "talk": talk}


class Desk:
    """Understands calls, and sends what is told of them."""

    def __init__(self, amqp_uri: str) -> None:
        self._amqp_uri = amqp_uri
        self._folder = Path(tempfile.mkdtemp(prefix="bench-spool-"))
        self._numbering = Numbering("pbx1")
        self._listener: Listener | None = None

    def understand(self, calls: int) -> float:
        """Return how long it takes to understand so many calls and to write what is told of them."""
        blocks = list(self._blocks(calls, CAPTURES))
        machine = a_machine()
        begun = time.perf_counter()
        for block in blocks:
            machine.hear(Message(block))
        for told, id_ in machine.told:
            written(told, id_, (told.call_id, told.seq), told.at)
        return time.perf_counter() - begun

    def remember(self, calls: int) -> dict[str, int]:
        """Return the resident bytes after a fifth of so many calls and after all of them."""
        machine, sizes = a_machine(), []
        for done in range(0, calls, BATCH_CALLS):
            for block in self._blocks(BATCH_CALLS, CAPTURES):
                machine.hear(Message(block))
            machine.told.clear()
            machine.changed.clear()
            sizes.append((done + BATCH_CALLS, resident_bytes()))
        early = next(size for done, size in sizes if done >= calls // 5)
        return {"early": early, "late": sizes[-1][1], "open": len(machine.calls)}

    def listen(self, uri: str) -> bool:
        """Begin to hear a PBX and to publish."""
        self._declare()
        own = Own(pbx_uri=uri, spool=self._folder)
        self._spool = Spool(own.spool, own.spool_bytes)
        sender = Sender(self._amqp_uri, self._spool)
        machine = a_machine()
        self._listener = Listener(machine, self._spool, sender.wake, own.address(), Limits())
        sender.start()
        self._listener.start()
        while REGISTRY.get_sample_value("crm_cti_link_up") != 1:
            time.sleep(POLL_SECONDS)
        return True

    def confirmed(self, calls: int) -> float:
        """Wait until all that is to be told of so many calls is confirmed, each event once.

        Returns when that was. Raises RuntimeError if more has come, or too little in a long time.
        """
        give_up, depth = time.monotonic() + CONFIRM_SECONDS, 0
        with closing(pika.BlockingConnection(pika.URLParameters(self._amqp_uri))) as connection:
            channel = connection.channel()
            while time.monotonic() < give_up and depth <= expected(calls):
                if self._spool.rows == 0:
                    now = time.monotonic()
                    depth = channel.queue_declare(QUEUE, passive=True).method.message_count
                    if depth == expected(calls):
                        return now
                time.sleep(POLL_SECONDS)
        raise RuntimeError(f"{depth} events have arrived, not {expected(calls)}")

    def bare(self, calls: int) -> float:
        """Publish the same messages without a bridge; return how long it takes."""
        self._declare()
        rows = list(self._rows(calls))
        properties = [pika.BasicProperties(delivery_mode=2, message_id=row.id) for row in rows]
        with Publisher(self._amqp_uri) as publisher:
            begun = time.perf_counter()
            for row, one in zip(rows, properties, strict=True):
                publisher.publish(row.exchange, row.routing_key, row.body, one)
            publisher.flush()
            return time.perf_counter() - begun

    def end(self) -> bool:
        """Let go of everything."""
        if self._listener is not None:
            self._listener.stop()
        shutil.rmtree(self._folder, ignore_errors=True)
        return True

    def _blocks(self, calls: int, names: tuple[str, ...]) -> Iterator[bytes]:
        chosen = itertools.islice(itertools.cycle(names), calls)
        for name in chosen:
            for told in events(Play(name), self._numbering, real_now()):
                yield told.data[:-4]

    def _rows(self, calls: int) -> Iterator[Row]:
        machine = a_machine()
        for block in self._blocks(calls, SHORT):
            machine.hear(Message(block))
        for told, id_ in machine.told:
            yield written(told, id_, (told.call_id, told.seq), told.at)

    def _declare(self) -> None:
        connection = pika.BlockingConnection(pika.URLParameters(self._amqp_uri))
        channel = connection.channel()
        for exchange, queue in QUEUES.items():
            channel.queue_declare(queue, durable=True, arguments={"x-queue-type": "quorum"})
            channel.queue_purge(queue)
            channel.exchange_declare(exchange, "topic", durable=True)
            channel.queue_bind(queue, exchange, "#")
        connection.close()


def a_machine() -> Machine:
    """Return a machine that knows its PBX."""
    machine = Machine("CN", frozenset({"trunk"}))
    machine.pbx, machine.boot_id = "pbx1", "bench"
    return machine


def expected(calls: int) -> int:
    """Return how many events are told of so many short calls."""
    told = {"01": 5, "02": 5, "03": 4, "05": 4}
    return sum(told[name] for name in itertools.islice(itertools.cycle(SHORT), calls))


def resident_bytes() -> int:
    """Return how much memory this process holds."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * PAGE_BYTES


if __name__ == "__main__":
    given = config()
    if given["role"] == "pbx":
        pbx = Pbx()
        serve(uri=pbx.uri, play=pbx.play)
    else:
        desk = Desk(given["amqp"])
        serve(understand=desk.understand, remember=desk.remember, listen=desk.listen,
              confirmed=desk.confirmed, bare=desk.bare, end=desk.end)  # fmt: skip
