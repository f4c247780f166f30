"""A broker, a PostgreSQL and houses of the tests' own, started once and handed out clean."""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.local import management
from deploy.local.broker import Broker
from deploy.local.house import House, Kind
from deploy.local.machine import new_password, private_directory
from deploy.local.postgres import Postgres


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
) -> Iterator[House]:
    """Open a house of its own directory on a shared broker and server; nothing of it stays behind."""
    house = House(
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
