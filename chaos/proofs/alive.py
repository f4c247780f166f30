"""Every process runs and takes work; none printed a traceback on its way."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from chaos.stage import FEW, Stage
from deploy.local.machine import CannotRun

TRACEBACK = "Traceback (most recent call last)"
PATIENCE_SECONDS = 30.0
SHOWN = 300  # characters of a line, from its end: there the error stands


def alive(stage: Stage) -> Iterator[str]:
    """Name the processes that are down or do not take work, and what they had not foreseen."""
    with suppress(CannotRun):  # busy for a moment is not down
        stage.await_all_ready(PATIENCE_SECONDS)
    for name in stage.processes():
        if not stage.is_ready(name):
            yield f"{name} does not take work"
    found = list(_tracebacks(stage))
    if len(found) > stage.expected.bugs:
        yield from found[:FEW]


def tracebacks(text: str) -> Iterator[str]:
    """Yield the lines of a log that hold a traceback, each without its beginning."""
    for line in text.splitlines():
        if TRACEBACK in line:
            yield line[-SHOWN:]


def _tracebacks(stage: Stage) -> Iterator[str]:
    """Read what was logged since the last time; a process that has ended left its log here."""
    for log in sorted((stage.house.directory / "log").glob("*.log")):
        for line in tracebacks(_new(log, stage.read)):
            yield f"{log.stem} printed a traceback: …{line}"


def _new(log: Path, read: dict[str, int]) -> str:
    with log.open("rb") as file:
        file.seek(read.get(log.name, 0))
        found = file.read()
    read[log.name] = read.get(log.name, 0) + len(found)
    return found.decode(errors="replace")
