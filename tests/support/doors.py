"""The way into a house: a person's request over the operator's connection, a visitor's by HTTP."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import httpx
from sqlalchemy import create_engine, text

from chaos.watch import await_quiet
from chassis.clock import Clock
from chassis.plain.rpc import Client
from chassis.tokens import HOUSE, Signer
from chassis.topology.names import OPERATOR
from deploy.local import management
from deploy.local.house import House
from deploy.local.machine import LOOPBACK
from tests.support.waiting import eventually

SECONDS = 60.0
PATIENCE = 60.0  # a bound, not a measure: the machine may be busy


class Door:
    """How a person's request comes in: the operator's connection, the person's token."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.client = Client(house.uri_of(OPERATOR), name="journeys").start()
        self.signer = Signer(house.signing_keys / "accounts.key", "accounts")

    @property
    def admin(self) -> str:
        """A token of an admin, signed anew: a house runs for longer than one holds."""
        return self.signer.sign("person:admin", [HOUSE], roles=["admin"])

    def call(self, method: str, payload: dict[str, Any], token: str | None = None, **more: Any):
        """Call ``service.method``."""
        service, _, name = method.partition(".")
        token = self.admin if token is None else token
        return self.client.call(
            service, name, payload, token=token, timeout_seconds=SECONDS, **more
        )

    def token_of(self, staff_id: str) -> str:
        """Sign in a member of the staff with the rights that the directory gives."""
        claims = self.call("accounts.token_claims", {"staff_id": staff_id})
        return self.signer.sign(
            claims["subject"],
            [HOUSE],
            roles=claims["roles"],
            entity=claims["entity"],
            teams=claims["teams"],
            territories=claims["territories"],
        )

    def hire(self, name: str, *roles: str, **fields: Any) -> tuple[str, str]:
        """Enter a member of the staff; return its id and its token."""
        entered = {"name": name, "roles": list(roles)} | fields
        id_ = str(self.call("accounts.register_staff", entered)["id"])
        return id_, self.token_of(id_)

    def pages(self, method: str, payload: dict[str, Any]) -> Iterator[Any]:
        """Yield the items of all pages of a list."""
        after: dict[str, Any] = {}
        while True:
            page = self.call(method, payload | after)
            yield from page["items"]
            if page.get("next") is None:
                return
            after = {"after": page["next"]}

    def visit(self, method: str, path: str, **given: Any) -> httpx.Response:
        """Ask the gateway as anybody outside does."""
        base = f"http://{LOOPBACK}:{self.house.ports['gateway']}"
        with httpx.Client(base_url=base, trust_env=False, timeout=SECONDS) as client:
            return client.request(method, path, **given)

    def travel(self, instant: datetime) -> None:
        """Move the business clock of the house."""
        Clock.travel(self.house.clock_file, instant)

    def count(self, service: str, table: str, where: str = "1 = 1") -> int:
        """Count the rows of a table in a service's own database."""
        engine = create_engine(self.house.places[service].database_url)
        try:
            with engine.connect() as connection:
                query = text(f"select count(*) from {table} where {where}")  # a test's own words
                return int(connection.execute(query).scalar_one())
        finally:
            engine.dispose()

    def until(self, service: str, table: str, number: int, where: str = "1 = 1") -> None:
        """Wait until a table of a service has so many rows."""
        eventually(
            lambda: self.count(service, table, where) == number,
            seconds=PATIENCE,
            because=f"{number} of {service}.{table} where {where}",
        )

    def quiet(self) -> None:
        """Wait until nothing is under way: everything was told, and every handler has taken it."""
        uri = self.house.broker.management_uri
        assert uri is not None

        def waiting() -> list[str]:
            stored = [one for one in self.house.databases if self.count(one, "outbox")]
            ours = tuple(
                f"{one}." for one in self.house.databases
            )  # partners take theirs when they like
            queues = [one for one in management.queues(uri) if one.name.startswith(ours)]
            return stored + [one.name for one in queues if one.ready + one.unacked]

        await_quiet(waiting, PATIENCE)

    def read_up(self) -> dict[str, Any]:
        """Wait until everything was told and the warehouse has read it; return how it stands."""
        for name in self.house.databases:
            self.until(name, "outbox", 0)
        found: dict[str, Any] = eventually(
            lambda: (
                (status := self.call("analytics.warehouse_status", {}))["lag_events"] == 0
                and status
            ),
            seconds=PATIENCE,
            because="the warehouse has read the whole log",
        )
        return found
