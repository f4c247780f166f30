"""A PostgreSQL of our own: loopback and a private directory, one database and role for each service."""

import json
import pwd
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from signal import SIGINT, SIGQUIT, Signals

import psycopg2
from psycopg2 import sql

from deploy.local import process
from deploy.local.machine import (
    LOOPBACK,
    CannotRun,
    base_environment,
    free_ports,
    install_package,
    is_root,
    new_password,
    run,
    wait_until,
    write_secret,
)
from deploy.local.process import Process

INSTALLED = Path("/usr/lib/postgresql")
ACCOUNT = "postgres"
START_SECONDS = 180
STOP_SECONDS = 30

CONFIGURATION = """
listen_addresses = '127.0.0.1'
unix_socket_directories = '{directory}'
fsync = on
synchronous_commit = on
max_connections = 200
shared_buffers = 128MB
"""


@dataclass(frozen=True, slots=True)
class PostgresState:
    """What must be known to find this server again: kept beside its data, readable only by us."""

    port: int
    password: str
    server: Process | None = None


class Postgres:
    """One PostgreSQL server; the same directory is the same server with the same port and databases."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._file = directory.with_name(directory.name + ".json")
        self._state = self._load() or PostgresState(free_ports(1)[0], new_password())

    @property
    def pid(self) -> int | None:
        """The id of the postmaster."""
        return self._state.server.pid if self._state.server else None

    @property
    def port(self) -> int:
        """The loopback port."""
        return self._state.port

    @property
    def log(self) -> Path:
        """What the server prints; outside its directory, because that belongs to another user."""
        return self.directory.with_name(self.directory.name + ".log")

    def uri_of(self, role: str, password: str, database: str) -> str:
        """Return the SQLAlchemy URL for one role."""
        return f"postgresql+psycopg2://{role}:{password}@{LOOPBACK}:{self._state.port}/{database}"

    def is_up(self) -> bool:
        """Tell whether the server runs and takes connections."""
        if self._state.server is None or not process.is_alive(self._state.server):
            return False
        try:
            self._connect().close()
        except psycopg2.Error:
            return False
        return True

    def start(self) -> None:
        """Start the server unless it runs, making its data first if there is none, and wait until it serves.

        :raises CannotRun: if it does not come up in time.
        """
        if self.is_up():
            return
        programs = install()
        if not (self._data / "PG_VERSION").exists():
            self._initialise(programs)
        try:
            # After a crash the dead server's children may hold its shared memory for a moment, so it may take two tries.
            wait_until(
                lambda: self._try(programs),
                START_SECONDS,
                lambda: f"PostgreSQL did not start: {process.tail(self.log)}",
            )
        except CannotRun:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the server in its fast mode, keeping the data."""
        self._end(SIGINT)

    def crash(self) -> None:
        """Stop the server in its immediate mode: no checkpoint, recovery at the next start."""
        self._end(SIGQUIT)

    def kill(self) -> None:
        """End the postmaster at once, as a power cut would; `start` brings it back on the same data."""
        if self._state.server is not None:
            process.kill(self._state.server)

    def destroy(self) -> None:
        """End the server and delete its data."""
        self._end(SIGQUIT)
        shutil.rmtree(self.directory, ignore_errors=True)
        self._file.unlink(missing_ok=True)
        self.log.unlink(missing_ok=True)

    def create(self, name: str, password: str) -> str:
        """Create a database with an owner of the same name, or give the owner this password, and return its URL."""
        role, secret = sql.Identifier(name), sql.Literal(password)
        with self._cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (name,))
            verb = sql.SQL("ALTER" if cursor.fetchone() else "CREATE")
            cursor.execute(sql.SQL("{} ROLE {} LOGIN PASSWORD {}").format(verb, role, secret))
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
            if cursor.fetchone() is None:
                cursor.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0").format(role, role)
                )
                cursor.execute(sql.SQL("REVOKE CONNECT ON DATABASE {} FROM PUBLIC").format(role))
        return self.uri_of(name, password, name)

    def drop(self, name: str) -> None:
        """Drop a database and its owner, whoever is connected."""
        role = sql.Identifier(name)
        with self._cursor() as cursor:
            cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(role))
            cursor.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(role))

    @property
    def _data(self) -> Path:
        return self.directory / "data"

    def _try(self, programs: Path) -> bool:
        if self._state.server is None or not process.is_alive(self._state.server):
            command = [
                *_as_account(),
                str(programs / "postgres"),
                "-D",
                str(self._data),
                "-p",
                str(self._state.port),
            ]
            server = process.start(
                command, log=self.log, env=base_environment(), cwd=self.directory
            )
            self._remember(replace(self._state, server=server))
        return self.is_up()

    def _initialise(self, programs: Path) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        secret = self.directory / "password"
        write_secret(secret, self._state.password)
        if is_root():
            for path in (self.directory, secret):
                shutil.chown(path, ACCOUNT, ACCOUNT)
        self.directory.chmod(0o700)
        command = [
            str(programs / "initdb"),
            "-D",
            str(self._data),
            "-U",
            ACCOUNT,
            "--pwfile",
            str(secret),
            "--auth",
            "scram-sha-256",
            "--encoding",
            "UTF8",
            "--locale",
            "C",
            "--no-instructions",
        ]
        run([*_as_account(), *command])
        secret.unlink()
        with (self._data / "postgresql.conf").open("a", encoding="ascii") as file:
            file.write(CONFIGURATION.format(directory=self.directory))

    def _end(self, number: Signals) -> None:
        if self._state.server is not None:
            process.stop(self._state.server, grace_seconds=STOP_SECONDS, with_signal=number)
            self._remember(replace(self._state, server=None))

    def _connect(self) -> "psycopg2.extensions.connection":
        return psycopg2.connect(
            host=LOOPBACK,
            port=self._state.port,
            user=ACCOUNT,
            password=self._state.password,
            dbname=ACCOUNT,
            connect_timeout=3,
        )

    @contextmanager
    def _cursor(self) -> Iterator["psycopg2.extensions.cursor"]:
        with closing(self._connect()) as connection:
            connection.autocommit = True  # databases are not created inside a transaction
            with connection.cursor() as cursor:
                yield cursor

    def _load(self) -> PostgresState | None:
        if not self._file.exists():
            return None
        found = json.loads(self._file.read_text(encoding="utf-8"))
        server = found["server"]
        return PostgresState(
            found["port"], found["password"], Process(**server) if server else None
        )

    def _remember(self, state: PostgresState) -> None:
        self._state = state
        write_secret(self._file, json.dumps(asdict(state)))


def install() -> Path:
    """Install PostgreSQL unless it is there, and return where its programs are.

    :raises CannotRun: if it is missing and we may not install it.
    """
    if not _programs():
        install_package("postgresql", "PostgreSQL")
    found = _programs()
    if not found:
        raise CannotRun(f"The package postgresql has put no server under {INSTALLED}.")
    return found[-1]


def _programs() -> list[Path]:
    """List the installed versions' program directories, oldest first."""
    found = [path.parent for path in INSTALLED.glob("*/bin/postgres")]
    return sorted(found, key=lambda path: float(path.parent.name))


def _as_account() -> list[str]:
    """Return the words that make root somebody else: PostgreSQL refuses to run as root."""
    if not is_root():
        return []
    account = pwd.getpwnam(ACCOUNT)
    return ["setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]
