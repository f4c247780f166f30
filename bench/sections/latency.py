"""From commit in one service to commit in another, and what an idle service weighs."""

import time
from pathlib import Path
from typing import Protocol

from bench.ground import Ground
from bench.lines import Line
from bench.scale import Scale
from deploy.local.house import House, Kind
from deploy.local.machine import CannotRun, wait_until

PER_SECOND, SECONDS, QUICK_SECONDS = 100, 10, 2
PATIENCE_SECONDS = 30
IDLE_SECONDS = 5
QUANTILES = {"p50": 0.5, "p99": 0.99, "p999": 0.999}


class Weighed(Protocol):
    """A process."""

    @property
    def pid(self) -> int:
        """Its id."""


def measure(ground: Ground, scale: Scale) -> list[Line]:
    """Tell at a steady pace on each kind of database; then weigh the real services at rest."""
    lines = []
    for kind in Kind:
        lines += _delays(ground, kind, QUICK_SECONDS if scale.quick else SECONDS)
        ground.release()
        ground.topology()
    return lines + _idle(ground, IDLE_SECONDS)


def _delays(ground: Ground, kind: Kind, seconds: int) -> list[Line]:
    teller = ground.child("service", page="bench", url=ground.database(kind))
    hearer = ground.child("service", page="hearer", url=ground.database(kind))
    hearer.ask("ready")
    teller.ask("tell", per_second=PER_SECOND, seconds=1)  # warm
    committed = teller.ask("tell", per_second=PER_SECOND, seconds=seconds)
    wait_until(
        lambda: committed.keys() <= hearer.ask("applied").keys(),
        PATIENCE_SECONDS,
        lambda: "not every event was applied",
    )
    applied = hearer.ask("applied")
    delays = sorted((applied[note] - instant) * 1000 for note, instant in committed.items())
    name = f"commit to applied at {PER_SECOND}/s, {kind}"
    return [
        Line(f"{name}, {quantile}", delays[min(int(share * len(delays)), len(delays) - 1)], "ms")
        for quantile, share in QUANTILES.items()
    ]


def _idle(ground: Ground, seconds: float) -> list[Line]:
    house = House(
        ground.directory / "house", kind=Kind.SQLITE, broker=ground.broker, environment="test"
    )
    try:
        house.up()
        time.sleep(seconds)
        return [
            Line(f"resident memory at rest, {name}", _resident_mib(place.process), "MiB")
            for name, place in sorted(house.places.items())
        ]
    finally:
        house.destroy()


def _resident_mib(process: Weighed | None) -> float:
    if process is None:
        raise CannotRun("a service did not start")
    for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise CannotRun(f"process {process.pid} has ended")
