"""An echo on py-amqp alone, without a promise: ``python -m bench.raw_rpc JSON``."""

import json
import threading
import time
from typing import Any

import amqp

from bench.child import config, serve
from bench.wires import connected

QUEUE = "bench.raw"


def answer_for_ever(uri: str) -> None:
    """Send every message back to where it asks."""
    connection = connected(uri)
    channel = connection.channel()
    channel.queue_declare(QUEUE, durable=False, auto_delete=False)

    def echo(message: Any) -> None:
        told = message.properties
        back = amqp.Message(message.body, correlation_id=told["correlation_id"], delivery_mode=1)
        channel.basic_publish(back, "", told["reply_to"])

    channel.basic_consume(QUEUE, no_ack=True, callback=echo)
    while True:
        connection.drain_events()


class Asker:
    """Who asks."""

    def __init__(self, uri: str) -> None:
        self._connection = connected(uri)
        self._channel = self._connection.channel()
        self._channel.queue_declare(QUEUE, durable=False, auto_delete=False)
        self._back = self._channel.queue_declare("", exclusive=True).queue
        self._answers = 0
        self._channel.basic_consume(self._back, no_ack=True, callback=self._hear)

    def run(self, payload: dict[str, Any], calls: int, at_once: int) -> float:
        """Make so many calls and return how long they took, in seconds."""
        self._answers = sent = 0
        begun = time.perf_counter()
        while self._answers < calls:
            while sent < calls and sent - self._answers < at_once:
                body = json.dumps(payload)
                message = amqp.Message(
                    body, correlation_id=str(sent), reply_to=self._back, delivery_mode=1
                )
                self._channel.basic_publish(message, "", QUEUE)
                sent += 1
            self._connection.drain_events()
        return time.perf_counter() - begun

    def _hear(self, message: Any) -> None:
        json.loads(message.body)
        self._answers += 1


def main() -> None:
    """Serve or call."""
    given = config()
    if given["role"] == "serve":
        threading.Thread(target=answer_for_ever, args=(given["amqp"],), daemon=True).start()
        serve(ready=lambda: True)
    asker = Asker(given["amqp"])
    serve(run=asker.run)


if __name__ == "__main__":
    main()
