"""Run one service as a process: ``python -m chassis.runner SERVICE``."""

import gc
import warnings

if __name__ == "__main__":
    gc.disable()  # nothing that is imported is garbage; looking for it takes a tenth of the start

# eventlet must patch the standard library before anything else imports it.
warnings.filterwarnings("ignore", message=r"[\s\S]*Eventlet is deprecated")
import eventlet

eventlet.monkey_patch()

import importlib
import importlib.util
import os
import signal
import sys
from collections.abc import Mapping

from sqlalchemy import text

from chassis import VERSION, leader, metrics, migrate
from chassis.config import ConfigError, Settings, environment, read_own, read_settings
from chassis.consume import QueueConsumer, TopologyMismatch
from chassis.container import Container, workers_needed
from chassis.database import DatabaseTaken, translated
from chassis.errors import Unavailable
from chassis.leader import Leader
from chassis.link import ReplyLink
from chassis.logs import configure, get_logger
from chassis.ops import Ops
from chassis.runtime import Runtime, build
from chassis.service import RUNTIME_KEY, Service, concurrency
from chassis.tokens import WrongKey
from contracts import SERVICES

EXIT_FAILED, EXIT_USAGE = 1, 2
CHECK_SECONDS = 1.5  # less than a probe waits: a database that says nothing is said so in words
ARGUMENTS = 2  # the program and the service

log = get_logger(__name__)


def own_of(service: str) -> type[object] | None:
    """Return the class of the settings that only this service has, if it has any."""
    if importlib.util.find_spec(f"services.{service}.config") is None:
        return None
    found: type[object] = importlib.import_module(f"services.{service}.config").Own
    return found


def page_of(service: str) -> type[Service]:
    """Import a service's page of rows.

    :raises ConfigError: if there is no such service.
    """
    if service not in SERVICES:
        raise ConfigError(f"There is no service {service!r}; known are {', '.join(SERVICES)}.")
    module = importlib.import_module(f"services.{service}.service")
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, Service) and value is not Service:
            return value
    raise ConfigError(f"services/{service}/service.py has no page of rows.")


class Process:
    """One running service: container, leader, link, ops port; stopped in that order."""

    def __init__(self, page: type[Service], settings: Settings, own: object | None = None) -> None:
        # Every worker may hold a connection, and so may every duty of the leader.
        pool_size = concurrency(page) + leader.CONNECTIONS
        self.runtime: Runtime = build(settings, pool_size=pool_size, own=own)
        self.link = ReplyLink()
        self.runtime.link = self.link
        config = {"AMQP_URI": settings.amqp_uri, RUNTIME_KEY: self.runtime}
        self.container = Container(page, config)
        self.leader: Leader | None = None
        self.stopping: eventlet.greenthread.GreenThread | None = None  # since a signal
        self.ops = Ops(
            settings.service,
            settings.ops_port,
            {
                "broker": self._broker,
                "database": self._database,
                "outbox": lambda: self.leader.complaint() if self.leader else "not started",
            },
        )

    def start(self) -> None:
        """Start everything.

        :raises DatabaseTaken: if another process owns the SQLite database.
        :raises ConfigError: if the database is not at the newest migration.
        :raises TopologyMismatch: if the broker does not hold what this service needs.
        :raises Unavailable: if the database does not answer.
        """
        settings = self.runtime.settings
        self.ops.start()
        self.runtime.database.claim()
        with translated(), self.runtime.database.engine.connect() as connection:
            behind = migrate.pending(settings.service, connection)
        if behind:
            raise ConfigError(behind)
        self.link.start(settings.amqp_uri, settings.service)
        self.container.start()
        self.leader = Leader(self.runtime)
        self.leader.start()
        metrics.SERVICE_INFO.labels(settings.service, VERSION).set(1)
        metrics.WORKERS_MAX.labels(settings.service).set(workers_needed(self.container.entrypoints))
        log.info("started", ops_port=self.ops.port, version=VERSION)

    def stop(self) -> None:
        """Drain: take nothing new, end what runs, send what is committed."""
        log.info("stopping")
        self.container.stop()
        if self.leader is not None:
            self.leader.stop()
        self.link.stop()
        self.runtime.database.close()
        self.ops.stop()
        log.info("stopped")

    def _broker(self) -> str | None:
        consumers = [e for e in self.container.extensions if isinstance(e, QueueConsumer)]
        up = all(consumer.connected for consumer in consumers)
        metrics.BROKER_CONNECTED.labels(self.runtime.service).set(int(up))
        if not up:
            return "not connected to the broker"
        # The broker tells each connection for itself: the relay's may not have published yet.
        return "the broker refuses requests" if self.link.blocked else None

    def _database(self) -> str | None:
        try:
            with eventlet.Timeout(CHECK_SECONDS), self.runtime.database.reading() as session:
                session.execute(text("SELECT 1"))
        except Unavailable as down:
            return down.message
        except eventlet.Timeout:
            return "The database does not answer."
        return self.runtime.database.trouble()


def run(service: str, environ: Mapping[str, str]) -> int:
    """Run a service until it is told to stop; return the exit status."""
    process: Process | None = None
    try:
        page = page_of(service)
        kind = own_of(service)
        gc.freeze()
        gc.enable()
        settings = read_settings(service, environ, kind)
        own = read_own(kind, environ) if kind is not None else None
        configure(service, settings.log_level)
        process = Process(page, settings, own)
        _stop_on_signals(process)
        process.start()
    except (ConfigError, WrongKey) as wrong:
        print(wrong, file=sys.stderr)
        return EXIT_USAGE
    except (DatabaseTaken, TopologyMismatch, Unavailable, OSError) as failed:
        print(failed, file=sys.stderr)
        return EXIT_FAILED
    process.container.wait()
    if process.stopping is not None:
        process.stopping.wait()  # the container is the first to end; the outbox is still being sent
    return 0


def _stop_on_signals(process: Process) -> None:
    def stop(_: int, __: object) -> None:
        if process.stopping is None:  # a second signal does not cut the drain short; SIGKILL would
            process.stopping = eventlet.spawn(_stop_and_leave, process)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


def _stop_and_leave(process: Process) -> None:
    process.stop()
    # Whatever greenthread still hangs on a dead socket must not keep the process.
    sys.stdout.flush()
    os._exit(0)


def main() -> int:
    """Read the command line."""
    if len(sys.argv) != ARGUMENTS:
        print("usage: python -m chassis.runner SERVICE", file=sys.stderr)
        return EXIT_USAGE
    return run(sys.argv[1], environment())


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    os._exit(status)
