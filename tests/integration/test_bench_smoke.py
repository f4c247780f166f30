"""The benchmark in its quick form: every section measures, writes it down, and nothing stays behind."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local.broker import Broker
from deploy.local.machine import private_directory
from tests.support.waiting import eventually

ROOT = Path(__file__).parents[2]
SECTIONS = [
    "rpc", "relay", "consume", "write", "replicas", "imports", "questions", "latency", "bridge",
    "pops", "warehouse",
]  # fmt: skip
pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


def bench(directory: Path, *words: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "bench", "--quick", "--directory", str(directory), *words]
    return subprocess.Popen(command, cwd=ROOT)


def test_measures_every_section_and_writes_it_down(tmp_path: Path) -> None:
    status = bench(tmp_path).wait()

    result = json.loads((tmp_path / "result.json").read_text())
    assert (status, result["failed"]) == (0, {})
    assert list(result["sections"]) == SECTIONS
    lines = [line for section in result["sections"].values() for line in section["lines"]]
    assert sum(line["bar"] is not None for line in lines) == 26
    # The kernel counts processor time in hundredths of a second: too coarse for a few calls.
    assert all(line["value"] > 0 for line in lines if line["unit"] != "us")


def test_leaves_nothing_behind_when_it_is_interrupted(tmp_path: Path) -> None:
    running = bench(tmp_path, "rpc")
    private = private_directory(tmp_path / "machine")
    eventually((tmp_path / "log" / "stock_rpc-0.log").exists, seconds=120)
    broker = Broker(private / "broker")

    running.send_signal(signal.SIGTERM)
    running.wait(timeout=60)

    assert (broker.is_up(), private.exists()) == (False, False)
    # One that was just starting ends when it sees that nobody is there any more.
    eventually(lambda: _helpers_of(tmp_path) == [], because="helpers have ended")


def _helpers_of(directory: Path) -> list[str]:
    listed = subprocess.run(["ps", "-eo", "args"], check=True, capture_output=True, text=True)
    return [
        line for line in listed.stdout.splitlines() if "bench." in line and str(directory) in line
    ]
