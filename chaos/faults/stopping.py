"""Processes that are told to stop (SIGTERM) when it suits them least."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from random import Random
from signal import SIGTERM

from chaos.faults.ending import SITE, a_service
from chaos.faults.fault import Fault
from chaos.stage import Stage
from chassis.errors import Refused
from deploy.local import process
from deploy.local.house import Kind
from deploy.local.machine import CannotRun
from deploy.local.services import GRACE_SECONDS

LIMP_SECONDS = 0.15  # for each piece that goes to the database or comes back
LOCKED_SECONDS = 3.0
BEFORE_SECONDS = 0.5  # so that work has begun when the signal comes
BURST = 40  # requests, twice as many as a service prefetches
STARTS = 4
LONGEST_START_SECONDS = 3.0
OUTAGE_SECONDS = 3.0
SHORT_GRACE_SECONDS = 0.2
ANSWERS_SECONDS = 60.0


@contextmanager
def stop_with_long_work(stage: Stage, dice: Random) -> Iterator[None]:
    """Tell a service to stop while its work takes seconds."""
    name = a_service(stage, dice)
    with restarted(stage, name), slow_database(stage, name):
        time.sleep(BEFORE_SECONDS)
        stop(stage, name)
    yield


@contextmanager
def stop_past_its_grace(stage: Stage, dice: Random) -> Iterator[None]:
    """Tell a service to stop while its work takes seconds, and kill it before that has ended."""
    name = a_service(stage, dice)
    with a_burst(stage, name), restarted(stage, name), slow_database(stage, name):
        time.sleep(BEFORE_SECONDS)
        stage.house.stop(name, SHORT_GRACE_SECONDS)
    yield


@contextmanager
def stop_with_full_prefetch(stage: Stage, dice: Random) -> Iterator[None]:
    """Tell a service to stop that has been handed all it can hold and has begun none of it."""
    name = a_service(stage, dice)
    stage.house.freeze(name, frozen=True)
    with a_burst(stage, name), restarted(stage, name):
        try:
            time.sleep(BEFORE_SECONDS + dice.uniform(0.0, 2.0))
            held = stage.house.places[name].process
            assert held is not None
            process.send(held, SIGTERM)  # it hears that before anything else when it goes on
        finally:
            stage.house.freeze(name, frozen=False)
        stop(stage, name)
    yield


@contextmanager
def stop_while_starting(stage: Stage, dice: Random) -> Iterator[None]:
    """Tell a service to stop at some instants of its start."""
    name = a_service(stage, dice)
    with restarted(stage, name):
        for _ in range(STARTS):
            stop(stage, name)
            stage.restart(name)
            time.sleep(dice.uniform(0.0, LONGEST_START_SECONDS))
        stop(stage, name)
    yield


@contextmanager
def stop_without_a_broker(stage: Stage, dice: Random) -> Iterator[None]:
    """Tell a service to stop while it cannot reach the broker, and start it while it still cannot."""
    name = a_service(stage, dice)
    line = stage.lines[name]
    line.refuse()
    try:
        line.cut()
        time.sleep(OUTAGE_SECONDS)
        stop(stage, name)
        stage.restart(name)
        time.sleep(OUTAGE_SECONDS)
    finally:
        line.heal()
        stage.restart(name)
    yield


def stop(stage: Stage, name: str) -> None:
    """Tell a process to stop.

    :raises CannotRun: if it had to be killed.
    """
    if not stage.house.stop(name):
        raise CannotRun(f"{name} did not end within {GRACE_SECONDS} s of being told to")


@contextmanager
def restarted(stage: Stage, name: str) -> Iterator[None]:
    """Start a process again in the end, whatever happened."""
    try:
        yield
    finally:
        stage.restart(name)


@contextmanager
def slow_database(stage: Stage, name: str) -> Iterator[None]:
    """Make whatever a service does with its database take long."""
    if stage.kind is Kind.POSTGRESQL:
        line = stage.lines[f"db:{name}"]
        line.limp(lambda: LIMP_SECONDS)
        try:
            yield
        finally:
            line.heal()
        return
    file = stage.house.databases[name].removeprefix("sqlite:///")
    with closing(sqlite3.connect(file, isolation_level=None, check_same_thread=False)) as other:
        other.execute("PRAGMA busy_timeout = 10000")
        other.execute("BEGIN IMMEDIATE")
        release = threading.Timer(LOCKED_SECONDS, other.rollback)
        release.start()
        try:
            yield
        finally:
            release.join()


@contextmanager
def a_burst(stage: Stage, name: str) -> Iterator[None]:
    """Ask a service many things at once; in the end each of them is answered."""
    asking = [
        threading.Thread(target=_ask, args=(stage, name.partition("-")[0]), daemon=True)
        for _ in range(BURST)
    ]
    for one in asking:
        one.start()
    yield
    stage.wait(
        lambda: not any(one.is_alive() for one in asking),
        ANSWERS_SECONDS,
        f"{name} has answered all of {BURST} requests",
    )


def _ask(stage: Stage, service: str) -> None:
    with suppress(Refused):  # nothing is known of such a kind: that is an answer
        stage.ask(f"{service}.get_record", {"kind": "nothing", "id": "0"})


FAULTS = (
    Fault(
        name="stopped-with-long-work",
        about="A service is told to stop (SIGTERM) while its work takes seconds.",
        strike=stop_with_long_work,
        site=SITE,
    ),
    Fault(
        name="stopped-past-its-grace",
        about="A service is told to stop while its work takes seconds, and killed before it has.",
        strike=stop_past_its_grace,
        site=SITE,
    ),
    Fault(
        name="stopped-with-full-prefetch",
        about="A service is told to stop that was handed all it can hold and has begun none of it.",
        strike=stop_with_full_prefetch,
        site=SITE,
    ),
    Fault(
        name="stopped-while-starting",
        about="A service is told to stop at several instants of its start.",
        strike=stop_while_starting,
        site=SITE,
    ),
    Fault(
        name="stopped-without-broker",
        about="A service is told to stop, and started, while it cannot reach the broker.",
        strike=stop_without_a_broker,
        site=SITE,
    ),
)
