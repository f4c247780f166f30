"""One database per service: SQLite with one process, PostgreSQL with any number."""

import fcntl
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, TextIO

import eventlet
import orjson
from eventlet.patcher import is_monkey_patched
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.pool import QueuePool

from chassis.errors import BROKEN_REFERENCE, DUPLICATE_KEY, Conflict, StaleVersion, Unavailable
from chassis.logs import get_logger

POOL_SIZE = 10
POOL_TIMEOUT_SECONDS = 5.0
LOCK_TIMEOUT_SECONDS = 5.0
CONNECT_TIMEOUT_SECONDS = 5
STATEMENT_TIMEOUT_MS = 30_000
FIRST_RETRY_SECONDS, LAST_RETRY_SECONDS = 0.001, 0.02
TROUBLE_SECONDS = 30.0  # a write that failed longer ago says nothing of now
_UNIQUE, _FOREIGN_KEY = "23505", "23503"  # PostgreSQL's codes
_OURS = ("database.down", "database.locked")  # not a neighbour's

log = get_logger(__name__)


class DatabaseTaken(Exception):
    """Say that another service process already owns this SQLite database."""


class Database:
    """Hand out sessions, each one transaction; only the chassis commits."""

    def __init__(self, url: str, *, pool_size: int = POOL_SIZE) -> None:
        self.url = make_url(url)
        self.sqlite = self.url.get_backend_name() == "sqlite"
        self._anchor = (time.time(), time.monotonic())
        self.engine = _sqlite(url, pool_size) if self.sqlite else _postgresql(url, pool_size)
        if not self.sqlite:
            event.listen(self.engine, "connect", self._set_clock)
        self._reading = self.engine.execution_options(reads_only=True)
        # Writers of one process queue here instead of spinning on SQLite's single write lock.
        self._writers = threading.Lock() if self.sqlite else nullcontext()
        self._lock_file: TextIO | None = None
        self._failed: tuple[float, str] | None = None  # when the last write did, and why

    def now(self) -> float:
        """Return the seconds since the epoch by the one clock of all who share this database.

        It is the server's, on SQLite the one that this process started with, and never jumps: a
        lease is kept by one process and looked at by others.
        """
        epoch, monotonic = self._anchor
        return epoch + time.monotonic() - monotonic

    def _set_clock(self, connection: Any, _: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
            self._anchor = (float(cursor.fetchone()[0]), time.monotonic())
        connection.rollback()

    def claim(self) -> None:
        """Make this process the only service on a SQLite database.

        :raises DatabaseTaken: if another process has it.
        """
        if not self.sqlite or not self.url.database:
            return
        lock_file = Path(f"{self.url.database}.lock").open("a")  # noqa: SIM115  # held until exit
        try:
            fcntl.flock(lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as taken:
            lock_file.close()
            raise DatabaseTaken(
                f"{self.url.database} is in use by another service process; "
                "SQLite serves one, PostgreSQL any number."
            ) from taken
        self._lock_file = lock_file

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """Open a writing transaction; commit at the end, roll back on any exception.

        :raises StaleVersion: if a record was changed since it was read.
        :raises Conflict: if a unique key is taken, or a record refers to one that is gone.
        :raises Unavailable: if the database does not answer.
        """
        with (
            self._writers,
            self._noted(),
            translated(),
            Session(self.engine, autoflush=False, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a writing transaction for plain statements: without a session it costs half.

        :raises Problem: as ``begin`` does.
        """
        with self._writers, self._noted(), translated(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a transaction that only reads."""
        with (
            translated(),
            Session(self._reading, autoflush=False, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    def trouble(self) -> str | None:
        """Say why nothing can be written at present; reading may work all the same."""
        if self._failed is None or time.monotonic() - self._failed[0] > TROUBLE_SECONDS:
            return None
        return f"The database takes no writes: {self._failed[1]}."

    @contextmanager
    def _noted(self) -> Iterator[None]:
        try:
            yield
        except Unavailable as failed:
            if failed.code in _OURS:
                self._failed = (time.monotonic(), _reason(failed.__cause__))
            raise
        self._failed = None

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()
        if self._lock_file is not None:
            self._lock_file.close()


@contextmanager
def translated() -> Iterator[None]:
    """Turn the database's errors into ours."""
    try:
        yield
    except StaleDataError as stale:
        raise StaleVersion("The record was changed by somebody else; read it again.") from stale
    except IntegrityError as broken:
        conflict = _conflict(broken)
        if conflict is None:  # a value that the table does not take: a bug, and told as one
            raise
        raise conflict from broken
    except PoolTimeout as busy:
        raise Unavailable("All database connections are busy.", code="database.busy") from busy
    except DBAPIError as failed:
        if isinstance(failed, OperationalError) or failed.connection_invalidated:
            log.warning("database failed", reason=_reason(failed))
            raise Unavailable("The database does not answer.", code="database.down") from failed
        raise


def _conflict(broken: IntegrityError) -> Conflict | None:
    """Return which promise between records was broken, if it was one that others can break."""
    code, words = getattr(broken.orig, "pgcode", None), str(broken.orig)
    if code == _FOREIGN_KEY or words.startswith("FOREIGN KEY"):
        text = "A record that this refers to is gone, or others refer to it."
        return Conflict(text, code=BROKEN_REFERENCE)
    if code == _UNIQUE or words.startswith("UNIQUE"):
        return Conflict("A record with this key exists already.", code=DUPLICATE_KEY)
    return None


def _reason(failed: BaseException | None) -> str:
    """Return the driver's own words: a full disk is mended in another way than a server that is away."""
    words = str(getattr(failed, "orig", failed)).strip()
    return words.splitlines()[0] if words else "it does not answer"


def _dumps(value: object) -> str:
    return orjson.dumps(value).decode()


def _sqlite(url: str, pool_size: int) -> Engine:
    # timeout=0: sqlite3's own busy wait would freeze every greenthread of the process.
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=POOL_TIMEOUT_SECONDS,
        connect_args={
            "timeout": 0,
            "isolation_level": None,
            "check_same_thread": False,
        },
        json_serializer=_dumps,
        json_deserializer=orjson.loads,
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _: object) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            _patiently(lambda pragma=pragma: connection.execute(f"PRAGMA {pragma}"))

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        options = connection.get_execution_options()
        words = "BEGIN" if options.get("reads_only", False) else "BEGIN IMMEDIATE"
        raw: Any = connection.connection
        _patiently(lambda: raw.execute(words), options.get("patience", LOCK_TIMEOUT_SECONDS))

    return engine


def _patiently(action: Any, seconds: float = LOCK_TIMEOUT_SECONDS) -> None:
    """Repeat an action while another process holds SQLite's lock; the hub runs on meanwhile."""
    deadline, pause = time.monotonic() + seconds, FIRST_RETRY_SECONDS
    while True:
        try:
            action()
            return
        except sqlite3.OperationalError as locked:
            if "locked" not in str(locked) or time.monotonic() > deadline:
                raise Unavailable(
                    "The database is locked by another process.", code="database.locked"
                ) from locked
        time.sleep(pause)
        pause = min(pause * 2, LAST_RETRY_SECONDS)


def _postgresql(url: str, pool_size: int) -> Engine:
    engine = create_engine(
        make_url(url).set(drivername="postgresql+psycopg2"),
        poolclass=QueuePool,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=POOL_TIMEOUT_SECONDS,
        pool_use_lifo=True,
        json_serializer=_dumps,
        json_deserializer=orjson.loads,
        connect_args={
            "connect_timeout": CONNECT_TIMEOUT_SECONDS,
            "tcp_user_timeout": STATEMENT_TIMEOUT_MS,
            "keepalives_idle": 10,
            "options": f"-c statement_timeout={STATEMENT_TIMEOUT_MS}"
            f" -c lock_timeout={int(LOCK_TIMEOUT_SECONDS * 1000)}"
            " -c idle_in_transaction_session_timeout=60000 -c timezone=UTC",
        },
    )

    @event.listens_for(engine, "do_connect")
    def connect(dialect: Any, _: object, arguments: Any, options: Any) -> Any:
        if not is_monkey_patched("socket"):
            return dialect.connect(*arguments, **options)
        # psycopg2 in green mode ignores connect_timeout.
        with eventlet.Timeout(
            CONNECT_TIMEOUT_SECONDS,
            Unavailable("The database does not answer.", code="database.down"),
        ):
            return dialect.connect(*arguments, **options)

    return engine
