"""A RabbitMQ of our own: loopback only, its own node, its own epmd, its data in a private directory."""

import json
import shutil
import socket
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from signal import SIGCONT, SIGSTOP, SIGTERM

from deploy.local import management, process
from deploy.local.machine import (
    LOOPBACK,
    CannotRun,
    base_environment,
    free_ports,
    install_package,
    new_password,
    run,
    wait_until,
    write_secret,
)
from deploy.local.process import Process

# Debian's /usr/sbin/rabbitmq-server switches user and directory and listens on every interface.
SCRIPTS = Path("/usr/lib/rabbitmq/bin")
START_SECONDS = 240
STOP_SECONDS = 40
CONTROL_SECONDS = 180  # of which nearly all is the tool's own start
ADMIN = "admin"
MEMORY_LIMIT, DISK_LIMIT = "1536MiB", "200MB"  # beyond which it takes no messages
AMQP_GREETING = b"AMQP\x00\x00\x09\x01"

CONFIGURATION = """\
listeners.tcp.1 = {host}:{amqp}
management.tcp.ip = {host}
management.tcp.port = {management}
default_user = {admin}
default_pass = {password}
vm_memory_high_watermark.absolute = {memory}
disk_free_limit.absolute = {disk}
raft.wal_max_size_bytes = 67108864
collect_statistics_interval = 1000
management.rates_mode = none
log.file.level = info
"""
# Quorum queues else tell how full they are every five seconds only. And a retry that was due while
# the node starts finds no exchange yet to go back through: it is tried again after this, or after
# three minutes.
ADVANCED_CONFIGURATION = """\
[{rabbit, [
  {quorum_tick_interval, 1000},
  {dead_letter_worker_publisher_confirm_timeout, 10000}
]}].
"""
ERLANG_ARGUMENTS = "-kernel inet_dist_use_interface {127,0,0,1} -start_epmd false"


@dataclass(frozen=True, slots=True)
class BrokerState:
    """What must be known to find this broker again: kept beside its data, readable only by us."""

    amqp: int
    management: int
    distribution: int
    epmd: int
    password: str
    server: Process | None = None
    mapper: Process | None = None


def _new_state() -> BrokerState:
    amqp, management_, distribution, epmd = free_ports(4)
    return BrokerState(amqp, management_, distribution, epmd, new_password())


