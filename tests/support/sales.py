"""Rooms: services in this process, on real databases, with calls and events carried by hand."""

import itertools
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from chassis import timers
from chassis.clock import Clock
from chassis.config import Settings
from chassis.context import Request
from chassis.envelope import Envelope, decode, encode
from chassis.errors import Problem, from_wire, to_wire
from chassis.origin import internal
from chassis.rows import HandlerRow
from chassis.runtime import build
from chassis.service import Service, bind
from chassis.subscribe import Delivery
from chassis.tables import OUTBOX
from chassis.tokens import HOUSE, Signer, generate_keypair
from contracts import base as contracts
from contracts.accounts import CustomerRecorded, StaffRecorded, TerritoryRecorded
from tests.support.migrated import migrated
from tests.support.unsynced import unsynced

DAY = datetime(2017, 3, 1, 9, tzinfo=UTC)  # the business day on which every test begins
_numbers = itertools.count(1)
_SERVED: set[str] = set()  # URLs of PostgreSQL databases that are emptied and used again


class StandingClock(Clock):
    """The business instant stands still until a test moves it."""

    def __init__(self, instant: datetime = DAY) -> None:
        super().__init__()
        self.instant = instant

    def now(self) -> datetime:
        """Return the instant."""
        return self.instant

    def pass_(self, **time_: float) -> datetime:
        """Let time pass."""
        self.instant += timedelta(**time_)
        return self.instant


