"""Stock nameko: one echo service, and its two ways to call it: ``python -m bench.stock_rpc JSON``."""

import bench.green  # noqa: F401  # eventlet patches the standard library before anything imports it

# isort: split
import time
from collections import deque
from typing import Any

import eventlet
from eventlet.event import Event
from nameko.containers import ServiceContainer
from nameko.extensions import Entrypoint
from nameko.rpc import Rpc, RpcProxy
from nameko.standalone.rpc import ClusterRpcProxy

from bench.child import config, serve
from bench.wires import entrypoint

NAME = "stock_echo"


class Echo:
    """What is called."""

    name = NAME

    def echo(self, text: str, number: int) -> dict[str, object]:
        """Send back what came."""
        return {"text": text, "number": number}


class Asking:
    """A service that calls another."""

    name = "stock_asking"
    stock = RpcProxy(NAME)

    def ask(self, payload: dict[str, Any], calls: int, at_once: int) -> float:
        """Make so many calls and return how long they took, in seconds."""

        def one_after_another() -> None:
            for _ in range(calls // at_once):
                self.stock.echo(**payload)

        return in_green_threads(one_after_another, at_once)


entrypoint(Echo.echo, Rpc())
entrypoint(Asking.ask, Entrypoint())  # started by hand


def in_green_threads(action: Any, count: int) -> float:
    """Do the same in so many greenthreads; return how long it took, in seconds."""
    begun = time.perf_counter()
    for thread in [eventlet.spawn(action) for _ in range(count)]:
        thread.wait()
    return time.perf_counter() - begun


def ask_in_service(container: Any, **given: Any) -> float:
    """Run the asking method as a worker."""
    ended = Event()

    def note(_: object, result: object, exc_info: object) -> tuple[object, object]:
        ended.send(result)
        return result, exc_info

    (asking,) = container.entrypoints
    container.spawn_worker(asking, (), given, handle_result=note)
    seconds: float = ended.wait()
    return seconds


def ask_standalone(proxy: Any, payload: dict[str, Any], calls: int, at_once: int) -> float:
    """Make so many calls with the standalone proxy."""
    waiting: deque[Any] = deque()
    begun = time.perf_counter()
    for _ in range(calls):
        if len(waiting) == at_once:
            waiting.popleft().result()
        waiting.append(proxy.echo.call_async(**payload))
    while waiting:
        waiting.popleft().result()
    return time.perf_counter() - begun


def main() -> None:
    """Serve or call."""
    given = config()
    settings = {"AMQP_URI": given["amqp"]}
    if given["role"] == "standalone":
        with ClusterRpcProxy(settings) as cluster:
            proxy = cluster[NAME]
            serve(run=lambda **asked: ask_standalone(proxy, **asked))
    container = ServiceContainer(Echo if given["role"] == "serve" else Asking, settings)
    container.start()
    serve(ready=lambda: True, run=lambda **asked: ask_in_service(container, **asked))


if __name__ == "__main__":
    main()
