"""The result of the main job: what it has to tell."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from demo.findings import NOTHING_FOUND, Findings

SCHEMA: Final = "rapport.demo.result/1"


class Unit(StrEnum):
    """What the figures of a column are."""

    COUNT = "count"
    MONEY = "money"  # minor units of the result's currency


class Form(StrEnum):
    """How a fact is to be shown."""

    TEXT = "text"
    COUNT = "count"
    MONEY = "money"
    MOMENT = "moment"


@dataclass(frozen=True, slots=True)
class Machine:
    """Where it ran."""

    database: str  # sqlite or postgresql
    broker: str
    python: str
    cores: int
    version: str  # of the project


@dataclass(frozen=True, slots=True)
class Period:
    """The business time it travelled through, ISO dates, both included."""

    start: str
    end: str


@dataclass(frozen=True, slots=True)
class Column:
    """What is compared over the hops of a flow."""

    title: str
    unit: Unit = Unit.COUNT


@dataclass(frozen=True, slots=True)
class Hop:
    """One place that a flow passes; None where the hop cannot know a figure."""

    name: str  # source, sent, accepted, stored, published, applied, ...
    title: str
    where: str  # which process or table was asked
    values: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Flow:
    """Something that travels hop by hop and must arrive whole: the first hop is the truth."""

    name: str
    title: str
    columns: tuple[Column, ...]
    hops: tuple[Hop, ...]

    def differs(self, hop: Hop) -> tuple[bool, ...]:
        """Tell for each column whether a hop has another figure than the first hop."""
        truth = self.hops[0].values
        return tuple(
            mine is not None and mine != true for mine, true in zip(hop.values, truth, strict=True)
        )


@dataclass(frozen=True, slots=True)
class Refusal:
    """A planted fault and what became of it."""

    file: str
    row: int | None  # as a spreadsheet counts; None: the whole file
    column: str | None
    expected: str  # reason code
    refused_as: str | None  # reason code; None: it was let in
    message: str
    corrected: bool  # came in after correction, or was rightly left out


@dataclass(frozen=True, slots=True)
class Import:
    """The import of the customers."""

    rows: int
    dry_run_refused: int
    accepted: int
    refused: int
    accepted_after_correction: int
    seconds: float
    faults: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of the funnel."""

    title: str
    count: int
    expected: int
    note: str = ""
    warehouse: int | None = None  # as the warehouse counts it; None: it was not asked


@dataclass(frozen=True, slots=True)
class Month:
    """What was ordered in a month, read from sales."""

    month: str  # 2014-01
    orders: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Bucket:
    """How many took longer than the bucket before and at most this; None: no bound."""

    upto_ms: float | None
    count: int


@dataclass(frozen=True, slots=True)
class Latency:
    """How long something took."""

    title: str
    note: str
    count: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float
    buckets: tuple[Bucket, ...] = ()


@dataclass(frozen=True, slots=True)
class Counter:
    """One figure of what the bus had to cope with."""

    name: str
    title: str
    value: int
    expected: int | None = None  # None: any figure is right
    note: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """Something that was tried and either held or did not."""

    title: str
    passed: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of a section."""

    label: str
    value: str | int | None
    form: Form = Form.TEXT
    derived: bool = False  # made up by the demo, not in the input


@dataclass(frozen=True, slots=True)
class Table:
    """A small table of a section."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    more: int = 0  # rows left out


@dataclass(frozen=True, slots=True)
class Section:
    """What one service knows; degraded sections say why and keep their place."""

    service: str
    title: str
    as_of: str | None  # ISO instant of what is shown
    age_seconds: float | None  # how far it lags behind its source; 0: it is the source
    facts: tuple[Fact, ...] = ()
    table: Table | None = None
    unavailable: str | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """One customer, seen by all services."""

    customer_id: str
    name: str
    subtitle: str
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """Where the time went."""

    title: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Panel:
    """A chapter of a department that has no form of its own in this page."""

    title: str
    note: str
    facts: tuple[Fact, ...] = ()
    table: Table | None = None
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """Everything that the main job has to tell."""

    started_at: str  # ISO instant, real clock
    seconds: float  # after set-up
    set_up_seconds: float
    machine: Machine
    period: Period
    currency: str
    flows: tuple[Flow, ...]
    import_: Import
    funnel: tuple[Stage, ...]
    months: tuple[Month, ...]
    latencies: tuple[Latency, ...]
    counters: tuple[Counter, ...]
    checks: tuple[Check, ...]
    cards: tuple[Card, ...]
    steps: tuple[Step, ...]
    panels: tuple[Panel, ...] = ()
    findings: Findings = NOTHING_FOUND
    schema: str = field(default=SCHEMA)
