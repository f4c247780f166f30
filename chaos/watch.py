"""What the house says of itself while it is played with: counters that survive restarts, and what is under way."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress

import httpx
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.exc import SQLAlchemyError

from chaos.proofs.warehouse import NAME as WAREHOUSE
from chaos.proofs.warehouse import asked as ask_the_warehouse
from chaos.stage import Stage
from chaos.times import instant, now
from chassis.errors import Problem
from chassis.timers import MAX_ATTEMPTS
from deploy.local import management, services
from deploy.local.machine import CannotRun

EVERY_SECONDS = 1.0
PAUSE_SECONDS = 0.5
QUIET_SECONDS = 3.0  # the broker's totals are up to a second old, and so is what follows from them
CONSUMED = "crm_events_consumed_total"


class Watch:
    """Read everybody's counters every second: a process that is killed takes its own with it."""

    def __init__(self, stage: Stage) -> None:
        self._stage, self._ended = stage, threading.Event()
        self._seen: dict[tuple[str, int, str], float] = {}
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def end(self) -> None:
        """End."""
        self._ended.set()
        self._thread.join(10)

    def look(self) -> None:
        """Read the counters now."""
        for name, place in list(self._stage.house.places.items()):
            if place.process is None or not place.ops_port:
                continue
            for outcome, value in _consumed(services.metrics_text(place)).items():
                self._seen[name, place.process.pid, outcome] = value

    def total(self, *outcomes: str) -> int:
        """Return how many deliveries ended so, in all processes there ever were."""
        seen = list(self._seen.items())
        return int(sum(value for (_, _, what), value in seen if what in outcomes))

    def _run(self) -> None:
        while not self._ended.wait(EVERY_SECONDS):
            self.look()


def _consumed(exported: str) -> dict[str, float]:
    found: dict[str, float] = defaultdict(float)
    for family in text_string_to_metric_families(exported):
        for sample in family.samples:
            if sample.name == CONSUMED:
                found[sample.labels["outcome"]] += sample.value
    return found


def await_quiet(
    waiting: Callable[[], list[str]], seconds: float, quiet_seconds: float = QUIET_SECONDS
) -> float:
    """Wait until nothing waits, in every look for a while; return when that while began.

    :raises CannotRun: if something still waits, with its names.
    """
    began = time.monotonic()
    quiet_since: float | None = None
    while quiet_since is None or time.monotonic() - quiet_since < quiet_seconds:
        looked_at, found = time.monotonic(), waiting()
        if not found:
            quiet_since = looked_at if quiet_since is None else quiet_since
        elif looked_at - began > seconds:
            raise CannotRun(f"not settled after {seconds:.0f} s: {', '.join(found)}")
        else:
            quiet_since = None
        time.sleep(PAUSE_SECONDS)
    return round(quiet_since - began, 1)


def under_way(stage: Stage) -> list[str]:
    """Name what still waits: rows of outboxes, messages in queues, processes, dues of timers.

    The outboxes first: what is relayed between the two looks is seen twice, not never.
    """
    there = {*stage.house.databases, "rpc"}
    uri = stage.house.broker.management_uri
    with suppress(httpx.HTTPError):
        assert uri is not None
        found = [one for service in stage.house.databases for one in _stored(stage, service)]
        found += [
            f"{queue.name} holds {queue.ready + queue.unacked + queue.held}"
            for queue in management.queues(uri)
            if queue.ready + queue.unacked + queue.held
            and queue.kind != "stream"
            and not queue.name.endswith(".parked")
            and queue.name.partition(".")[0].partition("-")[0] in there
        ]
        return found + _unread(stage)
    return ["the broker does not tell"]


def _stored(stage: Stage, service: str) -> list[str]:
    asked = {
        "the outbox of": "select count(*) as n from outbox",
        "unfinished processes of": "select count(*) as n from processes where status in ('running', 'acting', 'undoing')",
    }
    try:
        counts = {what: stage.rows(service, query)[0]["n"] for what, query in asked.items()}
        due = _due(stage, service)
    except SQLAlchemyError:
        return [f"the database of {service} does not tell"]
    waiting = [f"{what} {service}: {count}" for what, count in counts.items() if count]
    return waiting + due


def _due(stage: Stage, service: str) -> list[str]:
    """Name the timer that should have fired by now; one that is stuck is no longer waited for."""
    first = f"select kind, due from timers where attempts < {MAX_ATTEMPTS} order by due limit 1"
    due = [row for row in stage.rows(service, first) if instant(row["due"]) <= now(stage)]
    return [f"a timer of {service} is due: {row['kind']}" for row in due]


def _unread(stage: Stage) -> list[str]:
    """Say that the warehouse has not read the log to its end."""
    if WAREHOUSE not in stage.house.places:
        return []
    try:
        lag = ask_the_warehouse(stage, "status")["lag_events"]
    except Problem:
        lag = None
    return [f"the warehouse is {'?' if lag is None else lag} events behind"] if lag != 0 else []
