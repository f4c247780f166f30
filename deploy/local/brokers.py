"""Which broker the house uses: the one it is given, its own, or one in a container."""

import shutil
from pathlib import Path
from typing import Protocol

from deploy.local import broker, management
from deploy.local.broker import ADMIN, Broker, greets
from deploy.local.machine import (
    LOOPBACK,
    CannotRun,
    free_ports,
    is_root,
    new_password,
    run,
    setting,
    wait_until,
    write_secret,
)

IMAGE = "rabbitmq:3-management"
PULL_SECONDS = 600
START_SECONDS = 90


class AnyBroker(Protocol):
    """What the house needs of a broker."""

    @property
    def amqp_uri(self) -> str:
        """The URI that may declare."""

    @property
    def management_uri(self) -> str | None:
        """The management port of an administrator, if there is one."""

    def uri_of(self, user: str, password: str) -> str:
        """Return the URI for one user."""

    def is_up(self) -> bool:
        """Tell whether it serves."""

    def start(self) -> None:
        """Start it unless it runs."""

    def stop(self) -> None:
        """Stop it, keeping its data."""

    def destroy(self) -> None:
        """Stop it and delete its data."""


class GivenBroker:
    """Somebody else's broker: used as it is, never started, stopped or emptied."""

    def __init__(self, amqp_uri: str, management_uri: str | None) -> None:
        self.amqp_uri = amqp_uri
        self.management_uri = _administered(management_uri)

    def uri_of(self, user: str, password: str) -> str:
        """Return the URI for one user; without an administrator everybody shares the given one."""
        if self.management_uri is None:
            return self.amqp_uri
        scheme, _, rest = self.amqp_uri.partition("://")
        return f"{scheme}://{user}:{password}@{rest.rpartition('@')[2]}"

    def is_up(self) -> bool:
        """Tell whether it answers on its port."""
        host, port = _address(self.amqp_uri)
        return greets(port, host)

    def start(self) -> None:
        """Check that it is there.

        :raises CannotRun: if it does not answer.
        """
        if not self.is_up():
            host, port = _address(self.amqp_uri)
            raise CannotRun(f"No broker answers at {host}:{port}, which RAPPORT_AMQP_URI names.")

    def stop(self) -> None:
        """Leave it running: it is not ours."""

    def destroy(self) -> None:
        """Leave it as it is: it is not ours."""


class ContainerBroker:
    """RabbitMQ in a container, for a machine where we may not install packages."""

    def __init__(self, directory: Path) -> None:
        self._name = f"{directory.parent.name}-{directory.name}"
        self._file = directory / "container.txt"
        if not self._file.exists():
            first = [new_password(), *map(str, free_ports(2))]
            write_secret(self._file, "\n".join(first))
        self._password, self._amqp, self._management = self._file.read_text().split()

    @property
    def amqp_uri(self) -> str:
        """The URI of the administrator."""
        return self.uri_of(ADMIN, self._password)

    @property
    def management_uri(self) -> str | None:
        """The management port with the administrator's credentials."""
        return f"http://{ADMIN}:{self._password}@{LOOPBACK}:{self._management}"

    def uri_of(self, user: str, password: str) -> str:
        """Return the URI for one user."""
        return f"amqp://{user}:{password}@{LOOPBACK}:{self._amqp}/"

    def is_up(self) -> bool:
        """Tell whether it serves clients and administrators."""
        served = greets(int(self._amqp))
        return served and management.is_administrator(str(self.management_uri))

    def start(self) -> None:
        """Start the container unless it runs, making it first if there is none.

        :raises CannotRun: if it does not come up in time.
        """
        if self.is_up():
            return
        if self._name in run(["docker", "ps", "-a", "--format", "{{.Names}}"]).split():
            run(["docker", "start", self._name])
        else:
            run(self._creation(), timeout=PULL_SECONDS)
        wait_until(self.is_up, START_SECONDS, lambda: f"Container {self._name} does not serve.")

    def stop(self) -> None:
        """Stop the container, keeping its data."""
        if self.is_up():
            run(["docker", "stop", self._name])

    def destroy(self) -> None:
        """Remove the container with its data."""
        run(["docker", "rm", "--force", "--volumes", self._name])
        self._file.unlink()

    def _creation(self) -> list[str]:
        words = ["docker", "run", "--detach", "--name", self._name, "--hostname", self._name]
        for outside, inside in ((self._amqp, 5672), (self._management, 15672)):
            words += ["--publish", f"{LOOPBACK}:{outside}:{inside}"]
        for name, value in (("USER", ADMIN), ("PASS", self._password)):
            words += ["--env", f"RABBITMQ_DEFAULT_{name}={value}"]
        return [*words, IMAGE]


def choose(directory: Path) -> AnyBroker:
    """Return the broker named by RAPPORT_AMQP_URI, else our own, else one in a container.

    :raises CannotRun: if there is no way to have one.
    """
    given = setting("RAPPORT_AMQP_URI")
    if given:
        return GivenBroker(given, setting("RAPPORT_ADMIN_URI"))
    if broker.is_installed() or (is_root() and shutil.which("apt-get")):
        return Broker(directory)
    if _docker_serves():
        return ContainerBroker(directory)
    raise CannotRun(
        "There is no broker: name one in RAPPORT_AMQP_URI, install the package rabbitmq-server, "
        "run this as root on Debian or Ubuntu, or start docker."
    )


def _docker_serves() -> bool:
    if not shutil.which("docker"):
        return False
    try:
        run(["docker", "info"])
    except CannotRun:
        return False
    return True


def _administered(management_uri: str | None) -> str | None:
    """Return the URI if it is an administrator's: without one, users are left alone."""
    return (
        management_uri if management_uri and management.is_administrator(management_uri) else None
    )


def _address(amqp_uri: str) -> tuple[str, int]:
    place = amqp_uri.partition("://")[2].rpartition("@")[2].partition("/")[0]
    host, _, port = place.partition(":")
    return host or LOOPBACK, int(port or 5672)
