"""The chassis' transport alone, and its caller: ``python -m bench.bare_rpc JSON``."""

import bench.green  # noqa: F401  # eventlet patches the standard library before anything imports it

# isort: split
import time
from typing import Any

import eventlet

from bench.child import config, serve
from bench.wires import entrypoint
from chassis.container import Container
from chassis.context import Request
from chassis.link import ReplyLink
from chassis.logs import configure
from chassis.rpc import RpcEntrypoint

NAME = "bare_echo"


class Echo:
    """What is called: an entrypoint without a row."""

    name = NAME

    def echo(self, payload: dict[str, Any], _: Request) -> dict[str, Any]:
        """Send back what came."""
        return payload


entrypoint(Echo.echo, RpcEntrypoint())


def ask(link: ReplyLink, target: list[str], calls: int, at_once: int, **said: Any) -> float:
    """Make so many calls and return how long they took, in seconds."""
    service, method = target
    token, payload = said.get("token"), said["payload"]

    def one_after_another() -> None:
        for _ in range(calls // at_once):
            link.call(service, method, payload, token=token)

    begun = time.perf_counter()
    for thread in [eventlet.spawn(one_after_another) for _ in range(at_once)]:
        thread.wait()
    return time.perf_counter() - begun


def main() -> None:
    """Serve or call."""
    given = config()
    configure("bench", "INFO")
    if given["role"] == "serve":
        Container(Echo, {"AMQP_URI": given["amqp"]}).start()
        serve(ready=lambda: True)
    link = ReplyLink()
    link.start(given["amqp"], "bench")
    serve(run=lambda **asked: ask(link, **asked))


if __name__ == "__main__":
    main()
