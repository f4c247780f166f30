"""A runtime without a broker, a neighbour that remembers what it was asked, and a process to try."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select

from chassis.config import Settings
from chassis.runtime import Runtime, build
from chassis.steps import Act, Ask, Process, Step
from chassis.tokens import generate_keypair
from chassis.work import Work
from tests.support.made import make_tables
from tests.support.things import Thing, changed
from tests.support.waiting import linger


def runtime_of(url: str, keys: Path, amqp_uri: str = "", clock: Path | None = None) -> Runtime:
    """Build a runtime of sales on a database that has the things' table too."""
    if not (keys / "sales.key").exists():
        generate_keypair(keys, "sales")
    settings = Settings(
        service="sales", amqp_uri=amqp_uri, database_url=url, ops_port=0,
        signing_key=keys / "sales.key", public_keys=keys / "public", clock_file=clock,
        environment="test", log_level="INFO",
    )  # fmt: skip
    runtime = build(settings, pool_size=10)
    make_tables(runtime.database.engine)
    return runtime


@dataclass
class Neighbour:
    """Another service: answers, refuses or fails as told, and remembers every question."""

    answers: dict[str, Callable[[dict[str, Any]], object]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)  # method, idempotency key

    def call(self, service: str, method: str, payload: dict[str, Any], **options: Any) -> object:
        """Answer a question."""
        self.asked.append((method, options["idempotency_key"]))
        return self.answers[method](payload)


def names(runtime: Runtime) -> list[str]:
    """Return the names of all stored things, in order."""
    with runtime.database.reading() as session:
        return list(session.scalars(select(Thing.name).order_by(Thing.name)))


def ring(work: Work, *, key: str, data: dict[str, Any]) -> None:
    """Leave one thing for a timer: a second one of the same name could not be stored."""
    work.tell(changed, work.add(Thing(name=f"{key} rang", mail=None)))


@dataclass
class Journey:
    """Where a journey has come."""

    name: str
    legs: list[str] = field(default_factory=list)
    slow_seconds: float = 0.0


def leg(name: str) -> Step[Journey]:
    """Make a step that leaves one thing, and takes it away again when it is undone."""

    def run(work: Work, state: Journey) -> None:
        linger(state.slow_seconds)
        work.tell(changed, work.add(Thing(id=f"{state.name}-{name}", name=f"{state.name} {name}")))
        state.legs.append(name)
        linger(state.slow_seconds)

    def undo(work: Work, state: Journey) -> None:
        work.remove(work.get(Thing, f"{state.name}-{name}"))
        state.legs.remove(name)

    return Step(name, run, undo)


def asking(method: str) -> Ask[Journey]:
    """Make a step that asks the neighbour."""

    def note(_: Work, state: Journey, answer: object) -> None:
        state.legs.append(str(answer))

    return Ask(method, "accounts", method, lambda state: {"name": state.name}, note)


def journey(*steps: Any) -> Process[Journey]:
    """Make a process of these steps."""
    return Process(
        kind="test.journey",
        state=Journey,
        steps=steps,
        key=lambda state: state.name,
        answer=lambda state: {"legs": state.legs},
        begin=lambda _work, name: Journey(name),
    )


def sending(own: str, name: str, seconds: float = 0.0) -> None:
    """Send a postcard: a line in a file outlives whoever wrote it."""
    with Path(own).open("a") as postbox:
        postbox.write(f"{name}\n")
    linger(seconds)


def postcard(**options: Any) -> Act[Journey]:
    """Make a step with an effect outside that may happen only once."""

    def unknown(_: Work, state: Journey) -> None:
        state.legs.append("perhaps sent")

    given = {
        "run": lambda state, own: sending(own, state.name, state.slow_seconds),
        "note": lambda _, state, __: state.legs.append("sent"),
        "unknown": unknown,
        "once": True,
    }
    return Act("postcard", **(given | options))


OUTING = dataclasses.replace(journey(leg("there"), postcard(), leg("back")), kind="test.outing")
JOURNEY = journey(*(leg(str(number)) for number in range(1, 9)))
