"""Clocks that differ: the business clocks of all processes, the real ones of some, and one that jumps."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from random import Random

from chaos.faults.fault import Fault
from chaos.replicas import accompanied, leader_of
from chaos.stage import Stage
from deploy.local.house import Kind

SITE = "clocks"
APART_SECONDS = 300.0
FEW = 3  # services that are started anew with another clock


@contextmanager
def business_clocks(stage: Stage, dice: Random) -> Iterator[None]:
    """Set the business clock of each process apart from the house's, by up to five minutes."""
    shared = _offset(stage.house.clock_file)
    files = [Path(place.clock_file) for place in stage.house.places.values() if place.clock_file]
    try:
        for file in files:
            apart = dice.choice((-APART_SECONDS, 0.0, APART_SECONDS))
            part = file.with_suffix(".part")
            part.write_text(json.dumps({"offset_seconds": shared + apart}), encoding="ascii")
            part.replace(file)
        yield
    finally:
        for file in files:
            file.unlink(missing_ok=True)
            file.symlink_to(stage.house.clock_file)


def _offset(file: Path) -> float:
    if not file.exists():
        return 0.0
    return float(json.loads(file.read_text(encoding="utf-8"))["offset_seconds"])


@contextmanager
def skewed(stage: Stage, name: str, seconds: float) -> Iterator[Path]:
    """Run a service on a real clock of its own; yield the file that says how wrong it is."""
    file = stage.folder / f"{name}.skew"
    file.write_text(str(seconds), encoding="ascii")
    service = name.partition("-")[0]
    command = [sys.executable, "-m", "chaos.skewed", service, str(file)]
    with stage.amended(name, command=command):
        yield file


def _apart(seconds: float) -> Callable[[Stage, Random], AbstractContextManager[None]]:
    @contextmanager
    def strike(stage: Stage, dice: Random) -> Iterator[None]:
        there = sorted(stage.house.databases)
        with ExitStack() as stack:
            for name in dice.sample(there, min(FEW, len(there) - 1)):
                stack.enter_context(skewed(stage, name, seconds))
            yield

    return strike


@contextmanager
def jump(stage: Stage, dice: Random) -> Iterator[None]:
    """Let the clock of the process that leads a database jump ahead, and back after a while."""
    service = dice.choice(sorted(stage.house.databases))
    with ExitStack() as stack:
        if stage.kind is Kind.POSTGRESQL:
            stack.enter_context(accompanied(stage, service))
        names = stage.of_service(service)
        files = {name: stack.enter_context(skewed(stage, name, 0.0)) for name in names}
        file = files[leader_of(stage, service)]
        _set(file, APART_SECONDS)
        yield
        _set(file, 0.0)


def _set(file: Path, seconds: float) -> None:
    part = file.with_suffix(".part")
    part.write_text(str(seconds), encoding="ascii")
    part.replace(file)


FAULTS = (
    Fault(
        name="business-clocks-apart",
        about="The business clocks of the processes differ by up to ten minutes.",
        strike=business_clocks,
        site=SITE,
    ),
    Fault(
        name="clocks-ahead",
        about="The real clocks of some services are five minutes ahead of the others.",
        strike=_apart(APART_SECONDS),
        site=SITE,
        hold_seconds=8.0,
        together=False,
    ),
    Fault(
        name="clocks-behind",
        about="The real clocks of some services are five minutes behind the others.",
        strike=_apart(-APART_SECONDS),
        site=SITE,
        hold_seconds=8.0,
        together=False,
    ),
    Fault(
        name="clock-jumps",
        about="The real clock of a process that leads jumps five minutes ahead, and back.",
        strike=jump,
        site=SITE,
        hold_seconds=8.0,
        together=False,
    ),
)
