"""`python -m bench`: what `make bench` runs."""

import argparse
import json
import os
import platform
import signal
import sys
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

from bench.child import PROJECT
from bench.ground import Ground, prepared
from bench.lines import Line, table
from bench.scale import Scale
from bench.sections import (
    bridge,
    consume,
    imports,
    latency,
    pops,
    questions,
    relay,
    replicas,
    rpc,
    warehouse,
    write,
)
from deploy.local.machine import CannotRun

Section = Callable[[Ground, Scale], Sequence[Line]]
SECTIONS: dict[str, Section] = {
    "rpc": rpc.measure,
    "relay": relay.measure,
    "consume": consume.measure,
    "write": write.measure,
    "replicas": replicas.measure,
    "imports": imports.measure,
    "questions": questions.measure,
    "latency": latency.measure,
    "bridge": bridge.measure,
    "pops": pops.measure,
    "warehouse": warehouse.measure,
}
ROUNDS, QUICK_ROUNDS = 7, 1
PACKAGES = ("nameko", "kombu", "amqp", "eventlet", "sqlalchemy", "psycopg2-binary")


def main(words: list[str] | None = None) -> int:
    """Measure what is asked for; return 1 if a section could not be measured."""
    given = _arguments().parse_args(words)
    scale = Scale(given.rounds or (QUICK_ROUNDS if given.quick else ROUNDS), given.quick)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # leave by the same door as Ctrl-C
    result = _run(given.directory.resolve(), given.sections or list(SECTIONS), scale)
    file = given.directory / "result.json"
    file.write_text(json.dumps(result, indent=1), encoding="utf-8")
    print(f"\nwritten to {file}")
    return 1 if result["failed"] else 0


def _run(directory: Path, names: Sequence[str], scale: Scale) -> dict[str, object]:
    directory.mkdir(parents=True, exist_ok=True)
    sections: dict[str, object] = {}
    failed: dict[str, str] = {}
    with prepared(directory) as ground:
        for name in names:
            begun = time.monotonic()
            try:
                ground.topology()
                lines = SECTIONS[name](ground, scale)
            except CannotRun as reason:
                failed[name] = str(reason)
                print(f"\n{name}: {reason}", file=sys.stderr)
                continue
            finally:
                ground.release()
            seconds = time.monotonic() - begun
            sections[name] = {
                "seconds": round(seconds, 1),
                "lines": [line.row() for line in lines],
            }
            print(f"\n{table(name, lines)}", flush=True)
    return {"quick": scale.quick, "rounds": scale.rounds, "machine": _machine(), "failed": failed,
            "sections": sections}  # fmt: skip


def _machine() -> dict[str, object]:
    return {
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
    }


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("sections", nargs="*", choices=[*SECTIONS, []], metavar="SECTION",
                        help=f"default: all of {', '.join(SECTIONS)}")  # fmt: skip
    parser.add_argument("--quick", action="store_true", help="only show that it works")
    parser.add_argument("--rounds", type=int, help=f"default: {ROUNDS}, quick: {QUICK_ROUNDS}")
    parser.add_argument("--directory", type=Path, default=PROJECT / "var" / "bench")
    return parser


if __name__ == "__main__":
    sys.exit(main())
