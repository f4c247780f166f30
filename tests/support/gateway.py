"""The gateway in front of real services in their rooms: HTTP in, HTTP out, no broker in between."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx

from chassis.errors import Problem
from chassis.tokens import Signer, generate_keypair
from deploy.local.house import House
from deploy.local.machine import free_ports
from deploy.local.services import Place
from services.accounts.service import Accounts
from services.gateway.config import Own
from services.gateway.doors.app import Hall, build
from services.gateway.doors.calls import told_outside
from services.gateway.doors.rows import rows
from services.gateway.openapi import document
from services.gateway.service import Gateway
from services.sales.service import Sales
from tests.support.couriers import stored
from tests.support.doors import Door
from tests.support.sales import NextDoor, a_room

TOKEN = "a-token-of-a-link-0123456789"
ADDRESS = "203.0.113.7"
LEAD = {"name": "Ada Ames", "email": "ada@example.com"}
PAGE = {"accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}  # as browsers send it
LIMITS_OFF = {"RAPPORT_REQUESTS_PER_MINUTE": "100000"}
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


class Rooms:
    """The way to services that are next door, with the gateway's own token."""

    def __init__(self, next_door: NextDoor, keys: Path) -> None:
        if not (keys / "gateway.key").exists():
            generate_keypair(keys, "gateway")
        self.next_door, self._signer = next_door, Signer(keys / "gateway.key", "gateway")
        self.keys: list[str | None] = []

    async def call(
        self, target: str, payload: dict[str, object], *, key: str | None, correlation_id: str
    ) -> object:
        """Call ``service.method``."""
        service, _, method = target.partition(".")
        self.keys.append(key)
        token = self._signer.for_service(service)
        try:
            return self.next_door.call(
                service, method, payload, token=token, idempotency_key=key or correlation_id
            )
        except Problem as problem:
            raise told_outside(problem, target) from problem


FORMS: dict[str, dict[str, Any]] = {
    "marketing.unsubscribe_form": {
        "purpose": "marketing", "channel": "mail", "address": "a•••@example.com",
        "state": "subscribed",
    },
    "service_desk.survey_form": {
        "answered": False, "moment": "post_sale", "purpose": "Why we ask.",
        "invitation": "Be open.", "least": 1, "most": 10, "drivers": ["price", "staff_attitude"],
        "questions": {"price": "the price", "staff_attitude": "our people"}, "customer_id": "c1",
    },
}  # fmt: skip


class Wired:
    """The way to services that say what a test wires: an answer, or an error that is raised."""

    def __init__(self, ends: Any = None) -> None:
        self.ends = ends
        self.asked: list[tuple[str, dict[str, object], str | None]] = []

    async def call(
        self, target: str, payload: dict[str, object], *, key: str | None, correlation_id: str
    ) -> object:
        """Note the call and end as wired."""
        self.asked.append((target, payload, key))
        if isinstance(self.ends, Exception):
            raise self.ends
        return FORMS.get(target, {}) | (self.ends or {})


class Front:
    """The doors before some services, for somebody at an address."""

    def __init__(self, services: Any, address: str = ADDRESS, **own: Any) -> None:
        self.hall = Hall(
            services, document(), Own(**{"http_port": 0, "requests_per_minute": 1000} | own)
        )
        self._app, self._address = build(rows(Gateway), self.hall), address

    def ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Send one request and return the answer."""

        async def asked() -> httpx.Response:
            transport = httpx.ASGITransport(
                self._app, raise_app_exceptions=False, client=(self._address, 50000)
            )
            async with httpx.AsyncClient(
                transport=transport, base_url="http://gateway.test"
            ) as client:
                return await client.request(method, path, **request)

        return asyncio.run(asked())

    def get(self, path: str, **request: Any) -> httpx.Response:
        """Ask with GET."""
        return self.ask("GET", path, **request)

    def post(self, path: str, **request: Any) -> httpx.Response:
        """Ask with POST."""
        return self.ask("POST", path, **request)


@contextmanager
def a_shop(folder: Path) -> Iterator[tuple[Any, Rooms]]:
    """Open sales with accounts next door; yield it and the gateway's way to both."""
    with (
        a_room(Accounts, f"sqlite:///{folder / 'accounts.db'}", folder) as accounts,
        a_room(Sales, f"sqlite:///{folder / 'sales.db'}", folder) as sales,
    ):
        sales.runtime.link = NextDoor(accounts)
        yield sales, Rooms(NextDoor(sales, accounts), folder)


class Wire:
    """A connection to a port on which a test writes byte by byte what no client would send."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)

    def send(self, text: str) -> bool:
        """Send text; tell whether the other side still takes it."""
        try:
            self._socket.sendall(text.encode())
        except OSError:
            return False
        return True

    def rest(self) -> str:
        """Return all that comes until the other side closes."""
        found = b""
        with contextlib.suppress(ConnectionError):
            while chunk := self._socket.recv(65536):
                found += chunk
        return found.decode()

    def is_closed(self) -> bool:
        """Tell whether the other side has closed; what it says meanwhile is passed over."""
        self._socket.settimeout(0.01)
        try:
            while self._socket.recv(65536):
                pass
        except TimeoutError:
            return False
        except ConnectionError:
            return True
        return True

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


def names_of_leads(door: Door, name: str) -> list[str]:
    """Return the leads of a name, by their name: once for each."""
    found = door.call("sales.find_records", {"kind": "lead"})["items"]
    return [lead["name"] for lead in found if lead["name"] == name]


def another(place: Place, **own: str) -> Place:
    """Return a place for a second gateway beside the first."""
    ops, http = free_ports(2)
    settings = place.own | {"RAPPORT_HTTP_PORT": str(http)} | own
    log = place.log.replace("gateway", f"gateway-{http}")
    return replace(place, ops_port=ops, port=http, own=settings, log=log, process=None)


def is_at_rest(house: House) -> bool:
    """Tell whether everything in a house is told and done, so that what changes now has a cause."""
    books = [stored(house, name, "outbox", "processes") for name in house.databases]
    open_ = [row for book in books for row in book["processes"] if {"running", "undoing"} & {*row}]
    return not open_ and not any(book["outbox"] for book in books)
