"""A search for one person through everything that a running house keeps."""

import contextlib
import json
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pika
from sqlalchemy import create_engine

from chassis import parking
from chassis.plain.connection import open_connection
from chassis.plain.stream import StreamReader
from chassis.topology import names
from chassis.topology.names import OPERATOR
from tests.support.doors import PATIENCE, Door
from tests.support.persons import found_in, names_the_person
from tests.support.plain import whole
from tests.support.waiting import eventually


def everywhere(door: Door) -> list[str]:
    """Return where in the databases of the house the person stands."""
    found = []
    for service in door.house.databases:
        engine = create_engine(door.house.places[service].database_url)
        try:
            found += [f"{service}.{place}" for place in found_in(engine)]
        finally:
            engine.dispose()
    return found


def in_log(door: Door) -> tuple[int, list[Any]]:
    """Return how much stands in the log, and what of it names the person."""
    with StreamReader(door.house.uri_of(OPERATOR), place="first") as reader:
        read = [one.body for one in whole(reader)]
    return len(read), [body for body in read if names_the_person(body)]


def in_warehouse(door: Door, folder: Path) -> tuple[int, list[str]]:
    """Return how many rows stand in the warehouse, and the tables that name the person."""
    (file,) = door.house.directory.rglob("*.duckdb")
    for one in file.parent.glob(f"{file.name}*"):
        shutil.copy(one, folder / one.name)
    with duckdb.connect(str(folder / file.name)) as warehouse:
        tables = [row[0] for row in warehouse.execute("SHOW TABLES").fetchall()]
        rows = {
            one: warehouse.execute(f'SELECT COLUMNS(*)::VARCHAR FROM "{one}"').fetchall()
            for one in tables
        }
    named = [one for one, found in rows.items() if names_the_person(found)]
    return sum(map(len, rows.values())), named


def park(door: Door, service: str, body: dict[str, str]) -> None:
    """Let a service park a message, as if no handler could take it."""
    properties = pika.BasicProperties(delivery_mode=2, message_id=json.dumps(body))
    with contextlib.closing(open_connection(door.house.uri_of(service), name="parking")) as found:
        channel = found.channel()
        channel.confirm_delivery()
        sent = json.dumps(body).encode()
        channel.basic_publish(names.park_exchange(service), "", sent, properties, mandatory=True)


def parked(door: Door, service: str) -> list[bytes]:
    """Return the bodies that are parked in a service."""
    found = parking.list_parked(door.house.uri_of(OPERATOR), service)
    return [one.delivery.body for one in found]


def followed(door: Door, request_id: str) -> dict[str, Any]:
    """Wait until every service has erased, and return the certificate."""

    def done() -> dict[str, Any] | None:
        found = door.call("accounts.erasure_certificate", {"request_id": request_id})
        return found if found["status"] == "done" else None

    found = eventually(done, seconds=PATIENCE, because="every service has erased")
    return dict(found)
