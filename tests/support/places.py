"""A broker, a PostgreSQL and houses of the tests' own, started once and handed out clean."""

import json
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from chassis.topology.apply import apply
from chassis.topology.shapes import Topology
from deploy.local import management
from deploy.local.broker import Broker
from deploy.local.house import House, Kind
from deploy.local.machine import new_password, private_directory
from deploy.local.postgres import Postgres
from rapport_cli.services import topology
from tests.support.migrated import migrated
from tests.support.unsynced import unsynced_server


class ReadyHouse(House):
    """A house that this process prepares: both commands that do it have tests of their own.

    To start them takes a third of what it takes to get a house up.
    """

    def _rapport(self, command: str, *_: str) -> None:
        if command == "migrate":
            for service, url in self.databases.items():
                migrated(service, url)
            return
        assert command == "topology"
        passwords = json.loads((self.directory / "passwords.json").read_text(encoding="utf-8"))
        apply(_whole_topology(), self.broker.amqp_uri, self.broker.management_uri, passwords)


@cache
def _whole_topology() -> Topology:
    return topology()


@contextmanager
def running_broker(purpose: Path) -> Iterator[Broker]:
    """Run a broker of our own; the same purpose is the same node."""
    private = private_directory(purpose)
    broker = Broker(private / "broker")
    try:
        broker.start()
        yield broker
    finally:
        broker.destroy()
        shutil.rmtree(private, ignore_errors=True)


@contextmanager
def running_postgres(purpose: Path) -> Iterator[Postgres]:
    """Run a PostgreSQL of our own; the same purpose is the same server."""
    private = private_directory(purpose)
    postgres = Postgres(private / "postgres")
    try:
        postgres.start()
        unsynced_server(postgres)
        yield postgres
    finally:
        postgres.destroy()
        shutil.rmtree(private, ignore_errors=True)


def emptied(broker: Broker) -> Broker:
    """Return a broker that serves and holds nothing, whatever the last test did to it."""
    broker.start()
    management.reset(broker.management_uri)
    return broker


@contextmanager
def fresh_database(kind: Kind, folder: Path, postgres: Postgres | None) -> Iterator[str]:
    """Make an empty database and yield its URL."""
    if kind is Kind.SQLITE:
        yield f"sqlite:///{folder / 'test.db'}"
        return
    assert postgres is not None
    postgres.start()
    name = f"test_{secrets.token_hex(6)}"
    try:
        yield postgres.create(name, new_password())
    finally:
        postgres.start()
        postgres.drop(name)


@contextmanager
def opened_house(
    folder: Path,
    kind: Kind,
    broker: Broker,
    postgres: Postgres | None,
    only: tuple[str, ...] | None = None,
    *,
    opens: type[House] = ReadyHouse,
) -> Iterator[House]:
    """Open a house of its own directory on a shared broker and server; nothing of it stays behind."""
    house = opens(
        folder / "var",
        kind=kind,
        broker=emptied(broker),
        postgres=postgres,
        environment="test",
        only=only,
    )
    try:
        yield house
    finally:
        house.destroy()
        if postgres is not None and kind is Kind.POSTGRESQL:
            postgres.start()
            for name in house.databases:
                postgres.drop(name)
