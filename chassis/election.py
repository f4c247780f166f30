"""Who leads a database: one process at a time, for as long as its own connection lives."""

import random
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any, TypeAlias

import eventlet
import psycopg2
from eventlet.hubs import trampoline

from chassis import metrics
from chassis.database import Database
from chassis.logs import get_logger
from chassis.relay import Signal

CHANNEL = "rapport_outbox"
LOCK = 0x72617070  # an advisory lock is per database, and a database is one service's
CONNECT_SECONDS = 5.0
CHECK_SECONDS = 1.0
ANSWER_SECONDS = 3.0  # a connection that is silent for longer leads no more
COALESCE_SECONDS = 0.02  # one NOTIFY at most: inside each transaction it cost 30 % of the commits
LEAST_PAUSE_SECONDS, MOST_PAUSE_SECONDS = 0.2, 1.0

# So that the server too gives up a holder of the lock whose machine has gone.
_OPTIONS = "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3"
_Connection: TypeAlias = Any  # psycopg2 has no types
_LOST = (psycopg2.Error, OSError, eventlet.Timeout)

log = get_logger(__name__)


class Election:
    """Take part in the election of a database's leader, and tell the leader of commits.

    A SQLite database has one service process (``Database.claim``), which leads. On PostgreSQL an
    advisory lock decides; it is held by a connection outside the pool, so that losing the
    connection and losing the lead are one.
    """

    def __init__(self, database: Database, service: str, hear: Callable[[], None]) -> None:
        self._database, self._hear = database, hear
        self._gauge = metrics.LEADER.labels(service)
        self._leads = False
        self._alone = database.sqlite
        self._stopping = False
        self._told = Signal()
        self._thread: eventlet.greenthread.GreenThread | None = None

    def leads(self) -> bool:
        """Say whether this process leads now."""
        return self._leads

    def start(self) -> None:
        """Begin to take part."""
        if self._alone:
            self._lead(leads=True)
        else:
            self._thread = eventlet.spawn(self._run)

    def stop(self) -> None:
        """Give up the lead, if it is ours."""
        self._stopping = True
        if self._thread is not None:
            self._thread.kill()
        self._lead(leads=False)

    def nudge(self) -> None:
        """Tell the leader, in whichever process it is, that something was committed."""
        if self._leads:
            self._hear()
        else:
            self._told.give()

    def _lead(self, *, leads: bool) -> None:
        if leads != self._leads:
            log.info("leads" if leads else "leads no more")
        self._leads = leads
        self._gauge.set(int(leads))
        if leads:
            self._hear()

    def _run(self) -> None:
        while not self._stopping:
            try:
                with closing(self._connect()) as connection:
                    self._campaign(connection)
            except _LOST as lost:
                reason = type(lost).__name__
                log.warning("connection of the election lost", reason=reason)
            finally:
                self._lead(leads=False)
            eventlet.sleep(_jittered())

    def _connect(self) -> _Connection:
        url = self._database.url.set(drivername="postgresql")
        # psycopg2 in green mode ignores connect_timeout.
        with eventlet.Timeout(CONNECT_SECONDS):
            connection = psycopg2.connect(
                url.render_as_string(hide_password=False),
                options=_OPTIONS,
                application_name="election",
            )
        connection.autocommit = True
        return connection

    def _campaign(self, connection: _Connection) -> None:
        while not _ask(connection, f"SELECT pg_try_advisory_lock({LOCK})"):
            self._follow(connection)
        # Others may have told while nobody led: the first look finds what they meant.
        _ask(connection, f"LISTEN {CHANNEL}")
        self._lead(leads=True)
        while True:
            self._listen(connection)

    def _follow(self, connection: _Connection) -> None:
        """Pass on what is told for a while, then try again."""
        until = time.monotonic() + _jittered()
        while (left := until - time.monotonic()) > 0:
            if self._told.wait(left):
                _ask(connection, f"NOTIFY {CHANNEL}")
                eventlet.sleep(COALESCE_SECONDS)

    def _listen(self, connection: _Connection) -> None:
        """Wait for what others tell; without any for a while, see whether the connection lives."""
        try:
            trampoline(connection.fileno(), read=True, timeout=CHECK_SECONDS)
        except eventlet.Timeout:
            _ask(connection, "SELECT 1")
        connection.poll()
        if connection.notifies:
            connection.notifies.clear()
            self._hear()


def _ask(connection: _Connection, statement: str) -> object:
    with eventlet.Timeout(ANSWER_SECONDS), connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0] if cursor.description else None


def _jittered() -> float:
    return random.uniform(LEAST_PAUSE_SECONDS, MOST_PAUSE_SECONDS)  # noqa: S311 - guards no secret
