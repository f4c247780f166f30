"""A bridge as a process between a replayed PBX and a real broker, and what arrived of what it told."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from chassis.tokens import generate_keypair
from chassis.topology.shapes import HandlerShape, ServiceShape
from contracts import base as contracts
from contracts.cti import CALL_EVENTS
from deploy.local.broker import Broker
from deploy.local.machine import base_environment, free_ports
from deploy.local.pbx import ReplayPbx, Told
from deploy.local.services import PROJECT
from tests.support import waiting
from tests.support.bus import Bus, a_bus
from tests.support.pbx import BOOTED

QUEUE = "telephony.calls.q1"
SHAPES = (
    ServiceShape("accounts"),
    ServiceShape(
        "telephony",
        (
            HandlerShape("calls", (("cti.private", "cti.call.#"),)),
            HandlerShape("links", (("cti.events", "cti.link.restored.v1"),)),
        ),
    ),
)
SECONDS = 60.0
eventually = partial(waiting.eventually, seconds=SECONDS)  # a process starts in several
BY_NAME = {contracts.describe(cls).name: cls for cls in CALL_EVENTS}


@dataclass
class Place:
    """One bridge process, its surroundings, and what arrived of what it told."""

    bus: Bus
    pbx: ReplayPbx
    environ: dict[str, str]
    child: subprocess.Popen[str] | None = None
    arrived: list[tuple[dict[str, Any], dict[str, Any]]] = field(default_factory=list)

    def start(self) -> None:
        """Start the process; it need not reach anybody."""
        self.child = subprocess.Popen(
            [sys.executable, "-m", "services.telephony.bridge"],
            cwd=PROJECT, env=self.environ, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def hears(self) -> None:
        """Wait until it has told that it hears the PBX."""
        before = self.restored()
        eventually(lambda: self.restored() > before, because="it hears the PBX")

    def restored(self) -> int:
        with contextlib.closing(self.bus.connect()) as connection:
            found = connection.channel().queue_declare("telephony.links.q1", passive=True)
            return int(found.method.message_count)

    def kill(self) -> None:
        """End it without a word."""
        assert self.child is not None
        os.kill(self.child.pid, signal.SIGKILL)
        self.child.communicate()

    def stop(self) -> tuple[int, str]:
        """End it in order; return its status and what it said."""
        assert self.child is not None
        self.child.terminate()
        said, _ = self.child.communicate(timeout=SECONDS)
        return self.child.returncode, said

    def ask(self, path: str) -> httpx.Response | None:
        """Ask its ops port."""
        uri = f"http://127.0.0.1:{self.environ['RAPPORT_OPS_PORT']}{path}"
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(uri, trust_env=False, timeout=60)
        return None

    def ready(self) -> int:
        """Return the status of readiness; 0 where nobody answers."""
        answer = self.ask("/readyz")
        return answer.status_code if answer else 0

    def messages(self) -> float:
        """Count what it has heard from the PBX, understood and kept."""
        answer = self.ask("/metrics")
        lines = answer.text.splitlines() if answer else []
        return sum(
            float(one.split()[1]) for one in lines if one.startswith("crm_cti_messages_total ")
        )

    def receive(self) -> None:
        """Take what has arrived."""
        with contextlib.closing(self.bus.connect()) as connection:
            channel = connection.channel()
            while True:
                method, properties, body = channel.basic_get(QUEUE, auto_ack=True)
                if method is None:
                    return
                self.arrived.append((dict(properties.headers), orjson.loads(body)))

    def events(self) -> list[dict[str, Any]]:
        """Return what arrived, each event once, in the order of its first arrival."""
        found: dict[str, dict[str, Any]] = {}
        for headers, body in self.arrived:
            found.setdefault(str(headers["ce-id"]), {"type": headers["ce-type"]} | body)
        return list(found.values())

    def ended(self) -> int:
        """Take what has arrived and count the calls that are over."""
        self.receive()
        return sum(one["state"] == "cleared" for one in self.events())

    def tell(self, told: Sequence[Told]) -> None:
        """Let the PBX tell events."""
        for one in told:
            self.pbx.tell(one)


@pytest.fixture
def place(session_broker: Broker, tmp_path: Path) -> Iterator[Place]:
    generate_keypair(tmp_path / "keys", "cti")
    with a_bus(session_broker, SHAPES, ()) as bus, ReplayPbx(secret="s", booted=BOOTED) as pbx:
        environ = base_environment() | {
            "RAPPORT_AMQP_URI": bus.uri_of("cti"),
            "RAPPORT_OPS_PORT": str(free_ports(1)[0]),
            "RAPPORT_SIGNING_KEY": str(tmp_path / "keys" / "cti.key"),
            "RAPPORT_PUBLIC_KEYS": str(tmp_path / "keys" / "public"),
            "RAPPORT_ENVIRONMENT": "test",
            "RAPPORT_PBX_URI": pbx.uri,
            "RAPPORT_SPOOL": str(tmp_path / "spool"),
        }
        found = Place(bus, pbx, environ)
        try:
            yield found
        finally:
            if found.child is not None:
                found.child.kill()
                found.child.communicate()
