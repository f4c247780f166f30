"""Start the chassis' machinery in processes, kill them, and read what they wrote down."""

import itertools
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.waiting import eventually

ROOT = Path(__file__).parents[2]
_numbers = itertools.count(1)


class Machine:
    """One process of ``tests.support.machinery``."""

    def __init__(self, url: str, amqp_uri: str, folder: Path, **config: object) -> None:
        self._journal = folder / f"machine-{next(_numbers)}.journal"
        self._journal.touch()
        self._log_file = self._journal.with_suffix(".log")
        given = {
            "url": url,
            "amqp": amqp_uri,
            "keys": str(folder),
            "journal": str(self._journal),
        }
        with self._log_file.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.machinery", json.dumps(given | config)],
                cwd=ROOT,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def lines(self, start: str) -> list[str]:
        """Return what it wrote down that starts like this."""
        return [line for line in self._journal.read_text().splitlines() if line.startswith(start)]

    def log(self) -> str:
        """Return what it printed."""
        return self._log_file.read_text()

    def wait_leads(self) -> None:
        """Wait until it leads."""
        eventually(lambda: self._alive() and self.lines("leads"), because="leads")

    def kill(
        self, number: signal.Signals = signal.SIGKILL, *, after: Callable[[], bool] | None = None
    ) -> int:
        """Send a signal, perhaps after a condition has come true, and wait for the end."""
        if after is not None:
            eventually(after)
        self.process.send_signal(number)
        return self.process.wait(timeout=60)

    def _alive(self) -> bool:
        assert self.process.poll() is None, self.log()[-3000:]
        return True


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[Callable[..., Machine]]:
    """Start machines that do not outlive the test."""
    started: list[Machine] = []

    def start(url: str, uri: str, **config: object) -> Machine:
        started.append(Machine(url, uri, tmp_path, **config))
        return started[-1]

    yield start
    for machine in started:
        if machine.process.poll() is None:
            machine.kill()
