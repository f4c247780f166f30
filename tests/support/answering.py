"""A service that answers by rote: its RPC queue is real, what it says is given."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pika

from chassis.errors import Problem, to_wire
from chassis.topology.names import RPC_EXCHANGE, rpc_queue
from tests.support.bus import Bus

Answer = Callable[[dict[str, Any]], object]


@contextmanager
def answering(bus: Bus, service: str, answers: Mapping[str, Answer]) -> Iterator[list[str]]:
    """Answer a service's methods on a thread; yield the list of the methods that were called."""
    called: list[str] = []
    stop, ready = threading.Event(), threading.Event()

    def serve() -> None:
        connection = bus.connect(service)
        channel = connection.channel()
        messages = channel.consume(rpc_queue(service), inactivity_timeout=0.05)
        ready.set()
        for method, properties, body in messages:
            if stop.is_set():
                break
            if method is not None:
                name = method.routing_key.partition(".")[2]
                called.append(name)
                reply = json.dumps(_reply(answers[name], json.loads(body)["kwargs"])).encode()
                echo = pika.BasicProperties(correlation_id=properties.correlation_id)
                channel.basic_publish(RPC_EXCHANGE, properties.reply_to, reply, echo)
                channel.basic_ack(method.delivery_tag)
        connection.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    assert ready.wait(60)
    try:
        yield called
    finally:
        stop.set()
        thread.join(60)


def _reply(answer: Answer, payload: dict[str, Any]) -> dict[str, object]:
    try:
        return {"result": answer(payload), "error": None}
    except (Problem, LookupError) as error:
        return {"result": None, "error": to_wire(error)}