class Room:
    """One service without a broker: its page, its database, its clock."""

    def __init__(self, page: type[Service], url: str, keys: Path) -> None:
        for name in ("accounts", page.name):
            if not (keys / f"{name}.key").exists():
                generate_keypair(keys, name)
        if url not in _SERVED:
            migrated(page.name, url)
        if not url.startswith("sqlite:"):
            _SERVED.add(url)
        settings = Settings(
            service=page.name, amqp_uri="", database_url=url, ops_port=0,
            signing_key=keys / f"{page.name}.key", public_keys=keys / "public", clock_file=None,
            environment="test", log_level="INFO",
        )  # fmt: skip
        self.page, self.runtime, self.clock = page, build(settings, pool_size=10), StandingClock()
        self.runtime.clock = self.clock
        unsynced(self.runtime.database.engine)
        self.bound = bind(page, self.runtime)
        self.directory = Signer(keys / "accounts.key", "accounts")
        self._keys, self._carried = keys, 0

    def person(
        self, id_: str, *roles: str, team: str = "t1", territories: Any = ("west",), **claims: Any
    ) -> str:
        """Return a token of a member of the staff; by default of the group's own."""
        claims |= {"teams": [team], "territories": list(territories)}
        return self.directory.sign(f"person:{id_}", [HOUSE], roles=roles, **claims)

    def call(self, method: str, token: str, key: str | None = None, **payload: Any) -> Any:
        """Call a row as RPC would, JSON in and JSON out."""
        return self.ask(method, token, payload, key)

    def ask(self, method: str, token: str, payload: dict[str, Any], key: str | None = None) -> Any:
        """Call a row whose arguments may be named like ours."""
        id_ = key or f"message-{next(_numbers)}"
        request = Request(
            method=method, message_id=id_, correlation_id=id_, causation_id=id_, token=token,
            idempotency_key=key, deadline=time.monotonic() + 60,
        )  # fmt: skip
        sent = decode(encode(payload))
        return decode(self.bound.answers[method](sent, request))

    def hear(self, row: str, event: object, sequence: int = 1, id_: str | None = None) -> None:
        """Let a copy or a fact handler take an event."""
        told = told_now(event, self.clock.instant, sequence, id_)
        self.deliver(row, told.body, headers=told.headers, routing_key=told.routing_key)

    def post(self, row: str, body: object, message_id: str, key: str) -> None:
        """Let a handler take what a partner posted."""
        raw = body if isinstance(body, bytes) else encode(body)
        self.deliver(row, raw, routing_key=key, properties={"message_id": message_id})

    def service(self, name: str) -> str:
        """Return another service's own token for this one."""
        if not (self._keys / f"{name}.key").exists():
            generate_keypair(self._keys, name)
        return Signer(self._keys / f"{name}.key", name).for_service(self.page.name)

    def deliver(
        self,
        row: str,
        body: bytes,
        *,
        routing_key: str,
        headers: Any = None,
        properties: Any = None,
    ) -> None:
        """Hand a delivery to a handler."""
        envelope = Envelope.of(headers) if headers else None
        self.bound.handlers[row](
            Delivery(
                body=body, headers=headers or {}, properties=properties or {}, envelope=envelope,
                exchange="", routing_key=routing_key, queue=row, redelivered=False, attempt=1,
            )
        )  # fmt: skip

    def told(self, type_: str | None = None) -> list[dict[str, Any]]:
        """Return the data of the events told so far, oldest first, of one type or all."""
        return [
            json.loads(row.body)
            for row in self.outbox()
            if type_ is None or row.routing_key == type_
        ]

    def outbox(self) -> list[Any]:
        """Return the rows of the outbox; nothing relays it here."""
        with self.runtime.database.reading() as session:
            return list(session.execute(select(OUTBOX).order_by(OUTBOX.c.position)))

    def rows(self, table: Any) -> list[Any]:
        """Return the columns of all rows of a mapped class or a table."""
        columns = getattr(table, "__table__", table)
        with self.runtime.database.reading() as session:
            return list(session.execute(select(columns)))

    def work(self) -> Any:
        """Work as the service itself."""
        return self.runtime.working(internal(self.page.name, "test"))

    def start_anew(self) -> None:
        """Forget what was carried: the database is empty again."""
        self._carried = 0

    def fire(self) -> int:
        """Fire the timers that are due."""
        return timers.fire_due(self.runtime)

    def carry_to(self, other: "Room") -> None:
        """Bring what was told since the last time to the handlers of another room."""
        fresh = [row for row in self.outbox() if row.position > self._carried]
        for told in fresh:
            self._carried = told.position
            for name, row in other.page.rows.items():
                if isinstance(row, HandlerRow) and told.routing_key in row.keys:
                    other.deliver(
                        name, told.body.encode(), routing_key=told.routing_key,
                        headers=json.loads(told.headers),
                    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ToldNow:
    """An event as it arrives."""

    body: bytes
    headers: dict[str, str]
    routing_key: str


def told_now(
    event: object, instant: datetime, sequence: int = 1, id_: str | None = None
) -> ToldNow:
    """Write an event as its service tells it."""
    known = contracts.describe(type(event))
    common = {"actor": f"service:{known.service}", "occurred_at": instant, "origin": "test"}
    body = contracts.body(event) | common | {"changed": {}}
    headers = Envelope(
        id=id_ or f"event-{next(_numbers)}", source=f"/crm/{known.service}", type=known.name,
        time=datetime.fromtimestamp(time.time(), UTC).isoformat(),
        subject=str(getattr(event, known.subject)), dataschema=known.dataschema,
        correlation_id="c", causation_id="c", sequence=sequence,
    ).headers()  # fmt: skip
    return ToldNow(encode(body), headers, known.name)


class NextDoor:
    """The way from one room to others: what goes through is what would go over the wire."""

    def __init__(self, *rooms: Room) -> None:
        self.rooms = {room.page.name: room for room in rooms}
        self.asked: list[str] = []
        self.closed: Problem | None = None

    def call(self, service: str, method: str, payload: dict[str, Any], **options: Any) -> object:
        """Ask, and rebuild an error as a caller would see it."""
        self.asked.append(method)
        if self.closed is not None:
            raise self.closed
        try:
            return self.rooms[service].ask(
                method, options["token"], payload, options["idempotency_key"]
            )
        except Problem as problem:
            raise from_wire(to_wire(problem)) from None


@contextmanager
def a_room(page: type[Service], url: str, keys: Path) -> Iterator[Room]:
    """Open a room and close its database again."""
    room = Room(page, url, keys)
    try:
        yield room
    finally:
        room.runtime.database.close()


# -- what accounts has told ----------------------------------------------------------------------


def know_customer(room: Room, id_: str = "c1", *, sequence: int = 1, **fields: Any) -> None:
    """Let sales hear of a customer."""
    known = {
        "name": "Ada Ames", "kind": "person", "version": sequence, "owner_id": "r1",
        "team_id": "t1", "territory_id": "west", "external_ids": {"erp": f"ERP-{id_}"},
    }  # fmt: skip
    room.hear("customers", CustomerRecorded(customer_id=id_, **known | fields), sequence)


def know_rep(room: Room, id_: str = "r1", *, sequence: int = 1, **fields: Any) -> None:
    """Let sales hear of a rep."""
    known = {
        "name": f"Rep {id_}", "version": sequence, "roles": ("rep",), "team_id": "t1",
        "territory_ids": ("west",),
    }  # fmt: skip
    room.hear("staff", StaffRecorded(staff_id=id_, **known | fields), sequence)


def know_territory(room: Room, id_: str = "west", *, sequence: int = 1, **fields: Any) -> None:
    """Let sales hear of a territory."""
    known = {"name": id_, "version": sequence, "states": ("California", "Oregon")}
    room.hear("territories", TerritoryRecorded(territory_id=id_, **known | fields), sequence)
