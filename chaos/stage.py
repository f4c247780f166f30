"""Where it is played: a whole house of its own, with a line that can be spoilt before every server."""

import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

import pika
from sqlalchemy import Engine, Executable, create_engine, text

from chaos.ledger import Ledger
from chaos.lines import Line, through
from chaos.tap import Tap
from chassis.clock import real_now
from chassis.errors import Problem, RemoteBug, Unavailable
from chassis.plain.rpc import Client
from chassis.tokens import HOUSE, LIFETIME_SECONDS, Signer
from chassis.topology.names import OPERATOR
from contracts import SERVICES
from deploy.local import services
from deploy.local.house import House, Kind
from deploy.local.machine import CannotRun, wait_until
from deploy.local.pbx import ReplayPbx
from deploy.local.services import Place

CALL_SECONDS = 5.0
PAUSE_SECONDS = 0.25  # before a call is tried again, growing to ten times that
TOKEN_SECONDS = LIFETIME_SECONDS / 2
FEW = 5  # sentences of one kind that are worth reading


class Stopped(Exception):
    """The load was told to end in the middle of an operation; its fate is unknown."""


@dataclass
class Expected:
    """What a fault is meant to leave behind; it is checked and cleared after the fault."""

    parked: Counter[tuple[str, str]] = field(default_factory=Counter)  # (service, reason code)
    bugs: int = 0  # answers that said no more than "bug"


