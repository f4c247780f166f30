"""A helper process that does one thing when told: orders and answers are JSON lines on its stdin.

When whoever started it is gone the line ends, and the process with it: nothing is left over.
"""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from deploy.local.machine import CannotRun, base_environment

PROJECT = Path(__file__).resolve().parents[1]
ANSWER_SECONDS = 1800
END_SECONDS = 10
TAIL_CHARACTERS = 2000


class Child:
    """One helper process, from the side of whoever started it."""

    def __init__(self, module: str, log: Path, **config: object) -> None:
        self._module, self._log = module, log
        ours, theirs = socket.socketpair()
        ours.settimeout(ANSWER_SECONDS)
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output, theirs:
            self._process = subprocess.Popen(  # noqa: S603  # our own modules
                [sys.executable, "-m", f"bench.{module}", json.dumps(config)],
                stdin=theirs.fileno(),
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=PROJECT,
                env=base_environment(),
            )
        self._line = ours
        self._file = ours.makefile("rwb")

    @property
    def pid(self) -> int:
        """The id of the process."""
        pid: int = self._process.pid
        return pid

    def ask(self, do: str, **given: object) -> Any:
        """Give an order and wait for the answer.

        :raises CannotRun: if the process ends or is silent for too long.
        """
        try:
            self._file.write(json.dumps({"do": do, **given}).encode() + b"\n")
            self._file.flush()
            answer = self._file.readline()
        except OSError as gone:
            raise CannotRun(f"bench.{self._module} does not answer: {self._tail()}") from gone
        if not answer:
            raise CannotRun(f"bench.{self._module} ended: {self._tail()}")
        return json.loads(answer)

    def close(self) -> None:
        """End the process."""
        self._line.close()
        self._file.close()
        self._process.terminate()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _tail(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")[-TAIL_CHARACTERS:]


def config() -> dict[str, Any]:
    """Return what this helper process was started with."""
    found: dict[str, Any] = json.loads(sys.argv[1])
    return found


def serve(**orders: Callable[..., object]) -> None:
    """Do what is asked until the line ends, then end the process, whatever threads still run."""
    line = socket.socket(fileno=os.dup(0))  # green where the standard library is patched
    with line.makefile("rwb") as file:
        for order in file:
            given = json.loads(order)
            answer = orders[given.pop("do")](**given)
            file.write(json.dumps(answer).encode() + b"\n")
            file.flush()
    sys.stdout.flush()
    os._exit(0)
