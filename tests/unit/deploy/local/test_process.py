"""Child processes are found again, stopped for certain, and never taken for another."""

import sys
from dataclasses import replace
from pathlib import Path

from deploy.local import process
from deploy.local.machine import base_environment
from deploy.local.process import Process
from tests.support.waiting import eventually

OBEDIENT = "print('up', flush=True); import signal; signal.pause()"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {OBEDIENT}"


def started(tmp_path: Path, program: str) -> Process:
    log = tmp_path / "log"
    child = process.start([sys.executable, "-c", program], log=log, env=base_environment())
    eventually(lambda: "up" in log.read_text())
    return child


class TestStop:
    def test_lets_a_process_end_by_itself(self, tmp_path: Path) -> None:
        child = started(tmp_path, OBEDIENT)

        by_itself = process.stop(child, grace_seconds=5)

        assert (by_itself, process.is_alive(child)) == (True, False)

    def test_kills_one_that_does_not_listen(self, tmp_path: Path) -> None:
        child = started(tmp_path, STUBBORN)

        by_itself = process.stop(child, grace_seconds=0.2)

        assert (by_itself, process.is_alive(child)) == (False, False)

    def test_leaves_a_stranger_with_the_same_id_alone(self, tmp_path: Path) -> None:
        child = started(tmp_path, OBEDIENT)

        process.stop(replace(child, born=child.born - 1), grace_seconds=1)

        assert process.is_alive(child)
        process.kill(child)


class TestTail:
    def test_says_that_there_is_no_log(self, tmp_path: Path) -> None:
        assert process.tail(tmp_path / "none") == "(no log)"
