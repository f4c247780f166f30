"""The processes of the house: their settings, start, readiness, stop."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import httpx

from deploy.local import process
from deploy.local.machine import (
    LOOPBACK,
    CannotRun,
    base_environment,
    port_answers,
    wait_until,
)
from deploy.local.process import Process

PROJECT = Path(__file__).resolve().parents[2]
READY_SECONDS = 240
GRACE_SECONDS = 30
PROBE_SECONDS = 2
# Every address here is a number, and eventlet's own resolver is a sixth of what a service loads.
PYTHON = {"PYTHONUNBUFFERED": "1", "EVENTLET_NO_GREENDNS": "yes"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where one process runs, with what; `process` is its latest one, dead or alive.

    Without an ops port it is no process of Rapport's, and ready when `port` answers.
    """

    name: str
    command: list[str]
    log: str
    amqp_uri: str = ""
    database_url: str = ""  # services only
    ops_port: int = 0
    signing_key: str = ""
    public_keys: str = ""
    clock_file: str = ""
    environment: str = ""
    own: dict[str, str] = field(default_factory=dict)  # the settings that only it has
    port: int = 0
    process: Process | None = None

    @property
    def ops_uri(self) -> str:
        """The ops port: /livez, /readyz, /metrics."""
        return f"http://{LOOPBACK}:{self.ops_port}"

    @property
    def is_running(self) -> bool:
        """Tell whether its process is alive."""
        return self.process is not None and process.is_alive(self.process)

    def settings(self) -> dict[str, str]:
        """Return the whole environment of the process, ours and the machine's."""
        common = {
            "RAPPORT_AMQP_URI": self.amqp_uri,
            "RAPPORT_DATABASE_URL": self.database_url,
            "RAPPORT_OPS_PORT": str(self.ops_port or ""),
            "RAPPORT_SIGNING_KEY": self.signing_key,
            "RAPPORT_PUBLIC_KEYS": self.public_keys,
            "RAPPORT_CLOCK_FILE": self.clock_file,
            "RAPPORT_ENVIRONMENT": self.environment,
            "RAPPORT_LOG_LEVEL": "INFO" if self.ops_port else "",
        }
        given = {name: value for name, value in common.items() if value}
        return {**base_environment(), **PYTHON, **given, **self.own}


def launch(place: Place) -> Process:
    """Start a process without waiting for it."""
    return process.start(place.command, log=Path(place.log), env=place.settings(), cwd=PROJECT)


def await_ready(place: Place, seconds: float = READY_SECONDS) -> None:
    """Wait until a service takes work.

    :raises CannotRun: if it ends or does not get ready in time, with the end of its log.
    """

    def ready() -> bool:
        if not place.is_running:
            raise CannotRun(f"{place.name} ended while starting: {process.tail(Path(place.log))}")
        return is_ready(place)

    wait_until(
        ready, seconds, lambda: f"{place.name} is not ready: {process.tail(Path(place.log))}"
    )


def is_ready(place: Place) -> bool:
    """Tell whether a process says that it takes work."""
    if not place.ops_port:
        return place.is_running and port_answers(place.port)
    try:
        return _get(place, "/readyz").status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


def complaints(place: Place) -> dict[str, str]:
    """Return what keeps a process from taking work, as it says itself, by the name of the check."""
    try:
        found: dict[str, str] = _get(place, "/readyz").json()["wrong"]
    except httpx.HTTPError:
        return {"process": "does not answer"}
    return found


def metrics_text(place: Place) -> str:
    """Return what a process exports, or nothing when it does not answer."""
    if not place.ops_port:
        return ""
    try:
        return _get(place, "/metrics").text
    except httpx.HTTPError:
        return ""


def halt(places: list[Place], grace_seconds: float = GRACE_SECONDS) -> list[str]:
    """Stop services side by side and return the names of those that had to be killed."""
    running = [(place, place.process) for place in places if place.process is not None]
    with ThreadPoolExecutor(max_workers=max(1, len(running))) as pool:
        ended = pool.map(lambda one: process.stop(one[1], grace_seconds=grace_seconds), running)
        return [
            place.name
            for (place, _), by_itself in zip(running, ended, strict=True)
            if not by_itself
        ]


def _get(place: Place, path: str) -> httpx.Response:
    return _client().get(place.ops_uri + path)


@cache
def _client() -> httpx.Client:
    """Return what asks; each new one would read the certificates of the world, for 15 ms."""
    unkept = httpx.Limits(max_keepalive_connections=0)
    return httpx.Client(trust_env=False, timeout=PROBE_SECONDS, limits=unkept)
