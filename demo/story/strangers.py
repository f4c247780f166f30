"""The two strangers as processes: started, listened to, stopped."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from demo.result import Check
from demo.story.desk import Desk
from deploy.local.services import PROJECT

USER = "notebook"
CALLER_SECONDS = 60
STOP_SECONDS = 10


@contextmanager
def listening(desk: Desk) -> Iterator[Path]:
    """Let a bare AMQP consumer hear the orders; yield the file it keeps its sums in."""
    file = desk.folder / "heard.json"
    module = [sys.executable, "-m", "demo.strangers.listener"]
    command = [*module, desk.house.uri_of(USER), f"partner.{USER}.q1", str(file)]
    with subprocess.Popen(command, cwd=PROJECT) as listener:  # noqa: S603  # our own words
        try:
            yield file
        finally:
            listener.terminate()
            try:
                listener.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                listener.kill()


def call_as_stranger(desk: Desk, customer_id: str) -> tuple[Check, ...]:
    """Let a stock nameko client ask for the totals, a customer, and what it may not have."""
    calls = [
        ("sales", "totals", {"external_system": "erp"}),
        ("accounts", "customer_card", {"customer_id": customer_id}),
        ("accounts", "customer_card", {"customer_id": "nobody"}),
    ]
    command = [sys.executable, "-m", "demo.strangers.caller"]
    command += [desk.house.uri_of(USER), desk.tokens["admin"]]
    started = time.monotonic()
    done = subprocess.run(  # noqa: S603  # our own words
        command,
        cwd=PROJECT,
        input=json.dumps(calls),
        capture_output=True,
        text=True,
        timeout=CALLER_SECONDS,
        check=False,
    )
    if done.returncode:
        return (Check("A stock nameko client calls", passed=False, detail=done.stderr[-300:]),)
    seconds = time.monotonic() - started
    totals, shown, refused = (dict[str, Any](answer) for answer in json.loads(done.stdout))
    expected = desk.call("sales.totals", {"external_system": "erp"})
    same = {**totals.get("result", {}), "as_of": ""} == {**expected, "as_of": ""}
    known = shown.get("result", {}).get("customer_id") == customer_id
    return (
        Check("A stock nameko client reads sales' totals", same, f"{seconds:.1f} s with its start"),
        Check("A stock nameko client reads a customer's card", known, shown.get("error", "")),
        Check(
            "A stock nameko client hears why it is refused",
            "no customer" in refused.get("error", ""),
            refused.get("error", ""),
        ),
    )
