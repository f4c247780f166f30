"""A bare AMQP consumer: counts and sums the orders it hears, and how long each was on its way."""

import json
import signal
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import pika

PLACED, REVISED = "sales.order.placed.v1", "sales.order.revised.v1"


class Notebook:
    """What was heard, by event id: a repeated delivery changes nothing."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._seen: set[str] = set()
        self._orders: dict[str, tuple[int, int, int]] = {}  # revision, lines, amount in cents
        self._customers: set[str] = set()
        self._delays: list[float] = []

    def hear(self, channel: Any, method: Any, properties: Any, body: bytes) -> None:
        """Take one event down."""
        id_ = properties.headers["ce-id"]
        if id_ not in self._seen:
            self._seen.add(id_)
            self._note(properties, json.loads(body))
        channel.basic_ack(method.delivery_tag)

    def _note(self, properties: Any, data: dict[str, Any]) -> None:
        subject = properties.headers["ce-subject"]
        if properties.type in {PLACED, REVISED}:
            told = (data["revision"], data["line_count"], data["total_minor"])
            self._orders[subject] = max(told, self._orders.get(subject, told))
            sent = datetime.fromisoformat(properties.headers["ce-time"]).timestamp()
            self._delays.append((time.time() - sent) * 1000)
        else:
            self._customers.add(subject)

    def write(self) -> None:
        """Leave the sums where whoever asked finds them."""
        found = {
            "events": len(self._seen),
            "orders": len(self._orders),
            "lines": sum(lines for _, lines, _ in self._orders.values()),
            "amount_minor": sum(amount for _, _, amount in self._orders.values()),
            "customers": len(self._customers),
            "delays_ms": sorted(round(delay, 2) for delay in self._delays),
        }
        beside = self._file.with_suffix(".new")
        beside.write_text(json.dumps(found))
        beside.replace(self._file)


def main(amqp_uri: str, queue: str, file: str) -> None:
    """Listen until told to stop; write down what was heard twice a second."""
    notebook = Notebook(Path(file))
    connection = pika.BlockingConnection(pika.URLParameters(amqp_uri))
    channel = connection.channel()
    channel.basic_qos(prefetch_count=200)
    channel.basic_consume(queue, notebook.hear)
    stopping: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stopping.append(number))
    while not stopping:
        connection.process_data_events(time_limit=0.5)
        notebook.write()
    connection.close()


if __name__ == "__main__":
    main(*sys.argv[1:4])
