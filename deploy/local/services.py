"""The services of the house as processes: who they are, their settings, start, readiness, stop."""

import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx

from deploy.local import process
from deploy.local.machine import LOOPBACK, CannotRun, base_environment, wait_until
from deploy.local.process import Process

PROJECT = Path(__file__).resolve().parents[2]
READY_SECONDS = 60
GRACE_SECONDS = 30
PROBE_SECONDS = 2


@dataclass(frozen=True, slots=True)
class Place:
    """Where one service runs, with what; `process` is its latest one, dead or alive."""

    name: str
    amqp_uri: str
    database_url: str
    ops_port: int
    signing_key: str
    public_keys: str
    clock_file: str
    environment: str
    log: str
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
        """Return the whole environment of the service, ours and the machine's."""
        return {
            **base_environment(),
            "PYTHONUNBUFFERED": "1",
            "RAPPORT_AMQP_URI": self.amqp_uri,
            "RAPPORT_DATABASE_URL": self.database_url,
            "RAPPORT_OPS_PORT": str(self.ops_port),
            "RAPPORT_SIGNING_KEY": self.signing_key,
            "RAPPORT_PUBLIC_KEYS": self.public_keys,
            "RAPPORT_CLOCK_FILE": self.clock_file,
            "RAPPORT_ENVIRONMENT": self.environment,
            "RAPPORT_LOG_LEVEL": "INFO",
        }


def names() -> list[str]:
    """List the services: the folders that have a page of rows."""
    return sorted(path.parent.name for path in (PROJECT / "services").glob("*/service.py"))


def launch(place: Place) -> Process:
    """Start a service's process without waiting for it."""
    command = [sys.executable, "-m", "chassis.runner", place.name]
    return process.start(command, log=Path(place.log), env=place.settings(), cwd=PROJECT)


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
    """Tell whether a service says that it takes work."""
    try:
        return _get(place, "/readyz").status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


def metrics_text(place: Place) -> str:
    """Return what a service exports, or nothing when it does not answer."""
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
    with httpx.Client(trust_env=False, timeout=PROBE_SECONDS) as client:
        return client.get(place.ops_uri + path)
