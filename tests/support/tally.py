"""A small service whose effects have no key of their own: counters that go up by one, a box of letters."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marshmallow import fields
from sqlalchemy import Column, Integer, String, Table, select, update

from chassis.config import Settings
from chassis.rows import command, on, runs, timer
from chassis.runtime import Runtime, build
from chassis.schemas import Accepted
from chassis.service import Service
from chassis.steps import Act, Process, Step
from chassis.tables import Base
from chassis.work import Work
from contracts.base import event
from tests.support.things import Thing

COUNTERS = Table(
    "test_counters",
    Base.metadata,
    Column("name", String(20), primary_key=True),
    Column("n", Integer, nullable=False),
)
NAMES = ("hits", "asked", "rang", "first", "sent", "perhaps", "last")
RING = "test.ring"


@event("tally.test_hit.made.v1", subject="hit_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class HitMade:
    """Something to count."""

    hit_id: str


@event("tally.test_round.begun.v1", subject="round_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class RoundBegun:
    """Something to count in several steps."""

    round_id: str


@dataclass
class Round:
    """Where a round has come."""

    id: str


def bump(work: Work, name: str) -> None:
    """Count: done twice it would be two."""
    statement = update(COUNTERS).where(COUNTERS.c.name == name).values(n=COUNTERS.c.n + 1)
    work.session.execute(statement)


def post(state: Round, own: Path) -> None:
    """Put a letter into the box: it outlives whoever wrote it."""
    with own.open("a") as box:
        box.write(f"{state.id}\n")


def begin_round(work: Work, told: RoundBegun) -> None:
    """Begin a round, unless it has begun."""
    work.start(ROUND.kind, told.round_id, {"id": told.round_id})


def ring(work: Work, *, key: str, data: dict[str, Any]) -> None:
    """Count a timer."""
    bump(work, "rang")


class Revise(Accepted):
    """Which version of a thing gets another name."""

    id = fields.String(required=True)
    version = fields.Integer(required=True, strict=True)


def revise(work: Work, *, id: str, version: int) -> dict[str, object]:
    """Change a thing that nobody else has changed."""
    work.get(Thing, id, version=version).name = f"lamp {version + 1}"
    return {}


def ask(work: Work) -> dict[str, object]:
    """Count because somebody asked; tell which count it was."""
    bump(work, "asked")
    query = select(COUNTERS.c.n).where(COUNTERS.c.name == "asked")
    return {"n": work.session.scalar(query)}


ROUND: Process[Round] = Process(
    kind="test.round",
    state=Round,
    steps=(
        Step("first", lambda work, _: bump(work, "first")),
        Act(
            "post",
            post,
            lambda work, _, __: bump(work, "sent"),
            unknown=lambda work, _: bump(work, "perhaps"),
            once=True,
        ),
        Step("last", lambda work, _: bump(work, "last")),
    ),
    key=lambda state: state.id,
    answer=lambda state: {},
    begin=lambda _, id: Round(id),
)


class Tally(Service):
    """Count."""

    name = "tally"

    ask = command(ask, needs="lead.write")
    revise = command(revise, accepts=Revise(), needs="lead.write")
    rings = timer(RING, ring)
    hits = on(HitMade, lambda work, _: bump(work, "hits"))
    rounds_begun = on(RoundBegun, begin_round)
    rounds = runs(ROUND)


def runtime_of(given: dict[str, Any]) -> Runtime:
    """Build the runtime of a tally on a database that has its tables."""
    keys = Path(given["keys"])
    settings = Settings(
        service="tally", amqp_uri=given["amqp"], database_url=given["url"], ops_port=0,
        signing_key=keys / "tally.key", public_keys=keys / "public", clock_file=None,
        environment="test", log_level="INFO",
    )  # fmt: skip
    runtime = build(settings, pool_size=20)
    runtime.own = Path(given["box"])
    return runtime
