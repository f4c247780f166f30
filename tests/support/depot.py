"""A small real service and a small real caller, each a process of its own, for tests of the bus.

``python -m tests.support.depot serve URI JOURNAL CONFIG`` or ``… call URI USER``.
"""

import warnings

warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
import eventlet

eventlet.monkey_patch()

import json
import signal
import sys
import time
from pathlib import Path
from typing import Any

from eventlet.green import os as green_os
from eventlet.patcher import original

from chassis.consume import TopologyMismatch
from chassis.container import Container
from chassis.context import Request
from chassis.envelope import decode
from chassis.errors import Conflict, Problem, RemoteBug, Unavailable
from chassis.link import ReplyLink
from chassis.logs import configure
from chassis.rpc import Encoded, RpcEntrypoint
from chassis.subscribe import Delivery, Handler, Handling

HEARTBEAT_SECONDS = 2
CONNECT_SECONDS = 60
native_os: Any = original("os")  # a green write refuses a second greenthread
_journal: Path | None = None


def note(*words: object) -> None:
    """Append a line to the journal, so that it outlives the process."""
    assert _journal is not None
    with _journal.open("a") as file:
        file.write(" ".join(str(word) for word in words) + "\n")


def act(delivery: Delivery) -> None:
    """Do what the body says."""
    order = decode(delivery.body)
    assert isinstance(order, dict)
    note("begin", order["id"], delivery.attempt, delivery.exchange, delivery.routing_key)
    if order["do"] in {"refuse_late", "hold"}:
        while not Path(order["permit"]).exists():
            eventlet.sleep(0.05)
    if order["do"].startswith("refuse"):
        raise Conflict("The parcel is closed.", code="depot.parcel.closed")
    if order["do"] == "wait" and delivery.attempt == 1:
        raise Unavailable("The van is not here yet.")
    if order["do"] == "fail":
        raise ValueError(f"no such street: {order['id']}")
    if order["do"] == "sleep":
        eventlet.sleep(order["seconds"])
    note("end", order["id"])


def _handler(name: str, **options: Any) -> Handler:
    return Handler(queue=f"depot.{name}.q1", service="depot", **options)


class Depot:
    """What a page of rows turns into: functions that carry their entrypoint."""

    name = "depot"

    def parcels(self, delivery: Delivery) -> None:
        act(delivery)

    def letters(self, delivery: Delivery) -> None:
        act(delivery)

    def foreign(self, delivery: Delivery) -> None:
        act(delivery)

    def echo(self, payload: dict[str, Any], request: Request) -> object:
        note("begin", "echo", request.message_id)
        return payload

    def encoded(self, payload: dict[str, Any], request: Request) -> Encoded:
        return Encoded(b'{"ready":"made"}')

    def context(self, payload: dict[str, Any], request: Request) -> object:
        return {
            "method": request.method,
            "message_id": request.message_id,
            "correlation_id": request.correlation_id,
            "causation_id": request.causation_id,
            "token": request.token,
            "idempotency_key": request.idempotency_key,
            "traceparent": request.traceparent,
            "call_id_stack": list(request.call_id_stack),
            "left": request.deadline - time.monotonic(),
        }

    def sleep(self, payload: dict[str, Any], request: Request) -> object:
        note("begin", payload["id"])
        eventlet.sleep(payload["seconds"])
        note("end", payload["id"])
        return payload["id"]

    def refuse(self, payload: dict[str, Any], request: Request) -> object:
        raise Conflict("The parcel is closed.", code="depot.parcel.closed", detail={"id": "p1"})

    def fail(self, payload: dict[str, Any], request: Request) -> object:
        raise ValueError("the password is sesame")

    def much(self, payload: dict[str, Any], request: Request) -> object:
        return "x" * 1_100_000

    def strange(self, payload: dict[str, Any], request: Request) -> object:
        return object()


def offer(function: Any, entrypoint: Any) -> None:
    """Attach an entrypoint the way a page of rows does."""
    function.nameko_entrypoints = {entrypoint}


offer(Depot.parcels, _handler("parcels", prefetch=4))
offer(
    Depot.letters,
    _handler("letters", prefetch=2, handling=Handling(timeout_seconds=1.0, tiers=(1,))),
)
offer(Depot.foreign, _handler("foreign", foreign=True))
for _name in ("echo", "encoded", "context", "sleep", "refuse", "fail", "much", "strange"):
    offer(getattr(Depot, _name), RpcEntrypoint())


def serve(uri: str, journal: str, config: str) -> int:
    """Run the depot until SIGTERM."""
    global _journal  # noqa: PLW0603 - one depot per process
    _journal = Path(journal)
    configure("depot", "INFO")
    container = Container(
        Depot, {"AMQP_URI": uri, "HEARTBEAT": HEARTBEAT_SECONDS, **json.loads(config)}
    )
    signal.signal(signal.SIGTERM, lambda *_: eventlet.spawn_n(container.stop))
    try:
        container.start()
        note("started")
        container.wait()
    except TopologyMismatch as mismatch:
        print(f"fatal: {mismatch}", flush=True)
        return 3
    return 0


def call(uri: str, user: str) -> int:
    """Make the calls that come as JSON lines, all at once, and answer each with a line."""
    configure("caller", "WARNING")
    link = ReplyLink()
    link.start(uri, user, heartbeat=HEARTBEAT_SECONDS)
    link.wait_connected(CONNECT_SECONDS)

    def one(order: dict[str, Any]) -> None:
        started = time.monotonic()
        try:
            where = order["to"].split(".")
            answer = {"result": link.call(*where, order.get("payload", {}), **order["options"])}
        except Problem as problem:
            answer = {"code": problem.code, "message": problem.message, "detail": problem.detail}
        except RemoteBug as bug:
            answer = {"code": "bug", "message": str(bug)}
        answer |= {"n": order["n"], "seconds": time.monotonic() - started}
        answer["waiting"] = len(link._waiting)
        native_os.write(1, json.dumps(answer).encode() + b"\n")

    ahead = b""
    while chunk := green_os.read(0, 65536):
        *lines, ahead = (ahead + chunk).split(b"\n")
        for line in lines:
            eventlet.spawn_n(one, json.loads(line))
    link.stop()
    return 0


if __name__ == "__main__":
    sys.exit({"serve": serve, "call": call}[sys.argv[1]](*sys.argv[2:]))
