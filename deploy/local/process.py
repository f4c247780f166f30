"""A child process that outlives us: started in its own session, found again by its id, stopped for certain."""

import os
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from deploy.local.machine import CannotRun, wait_until

KILL_SECONDS = 60
TAIL_CHARACTERS = 1500


@dataclass(frozen=True, slots=True)
class Process:
    """A started process; `born` tells it from a later one that got the same id."""

    pid: int
    born: int


def start(
    command: list[str], *, log: Path, env: Mapping[str, str], cwd: Path | None = None
) -> Process:
    """Start a command in its own session with its output appended to `log`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        child = subprocess.Popen(  # noqa: S603 - fixed programs with arguments of our own making
            command,
            env=dict(env),
            cwd=cwd,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    child.returncode = (
        0  # we reap it ourselves in `is_alive`, and may not be its parent when it ends
    )
    return Process(child.pid, _born(child.pid) or 0)


def is_alive(process: Process) -> bool:
    """Tell whether this very process still runs."""
    with suppress(ChildProcessError):  # started by an earlier command: init reaps it
        os.waitpid(process.pid, os.WNOHANG)
    return _born(process.pid) == process.born


def send(process: Process, number: signal.Signals) -> None:
    """Send a signal, unless the process is gone."""
    if is_alive(process):
        try:
            os.kill(process.pid, number)
        except ProcessLookupError:
            return


def stop(
    process: Process, *, grace_seconds: float, with_signal: signal.Signals = signal.SIGTERM
) -> bool:
    """Ask a process to end and kill it after the grace; tell whether it ended by itself."""
    send(process, with_signal)
    try:
        wait_until(lambda: not is_alive(process), grace_seconds, lambda: "still running")
    except CannotRun:
        kill(process)
        return False
    return True


def kill(process: Process) -> None:
    """End a process at once, as a power cut would, and wait until it is gone."""
    send(process, signal.SIGKILL)
    wait_until(
        lambda: not is_alive(process), KILL_SECONDS, lambda: f"process {process.pid} does not die"
    )


def tail(log: Path) -> str:
    """Return the end of a log, for an error message."""
    if not log.exists():
        return "(no log)"
    return (
        log.read_text(encoding="utf-8", errors="replace")[-TAIL_CHARACTERS:].strip()
        or "(empty log)"
    )


def _born(pid: int) -> int | None:
    """Return the start tick of a process, or None if it is gone or only waits to be reaped."""
    place = Path(f"/proc/{pid}")
    try:
        text = (place / "stat").read_text(encoding="ascii", errors="replace")
        threads = len(list((place / "task").iterdir()))
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    # The first thread may have ended before the others, which still hold ports and locks.
    ended = fields[0] in {"Z", "X"} and threads <= 1
    return None if ended else int(fields[19])
