"""A real accounts on a real database, asked through its own page of rows; no broker needed."""

import base64
import hashlib
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chassis import migrate, processes
from chassis.config import Settings
from chassis.context import Request
from chassis.envelope import Envelope, decode
from chassis.ids import new_id
from chassis.origin import internal
from chassis.runtime import Runtime, build
from chassis.service import bind
from chassis.subscribe import Delivery
from chassis.tables import OUTBOX, Base
from chassis.tokens import HOUSE, Signer, generate_keypair
from chassis.work import Work
from services.accounts.service import Accounts
from tests.support.sales import told_now
from tests.support.spare import Emptying
from tests.support.unsynced import unsynced

ANN = {"name": "Ann Lee", "email": "ann@lee.org", "phone": "+12125550123", "state": "New York"}
HEADER = (
    "external_id,kind,name,email,phone,language,segment,"
    "country,state,city,postal_code,region,customer_since,derived"
)


class Desk:
    """Accounts as its callers know it."""

    def __init__(self, url: str, folder: Path, *, pool_size: int = 10) -> None:
        migrate.upgrade("accounts", url)
        self._tables = migrate.tables_of("accounts")
        ours = (one for one in Base.metadata.sorted_tables if one.name in self._tables)
        self._empty = Emptying(ours)
        for signer in ("accounts", "sales", "marketing"):
            if not (folder / f"{signer}.key").exists():
                generate_keypair(folder, signer)
        self.folder = folder
        self.runtime: Runtime = build(
            Settings(
                service="accounts", amqp_uri="", database_url=url, ops_port=0,
                signing_key=folder / "accounts.key", public_keys=folder / "public",
                clock_file=None, environment="test", log_level="INFO",
            ),
            pool_size=pool_size,
        )  # fmt: skip
        unsynced(self.runtime.database.engine)
        bound = bind(Accounts, self.runtime)
        self._answers, self._handlers = bound.answers, bound.handlers

    @property
    def token(self) -> str:
        """A token of accounts' own, renewed: a desk is open for longer than one holds."""
        return self.runtime.signer.for_service("accounts")

    def forget_all(self) -> None:
        """Empty every table; the database itself stays, because migrating takes a second."""
        with self.runtime.database.begin() as session:
            self._empty(session)

    def token_of_service(self, name: str) -> str:
        """Return a service's own token for accounts."""
        return Signer(self.folder / f"{name}.key", name).for_service("accounts")

    def token_of(self, staff_id: str) -> str:
        """Return a person's token, with what accounts says of that person."""
        claims = self.ask("token_claims", staff_id=staff_id)
        subject, roles = claims.pop("subject"), claims.pop("roles")
        return self.runtime.signer.sign(subject, [HOUSE], roles=roles, **claims)

    def ask(self, method: str, /, *, as_: str | None = None, key: str = "", **payload: Any) -> Any:
        """Call a method as its row answers it: token, permission, validation, transaction."""
        return self.put(method, payload, as_=as_, key=key)

    def put(
        self, method: str, payload: dict[str, Any], *, as_: str | None = None, key: str = ""
    ) -> Any:
        """Call a method one of whose fields is called like a parameter of ``ask``."""
        id_ = key or new_id()
        request = Request(
            method=method, message_id=id_, correlation_id=id_, causation_id=id_,
            token=as_ or self.token, idempotency_key=key or None,
            deadline=time.monotonic() + 60,
        )  # fmt: skip
        return decode(self._answers[method](payload, request))

    def hear(self, row: str, event: object, id_: str | None = None) -> None:
        """Let a fact handler take an event."""
        told = told_now(event, self.runtime.clock.now(), id_=id_)
        self._handlers[row](
            Delivery(
                body=told.body, headers=told.headers, properties={},
                envelope=Envelope.of(told.headers), exchange="", routing_key=told.routing_key,
                queue=row, redelivered=False, attempt=1,
            )
        )  # fmt: skip

    @contextmanager
    def work(self) -> Iterator[Work]:
        """Open a transaction as the service itself."""
        with self.runtime.working(internal("accounts", "test")) as work:
            yield work

    def count(self, table: str, where: str = "") -> int:
        """Count stored rows."""
        with self.runtime.database.engine.connect() as connection:
            query = f"SELECT count(*) FROM {table} {where}"
            return int(connection.exec_driver_sql(query).scalar_one())

    def told(self, type_: str) -> list[dict[str, Any]]:
        """Return the data of all events of a type, in order."""
        columns = OUTBOX.c
        with self.runtime.database.reading() as session:
            rows = session.execute(
                OUTBOX.select().where(columns.routing_key == type_).order_by(columns.position)
            )
            return [data for row in rows if isinstance(data := decode(row.body), dict)]

    def upload(self, content: bytes, *, piece: int = 700 * 1024) -> dict[str, str]:
        """Bring a file in pieces; return how start_import names it."""
        file_id = new_id()
        for number, start in enumerate(range(0, len(content), piece)):
            encoded = base64.b64encode(content[start : start + piece]).decode()
            self.ask("upload_file", file_id=file_id, number=number, content=encoded)
        return {"file_id": file_id, "sha256": hashlib.sha256(content).hexdigest()}

    def start(self, content: bytes, **plan: Any) -> str:
        """Upload a file and start an import; return its id. Nothing runs yet."""
        job = self.ask("start_import", **self.upload(content), **plan)
        return str(job["import_id"])

    def run(self) -> None:
        """Let everything that has been started come to its end."""
        processes.resume_due(self.runtime)

    def imported(self, content: bytes, **plan: Any) -> dict[str, Any]:
        """Import a file to its end and return its status."""
        import_id = self.start(content, **plan)
        self.run()
        return dict(self.ask("import_status", import_id=import_id))


def a_row(number: int, **cells: str) -> str:
    """Write a valid row of an import file; one line to vary."""
    row = {
        "external_id": f"X-{number}", "kind": "person", "name": f"Person {number}",
        "email": f"person{number}@example.com", "phone": f"+1212{5550000 + number}",
        "language": "en", "segment": "Consumer", "country": "US", "state": "New York",
        "city": "New York City", "postal_code": "10011", "region": "East",
        "customer_since": "2016-01-31", "derived": "email phone language",
    } | cells  # fmt: skip
    return ",".join(row.values())


def a_file(*rows: str) -> bytes:
    """Write an import file."""
    return "\r\n".join((HEADER, *rows, "")).encode()


def a_customer(desk: Desk, **details: Any) -> dict[str, Any]:
    """Register a customer that nobody else is like."""
    given = {"name": f"Customer {new_id()}", "country": "US"} | details
    return dict(desk.ask("register_customer", **given))


def a_staff(desk: Desk, role: str = "rep", **details: Any) -> dict[str, Any]:
    """Register a member of the staff."""
    given: Mapping[str, Any] = {"name": "Rita Rep", "roles": [role]} | details
    return dict(desk.ask("register_staff", **given))


def a_territory(desk: Desk, *states: str, **details: Any) -> str:
    """Register a territory."""
    given = {"name": "East", "states": list(states)} | details
    return str(desk.ask("register_territory", **given)["id"])
