"""A service whose event loop is blocked says so to whoever looks whether it lives."""

import subprocess
import sys

import httpx

from deploy.local.services import PROJECT
from tests.support.runners import SECONDS, STUCK
from tests.support.waiting import eventually


def test_an_event_loop_that_is_stuck_is_told() -> None:
    """W15: what blocks the loop cannot be ended from inside; liveness has it restarted."""
    command = [sys.executable, "-W", "ignore", "-c", STUCK]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as stuck:
        assert stuck.stdout is not None
        uri = f"http://127.0.0.1:{int(stuck.stdout.readline())}/livez"
        try:
            with httpx.Client(trust_env=False, timeout=60) as client:
                answer = eventually(
                    lambda: (found := client.get(uri)).status_code == 503 and found,
                    seconds=SECONDS,
                )
        finally:
            stuck.kill()

    assert answer.text == "stuck\n"
