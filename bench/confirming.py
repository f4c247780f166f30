"""Send events to a quorum queue and wait for the confirm of each: ``python -m bench.confirming JSON``."""

import time

from bench.child import config, serve
from bench.making import outbox_rows, published
from bench.wires import connected, purge

EXCHANGE, QUEUE = "bench.relay", "bench.relay.q1"


class Sender:
    """A connection of py-amqp's own that confirms each publish; no database, no eventlet."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._channel = connected(uri, confirm_publish=True).channel()
        self._channel.exchange_declare(EXCHANGE, "topic", durable=True, auto_delete=False)
        quorum = {"x-queue-type": "quorum"}
        self._channel.queue_declare(QUEUE, durable=True, auto_delete=False, arguments=quorum)
        self._channel.queue_bind(QUEUE, EXCHANGE, "#")

    def run(self, count: int) -> float:
        """Send so many events and return how long it took, in seconds."""
        messages = [published(row) for row in outbox_rows(count, EXCHANGE)]
        begun = time.perf_counter()
        for exchange, key, message in messages:
            self._channel.basic_publish(message, exchange, key)
        seconds = time.perf_counter() - begun
        purge(self._uri, QUEUE)
        return seconds


if __name__ == "__main__":
    sender = Sender(config()["amqp"])
    serve(ready=lambda: True, run=sender.run)
