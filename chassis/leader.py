"""What one process does for its database beside answering: relay, timers, processes, copies."""

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial

import eventlet
from sqlalchemy import event, update
from sqlalchemy.orm import Session

from chassis import copies, housekeeping, metrics, processes, sealing, taking, timers
from chassis.broker import BROKER_ERRORS, open_connection, raw_channel
from chassis.election import Election
from chassis.errors import Problem, Unavailable
from chassis.logs import get_logger
from chassis.relay import Relay, attempt
from chassis.runtime import Runtime
from chassis.sweeping import sweep_parked
from chassis.tables import PROCESSES
from chassis.topology import names
from chassis.turn import OPEN

DRAIN_SECONDS = 5.0
COUNT_SECONDS = 5.0
STOP_SECONDS = 5.0  # for a round that is under way
# Processes that run side by side because they were started here: most of their time is waiting for
# a neighbour, which takes no connection.
AT_ONCE = 32
# Database connections beside those of the entrypoints: the relay's, one for each duty, and some for
# the processes that were started here.
CONNECTIONS = 12

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Duty:
    """A job that is repeated for ever."""

    name: str
    every_seconds: float
    run: Callable[[Runtime], object]
    everywhere: bool = False  # else only where this process leads


def refresh_copies(runtime: Runtime) -> None:
    """Read the snapshots that are not complete; one that fails does not hold up the others."""
    for row in copies.incomplete(runtime):
        failure = attempt(partial(copies.refresh, runtime, row), f"copy:{row.name}")
        if isinstance(failure, Problem):
            log.warning("copy waits", copy=row.name, code=failure.code)


def take_over(runtime: Runtime) -> None:
    """Go on at once with what a dead process held: the database is ours alone."""
    columns = PROCESSES.c
    held = columns.status.in_(OPEN) & (columns.attempts == 0)
    with runtime.database.begin() as session:
        session.execute(update(PROCESSES).where(held).values(next_try=0.0))


def count_parked(runtime: Runtime) -> None:
    """Look how many messages wait for a person.

    :raises Unavailable: if the broker does not answer.
    """
    name = f"{runtime.service} counts"
    try:
        with eventlet.Timeout(COUNT_SECONDS):
            connection = open_connection(runtime.settings.amqp_uri, name, heartbeat=0)
            with closing(connection):
                queue = names.parked_queue(runtime.service)
                found = raw_channel(connection).queue_declare(queue, passive=True)
    except BROKER_ERRORS as down:
        raise Unavailable("The broker does not answer.", code="broker.unreachable") from down
    metrics.PARKED.labels(runtime.service).set(found.message_count)


DUTIES = (
    Duty("timers", 0.25, timers.fire_due),
    # Two, so that a neighbour that does not answer holds up fewer; the lease keeps them apart.
    Duty("processes", 0.25, processes.resume_due),
    Duty("processes", 0.25, processes.resume_due),
    Duty("copies", 3.0, refresh_copies),
    Duty("purge", 600.0, housekeeping.purge),
    Duty("seal", 30.0, sealing.seal),
    Duty("parked", 15.0, count_parked),
    Duty("sweep", 15.0, sweep_parked),
    # Everywhere: a former leader's gauges would stand still.
    Duty("gauges", 5.0, housekeeping.refresh_gauges, everywhere=True),
)


class Leader:
    """Lead the database of this service when it is our turn."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._stopping = False
        self._threads: list[eventlet.greenthread.GreenThread] = []
        self._started = eventlet.GreenPool(AT_ONCE)
        service, database = runtime.service, runtime.database
        self.relay = Relay(database, service)
        self.election = Election(database, service, self.relay.wake)
        self.relay.leads = self.election.leads

    def start(self) -> None:
        """Begin; from now on a commit wakes the relay."""
        # First: from the first wait on, whoever is told to stop takes it back.
        event.listen(Session, "after_commit", self._take_up)
        runtime = self._runtime
        for kind in runtime.timers:
            timers.meter(runtime.service, kind)
        for kind in runtime.processes:
            taking.meter(runtime.service, kind)
        if runtime.database.sqlite:
            take_over(runtime)
        self.relay.begin(runtime.settings.amqp_uri)
        self.election.start()
        runtime.wake = self.election.nudge
        self._threads = [eventlet.spawn(self._repeat, duty) for duty in DUTIES]

    def stop(self, drain_seconds: float = DRAIN_SECONDS) -> None:
        """End the rounds under way, send what is committed, and let another lead."""
        self._stopping = True
        event.remove(Session, "after_commit", self._take_up)
        with eventlet.Timeout(STOP_SECONDS, False):
            for thread in self._threads:
                thread.wait()
            self._started.waitall()
        for thread in [*self._threads, *self._started.coroutines_running]:
            thread.kill()
        self.relay.drain(drain_seconds)
        self.relay.end()
        self.election.stop()

    def complaint(self) -> str | None:
        """Say what keeps committed events from being sent, or None: what readiness asks."""
        if not self.relay.alive:
            return "the outbox relay has ended"
        if not self.relay.connected:
            return "the outbox relay has no connection to the broker"
        return "the broker refuses publishes" if self.relay.blocked else None

    def _take_up(self, session: Session) -> None:
        """Take up what was started in a commit, whoever leads: its lease keeps it apart.

        Where nobody has a hand free, the duty finds it; a commit that started nothing costs nothing.
        """
        for kind, id_ in session.info.pop("started", ()):
            if self._started.free() > 0:
                run = partial(processes.take_up, self._runtime, kind, id_)
                self._started.spawn(attempt, run, f"process:{kind}")

    def _repeat(self, duty: Duty) -> None:
        success = metrics.LAST_SUCCESS.labels(self._runtime.service, duty.name)
        while not self._stopping:
            if duty.everywhere or self.election.leads():
                failure = attempt(partial(duty.run, self._runtime), f"duty:{duty.name}")
                if isinstance(failure, Problem):
                    log.warning("duty waits", duty=duty.name, code=failure.code)
                elif failure is None:
                    success.set(time.time())
            self._rest(duty.every_seconds)

    def _rest(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self._stopping and (left := until - time.monotonic()) > 0:
            eventlet.sleep(min(left, 0.25))