class Broker:
    """One RabbitMQ node; the same directory is the same node with the same ports, users and messages."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._file = directory / "broker.json"
        self._state = self._load() or _new_state()

    @property
    def amqp_uri(self) -> str:
        """The URI of the administrator."""
        return self.uri_of(ADMIN, self._state.password)

    @property
    def management_uri(self) -> str:
        """The management port with the administrator's credentials."""
        return f"http://{ADMIN}:{self._state.password}@{LOOPBACK}:{self._state.management}"

    @property
    def pid(self) -> int | None:
        """The id of the running Erlang machine."""
        return self._state.server.pid if self._state.server else None

    @property
    def log(self) -> Path:
        """What the node prints."""
        return self.directory / "log" / "console.log"

    def uri_of(self, user: str, password: str) -> str:
        """Return the URI for one user."""
        return f"amqp://{user}:{password}@{LOOPBACK}:{self._state.amqp}/"

    def is_up(self) -> bool:
        """Tell whether the process runs and speaks AMQP."""
        return _runs(self._state.server) and greets(self._state.amqp)

    def start(self) -> None:
        """Start the node unless it runs, and wait until clients and administrators are served.

        :raises CannotRun: if it does not come up in time.
        """
        if self.is_up():
            return
        install()
        self._lay_out()
        mapper = self._state.mapper if _runs(self._state.mapper) else self._start_mapper()
        self._remember(replace(self._state, mapper=mapper))
        server = process.start(
            [str(SCRIPTS / "rabbitmq-server")], log=self.log, env=self._environment()
        )
        self._remember(replace(self._state, server=server))
        try:
            wait_until(
                self._is_ready,
                START_SECONDS,
                lambda: f"RabbitMQ did not start: {process.tail(self.log)}",
            )
        except CannotRun:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the node and its port mapper, keeping the data."""
        for running in (self._state.server, self._state.mapper):
            if running is not None:
                process.stop(running, grace_seconds=STOP_SECONDS, with_signal=SIGTERM)
        self._remember(replace(self._state, server=None, mapper=None))

    def kill(self) -> None:
        """End the node at once, as a power cut would; `start` brings it back on the same data.

        A quorum queue declared less than half a second before is lost: RabbitMQ notes its name on disk that late.
        """
        if self._state.server is not None:
            process.kill(self._state.server)

    def freeze(self, *, frozen: bool) -> None:
        """Suspend the node where it stands, or let it go on."""
        if self._state.server is not None:
            process.send(self._state.server, SIGSTOP if frozen else SIGCONT)

    def control(self, *words: str) -> str:
        """Run rabbitmqctl on this node and return what it printed.

        :raises CannotRun: if it fails.
        """
        command = [str(SCRIPTS / "rabbitmqctl"), *words]
        return run(command, env=self._environment(), timeout=CONTROL_SECONDS)

    def destroy(self) -> None:
        """End the node and delete its data."""
        self.kill()
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _is_ready(self) -> bool:
        if not _runs(self._state.server):
            raise CannotRun(f"RabbitMQ ended while starting: {process.tail(self.log)}")
        if not (greets(self._state.amqp) and management.is_administrator(self.management_uri)):
            return False
        # After a crash a stream is found a moment later than the broker itself.
        return management.all_run(self.management_uri)

    def _start_mapper(self) -> Process:
        command = ["epmd", "-address", LOOPBACK, "-port", str(self._state.epmd)]
        return process.start(
            command, log=self.directory / "log" / "epmd.log", env=base_environment()
        )

    def _lay_out(self) -> None:
        for name in ("log", "data", "conf.d"):
            (self.directory / name).mkdir(parents=True, exist_ok=True)
        self.directory.chmod(0o700)
        (self.directory / "environment.conf").touch()
        (self.directory / "enabled_plugins").write_text(
            "[rabbitmq_management].\n", encoding="ascii"
        )
        (self.directory / "advanced.config").write_text(ADVANCED_CONFIGURATION, encoding="ascii")
        state = self._state
        text = CONFIGURATION.format(
            host=LOOPBACK,
            amqp=state.amqp,
            management=state.management,
            admin=ADMIN,
            password=state.password,
            memory=MEMORY_LIMIT,
            disk=DISK_LIMIT,
        )
        write_secret(self.directory / "rabbitmq.conf", text)

    def _environment(self) -> dict[str, str]:
        home = str(self.directory)
        return {
            **base_environment(),
            "HOME": home,  # the Erlang cookie lives here
            "ERL_EPMD_ADDRESS": LOOPBACK,
            "ERL_EPMD_PORT": str(self._state.epmd),
            "RABBITMQ_NODENAME": f"{self.directory.parent.name}-{self.directory.name}@localhost",
            "RABBITMQ_DIST_PORT": str(self._state.distribution),
            "RABBITMQ_CONF_ENV_FILE": f"{home}/environment.conf",
            "RABBITMQ_CONFIG_FILE": f"{home}/rabbitmq.conf",
            "RABBITMQ_CONFIG_FILES": f"{home}/conf.d",
            "RABBITMQ_ADVANCED_CONFIG_FILE": f"{home}/advanced.config",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{home}/enabled_plugins",
            "RABBITMQ_MNESIA_BASE": f"{home}/data",
            "RABBITMQ_LOG_BASE": f"{home}/log",
            "RABBITMQ_SCHEDULER_BIND_TYPE": "u",  # bound schedulers would fight the services over two cores
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": ERLANG_ARGUMENTS,
            "RUNNING_UNDER_SYSTEMD": "true",  # the script then becomes the Erlang machine, so our pid is its pid
        }

    def _load(self) -> BrokerState | None:
        if not self._file.exists():
            return None
        found = json.loads(self._file.read_text(encoding="utf-8"))
        for name in ("server", "mapper"):
            found[name] = Process(**found[name]) if found[name] else None
        return BrokerState(**found)

    def _remember(self, state: BrokerState) -> None:
        self._state = state
        write_secret(self._file, json.dumps(asdict(state)))


def is_installed() -> bool:
    """Tell whether RabbitMQ's own scripts are on this machine."""
    return (SCRIPTS / "rabbitmq-server").exists()


def install() -> None:
    """Install RabbitMQ unless it is there.

    :raises CannotRun: if it is missing and we may not install it.
    """
    if not is_installed():
        install_package("rabbitmq-server", "RabbitMQ")


def _runs(process_: Process | None) -> bool:
    return process_ is not None and process.is_alive(process_)


def greets(port: int, host: str = LOOPBACK) -> bool:
    """Tell whether a broker answers the AMQP greeting: the port opens some time before it does."""
    try:
        with socket.create_connection((host, port), timeout=2) as connection:
            connection.sendall(AMQP_GREETING)
            return connection.recv(1) == b"\x01"
    except OSError:
        return False
