"""Two processes of one service, and the one that leads its database: killed, doubled, deposed."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from signal import SIGCONT

from chaos.faults.ending import SITE, kill_and_restart
from chaos.faults.fault import Fault
from chaos.replicas import accompanied, leader_of
from chaos.stage import Stage
from deploy.local import process
from deploy.local.house import Kind

POSTGRESQL = frozenset({Kind.POSTGRESQL})  # on SQLite nobody else can lead
BOTH_SECONDS = 4.0
DEPOSE = """select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and application_name = 'election'
    and pid in (select pid from pg_locks where locktype = 'advisory' and granted)"""


@contextmanager
def kill_the_leader(stage: Stage, dice: Random) -> Iterator[None]:
    """Kill the process that sends what a service has told; another takes over."""
    service = dice.choice(sorted(stage.house.databases))
    with accompanied(stage, service):
        before = leader_of(stage, service)
        time.sleep(dice.uniform(0.0, 1.0))
        stage.house.kill(before)
        leader_of(stage, service)
        stage.restart(before)
        yield


@contextmanager
def depose_the_leader(stage: Stage, dice: Random) -> Iterator[None]:
    """Take the lock from a leader that stands still; when it goes on it still takes itself for one."""
    service = dice.choice(sorted(stage.house.databases))
    with accompanied(stage, service):
        before = leader_of(stage, service)
        held = stage.house.places[before].process
        assert held is not None
        stage.house.freeze(before, frozen=True)
        try:
            stage.rows(service, DEPOSE)
            leader_of(stage, service)
        finally:
            process.send(held, SIGCONT)
        yield


@contextmanager
def lead_regardless(stage: Stage, dice: Random) -> Iterator[None]:
    """Run a second process that leads whatever the election says: two relays, two sets of timers."""
    service = dice.choice(sorted(stage.house.databases))
    command = [sys.executable, "-m", "chaos.stubborn", service]
    with accompanied(stage, service) as names, stage.amended(names[-1], command=command):
        time.sleep(BOTH_SECONDS)
        kill_and_restart(stage, names[0])
        time.sleep(BOTH_SECONDS)
        yield


FAULTS = (
    Fault(
        name="relay-leader-killed",
        about="Of two processes of a service the one that leads is killed; the other takes over.",
        strike=kill_the_leader,
        site=SITE,
        kinds=POSTGRESQL,
    ),
    Fault(
        name="leader-deposed",
        about="A leader stands still and loses its lock; it goes on beside its successor.",
        strike=depose_the_leader,
        site=SITE,
        kinds=POSTGRESQL,
    ),
    Fault(
        name="two-leaders",
        about="Two processes of a service lead at once for seconds: two relays, timers twice.",
        strike=lead_regardless,
        site=SITE,
        kinds=POSTGRESQL,
    ),
)
