"""Services started by hand: those that cannot run, and those that do, seen through their ops port."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx

from deploy.local import process, services
from deploy.local.broker import Broker
from deploy.local.services import PROJECT, Place
from tests.support.waiting import eventually

SECONDS = 60.0  # a bound, not a measure: the machine may be busy

STUCK = """
import eventlet
eventlet.monkey_patch()
from eventlet.patcher import original
from chassis import ops
ops.STUCK_SECONDS = 0.5
one = ops.Ops("sales", 0, {})
one.start()
print(one.port, flush=True)
eventlet.sleep(0.2)
original("time").sleep(60)  # as C code would that knows nothing of greenthreads
"""

# A service as it is, but for how long it waits for SQLite's lock: a busy machine holds it for longer.
PATIENT = """
import os, sys
from chassis import runner
from chassis import database
database.LOCK_TIMEOUT_SECONDS = 60.0
status = runner.main()
sys.stdout.flush()
os._exit(status)
"""


def outcome(place: Place, name: str | None = None, **changes: str | None) -> tuple[int, str]:
    """Start a process that cannot run, or a service of that name in its place; return how it ends."""
    runner = [sys.executable, "-m", "chassis.runner"]
    settings = {k: v for k, v in (place.settings() | changes).items() if v is not None}
    ended = subprocess.run(
        place.command if name is None else [*runner, name],
        cwd=PROJECT, env=settings, capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    assert "Traceback" not in ended.stdout + ended.stderr
    return ended.returncode, ended.stderr.strip()


@contextlib.contextmanager
def a_bare_host(broker: Broker) -> Iterator[str]:
    """Make a virtual host in which nothing was applied."""
    admin = httpx.URL(str(broker.management_uri))
    everything = {"configure": ".*", "write": ".*", "read": ".*"}
    login, api = (admin.username, admin.password), f"http://{admin.host}:{admin.port}/api"
    with httpx.Client(trust_env=False, auth=login, timeout=60) as http:
        http.put(f"{api}/vhosts/bare").raise_for_status()
        http.put(f"{api}/permissions/bare/{admin.username}", json=everything).raise_for_status()
        try:
            yield f"{broker.amqp_uri.rstrip('/')}/bare"
        finally:
            http.delete(f"{api}/vhosts/bare").raise_for_status()


class Running:
    """A service that runs, and its ops port."""

    def __init__(self, place: Place) -> None:
        self.place = replace(place, process=services.launch(place))
        self._http = httpx.Client(trust_env=False, timeout=60, base_url=place.ops_uri)

    def get(self, path: str) -> httpx.Response | None:
        """Ask the ops port; None while it does not listen."""
        assert self.place.is_running, Path(self.place.log).read_text()[-3000:]
        with contextlib.suppress(httpx.TransportError):
            return self._http.get(path)
        return None

    def wrong(self) -> dict[str, str]:
        """Wait for an answer of /readyz and return what it complains of."""
        answer = eventually(lambda: self.get("/readyz"), seconds=SECONDS)
        told = answer.json()
        assert answer.status_code == (200 if told["ready"] else 503)
        assert told["ready"] is not bool(told["wrong"])
        found: dict[str, str] = told["wrong"]
        return found

    def terminate(self) -> int:
        """Tell it to stop and return its exit status."""
        self.signal()
        return self.exit_status()

    def signal(self) -> None:
        """Tell it to stop."""
        assert self.place.process is not None
        os.kill(self.place.process.pid, signal.SIGTERM)

    def exit_status(self) -> int:
        """Wait for its end."""
        assert self.place.process is not None
        child = self.place.process.pid

        def reap() -> tuple[int, int] | None:
            pid, status = os.waitpid(child, os.WNOHANG)
            return (pid, status) if pid else None

        _, status = eventually(reap, seconds=SECONDS, because="the process ends") or (0, 0)
        return os.waitstatus_to_exitcode(status)

    def value(self, name: str) -> float:
        """Return the sum of a metric's series."""
        answer = self.get("/metrics")
        lines = answer.text.splitlines() if answer else []
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"{name}{{"))

    def close(self) -> None:
        """End it."""
        self._http.close()
        if self.place.process is not None:
            process.kill(self.place.process)