class Stage:
    """One house under one load: what faults, streams and proofs all work with."""

    def __init__(self, folder: Path, kind: Kind, only: tuple[str, ...] | None = None) -> None:
        self.folder, self.kind = folder, kind
        if folder.exists():  # the evidence of an earlier run with this seed
            House(folder / "house").destroy()
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
        self.ledger = Ledger(folder / "ledger.jsonl")
        self.expected = Expected()
        self.bugs: list[str] = []
        self.read: dict[str, int] = {}  # how much of each log was looked at, in bytes
        self.forged: set[str] = set()  # ids of events that nobody in the house has told
        self.stop_asking = threading.Event()  # the load gives up what is not acknowledged yet
        self.closing = ExitStack()  # what streams have opened
        self.lines: dict[str, Line] = {}  # a process's to the broker; "db:<process>" to PostgreSQL
        self.house = House(
            folder / "house", kind=kind, environment="test", only=only, amend=self._amend
        )
        self.pbx: ReplayPbx | None = None
        self._client: Client | None = None
        self._signer: Signer | None = None
        self._tokens: dict[str, tuple[float, str]] = {}
        self._engines: dict[str, Engine] = {}
        self._lock = threading.Lock()

    # -- opening and closing -------------------------------------------------------------------

    def open(self) -> None:
        """Start everything.

        :raises CannotRun: if a part of the house does not come up.
        """
        self.house.broker.start()
        if self.kind is Kind.POSTGRESQL:
            self.house.postgres.start()
        self.tap = Tap(self.house.broker.amqp_uri)
        self.house.up()
        self._signer = Signer(self.house.signing_keys / "accounts.key", "accounts")
        self._client = Client(self.house.uri_of(OPERATOR), name="chaos").start()
        if "cti" in self.house.places:
            secret = self.house.pbx_secret
            self.pbx = ReplayPbx(self.house.ports["pbx"], secret, booted=real_now())
            self.pbx.__enter__()

    def close(self, *, keep: bool) -> None:
        """End everything; ``keep`` leaves databases and logs where they are."""
        self.closing.close()
        if self._client is not None:
            self._client.close()
        if self.pbx is not None:
            self.pbx.__exit__(None, None, None)
        for engine in self._engines.values():
            engine.dispose()
        for line in self.lines.values():
            line.close()
        if keep:
            self.house.down()
        else:
            self.house.destroy()
        self.ledger.close()

    def _amend(self, place: Place) -> Place:
        """Lead every process through lines of its own."""
        if not place.amqp_uri:
            return place
        amqp = pika.URLParameters(self.house.broker.amqp_uri).port
        changed = replace(place, amqp_uri=through(place.amqp_uri, self._line(place.name, amqp)))
        changed = replace(changed, clock_file=str(self._clock_of(place.name)))
        if place.database_url and self.kind is Kind.POSTGRESQL:
            line = self._line(f"db:{place.name}", self.house.postgres.port)
            changed = replace(changed, database_url=through(place.database_url, line))
        return changed

    def _clock_of(self, name: str) -> Path:
        """Name the clock file of a process: the house's, until a fault puts another in its place."""
        file = self.folder / "clocks" / f"{name}.json"
        file.parent.mkdir(exist_ok=True)
        if not file.is_symlink():
            file.unlink(missing_ok=True)
            file.symlink_to(self.house.clock_file)
        return file

    def partner_uri(self, user: str) -> str:
        """Return the broker URI of an outside system, through a line of its own."""
        amqp = pika.URLParameters(self.house.broker.amqp_uri).port
        return through(self.house.uri_of(user), self._line(user, amqp))

    def _line(self, name: str, target: int) -> Line:
        if name not in self.lines:
            self.lines[name] = Line(target)
        return self.lines[name]

    # -- asking, as a client would that takes "not now" for what it is --------------------------

    def token(self, subject: str = "person:chaos", roles: tuple[str, ...] = ("admin",)) -> str:
        """Return a token that is good for some minutes."""
        assert self._signer is not None
        key = " ".join((subject, *roles))
        with self._lock:
            ends, token = self._tokens.get(key, (0.0, ""))
            if time.monotonic() > ends:
                token = self._signer.sign(subject, [HOUSE], roles=list(roles))
                self._tokens[key] = (time.monotonic() + TOKEN_SECONDS, token)
            return token

    def ask(
        self, method: str, payload: dict[str, Any], *, key: str | None = None, token: str = ""
    ) -> Any:
        """Call ``service.method`` until it is answered; with a key that is one command, once.

        :raises Refused: what the service decided.
        :raises Stopped: if the load is told to end before an answer came.
        """
        wait = PAUSE_SECONDS
        while True:
            self.ledger.count("asked")
            try:
                answer = self.ask_once(method, payload, key, token)
            except Unavailable:
                self.ledger.count("asked again")
            else:
                if key is not None:
                    self.ledger.keep(method, key, answer)
                return answer
            if self.stop_asking.wait(wait):
                raise Stopped(method)
            wait = min(2 * wait, 10 * PAUSE_SECONDS)

    def ask_once(
        self, method: str, payload: dict[str, Any], key: str | None = None, token: str = ""
    ) -> object:
        """Call ``service.method`` once.

        :raises Problem: whatever comes instead of an answer; a bug is Unavailable, and noted.
        """
        assert self._client is not None
        service, _, name = method.partition(".")
        try:
            answer = self._client.call(
                service, name, payload,
                token=token or self.token(), timeout_seconds=CALL_SECONDS, idempotency_key=key,
            )  # fmt: skip
        except RemoteBug as bug:
            with self._lock:
                self.bugs.append(f"{method} answered with a bug")
            raise Unavailable(f"{method} failed unforeseen.", code="bug") from bug
        if isinstance(answer, dict) and answer.keys() == {"process", "status"}:
            # It goes on without us, as after a death; whoever asks again joins it.
            raise Unavailable(f"{method} is not done yet.", code="process.goes_on")
        return answer

    def pages(self, method: str, payload: dict[str, Any]) -> Iterator[Any]:
        """Yield the items of all pages of a list."""
        after = None
        while True:
            page = self.ask(method, payload | ({"after": after} if after else {}))
            yield from page["items"]
            after = page.get("next")
            if after is None:
                return

    # -- looking -------------------------------------------------------------------------------

    def rows(self, service: str, query: str | Executable, **values: object) -> list[Any]:
        """Read a service's own database, past every line."""
        asked = text(query) if isinstance(query, str) else query
        with self._lock:
            if service not in self._engines:
                url = self.house.databases[service]
                line = self.lines.get(f"db:{service}")
                if line is not None:
                    url = url.replace(f":{line.port}/", f":{self.house.postgres.port}/")
                self._engines[service] = create_engine(url, pool_pre_ping=True)
        with self._engines[service].connect() as connection:
            return list(connection.execute(asked, values).mappings().all())

    def let_go(self, service: str) -> None:
        """Close what looks into a service's database, because the file is about to move."""
        with self._lock:
            engine = self._engines.pop(service, None)
        if engine is not None:
            engine.dispose()

    def processes(self) -> list[str]:
        """List the processes that run here, replicas among them."""
        return list(self.house.places)

    def of_service(self, service: str) -> list[str]:
        """List the processes of one service."""
        return [name for name in self.house.places if name.partition("-")[0] == service]

    def is_ready(self, name: str) -> bool:
        """Tell whether a process says that it takes work."""
        place = self.house.places[name]
        return place.is_running and services.is_ready(place)

    def await_all_ready(self, seconds: float) -> None:
        """Wait until every process takes work.

        :raises CannotRun: if one does not, with its name.
        """
        waiting = set(self.processes())

        def ready() -> bool:
            waiting.difference_update([name for name in waiting if self.is_ready(name)])
            return not waiting

        wait_until(ready, seconds, lambda: f"not ready: {', '.join(sorted(waiting))}")

    def wait(self, condition: Callable[[], object], seconds: float, because: str) -> None:
        """Wait until something is so.

        :raises CannotRun: if it does not become so.
        """
        wait_until(lambda: bool(condition()), seconds, lambda: f"waited in vain until {because}")

    # -- what several faults do ----------------------------------------------------------------

    def restart(self, name: str) -> None:
        """Start a process that has ended, as an orchestrator would, without waiting for it."""
        self.house.launch(name)

    @contextmanager
    def amended(self, name: str, **changes: Any) -> Iterator[None]:
        """Run a process with other settings for a while: stopped, started so, and back again."""
        before = self.house.places[name]
        self._run_as(name, **changes)
        try:
            yield
        finally:
            self._run_as(name, **{field: getattr(before, field) for field in changes})

    def _run_as(self, name: str, **changes: Any) -> None:
        self.house.stop(name)
        self.house.places[name] = replace(self.house.places[name], process=None, **changes)
        with suppress(CannotRun):  # some are meant not to get ready
            self.house.restart(name)


def one_service(dice: Random) -> str:
    """Choose a service."""
    return dice.choice(sorted(SERVICES))


def problem_of(error: Problem) -> str:
    """Write a refusal in a few words."""
    return f"{error.code}: {error.message}"
