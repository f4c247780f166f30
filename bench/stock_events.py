"""A stock nameko event handler without any promise: ``python -m bench.stock_events JSON``."""

import bench.green  # noqa: F401  # eventlet patches the standard library before anything imports it

# isort: split
import time
from typing import Any

import eventlet
from nameko.containers import ServiceContainer
from nameko.events import EventHandler

from bench.child import config, serve
from bench.making import stock_events
from bench.wires import entrypoint, fill

SOURCE, TYPE = "stock_source", "note_created"
EXCHANGE, QUEUE = f"{SOURCE}.events", f"evt-{SOURCE}-{TYPE}--stock_hearer.hear"
heard: list[float] = []  # instants


class Hearer:
    """Count what comes."""

    name = "stock_hearer"

    def hear(self, _: dict[str, Any]) -> None:
        """Note that an event came."""
        heard.append(time.perf_counter())


entrypoint(Hearer.hear, EventHandler(SOURCE, TYPE))


def run(uri: str, count: int) -> float:
    """Consume so many events that wait in the queue; return how long it took from the first on."""
    fill(uri, QUEUE, stock_events(count, EXCHANGE, TYPE))
    heard.clear()
    container = started(uri)
    while len(heard) < count:
        eventlet.sleep(0.002)
    container.stop()
    return heard[-1] - heard[0]


def started(uri: str) -> Any:
    """Start the service as it comes."""
    container = ServiceContainer(Hearer, {"AMQP_URI": uri})
    container.start()
    return container


if __name__ == "__main__":
    broker = config()["amqp"]
    started(broker).stop()  # it declares its queue
    serve(run=lambda count: run(broker, count))
