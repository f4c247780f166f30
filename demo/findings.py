"""What the warehouse, the phones, the service desk and the campaign found, as the page shows it."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Band:
    """One band of the pyramid."""

    tier: str  # vip, major, ordinary, small
    customers: int
    spend_minor: int
    share: float  # of all spend, 0 to 1


@dataclass(frozen=True, slots=True)
class Pyramid:
    """How few customers bring how much; the bands from the top."""

    start: str  # ISO date
    end: str  # ISO date, half-open
    population: int  # customers known at the end of the period
    bands: tuple[Band, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """What was sold in a region and a category; None: in all of them, counted at that grain."""

    region: str | None
    category: str | None
    amount_minor: int
    customers: int  # distinct


@dataclass(frozen=True, slots=True)
class Span:
    """What was sold in a quarter, or in a whole year where there is none."""

    year: int
    quarter: int | None  # 1 to 4
    amount_minor: int
    customers: int  # distinct


@dataclass(frozen=True, slots=True)
class Cube:
    """Sales by region, category and time, every total recomputed at its own grain."""

    start: str  # ISO date
    end: str  # ISO date, half-open
    cells: tuple[Cell, ...]
    trend: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Slot:
    """A quarter of an hour on the phone, by when the calls came in."""

    start: str  # 09:15
    offered: int
    answered: int
    abandoned: int
    wait_seconds: float | None = None  # mean until answered or given up; None: nobody called


@dataclass(frozen=True, slots=True)
class CallDay:
    """The calls of a day, in slots one after the other."""

    day: str  # ISO date
    slots: tuple[Slot, ...]
    threshold_seconds: int  # answered within this is in time
    service_level: float | None  # in time of those offered, 0 to 1; None: nobody called
    note: str = ""


@dataclass(frozen=True, slots=True)
class Driver:
    """What customers expected and perceived of one thing; means, 1 to 10."""

    title: str
    expected: float
    perceived: float
    answers: int


@dataclass(frozen=True, slots=True)
class Satisfaction:
    """What the surveys say."""

    invited: int
    answered: int
    drivers: tuple[Driver, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """How many of one kind."""

    title: str
    count: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class CampaignOutcome:
    """What became of a campaign: every member has one fate, and some respond."""

    title: str
    note: str
    members: int
    fates: tuple[Tally, ...]
    responses: tuple[Tally, ...]


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure, counted at its source and in the warehouse."""

    title: str
    source: int
    warehouse: int
    is_money: bool = False  # minor units of the result's currency


@dataclass(frozen=True, slots=True)
class Monitor:
    """The last comparison of the warehouse with the books."""

    as_of: str  # ISO instant
    measures: tuple[Measure, ...]
    lag_events: int
    lag_seconds: float
    gaps: int
    duplicates: int
    quarantined: int


@dataclass(frozen=True, slots=True)
class Findings:
    """What the departments found; a department that did not run is missing."""

    pyramid: Pyramid | None = None
    cube: Cube | None = None
    calls: CallDay | None = None
    satisfaction: Satisfaction | None = None
    campaign: CampaignOutcome | None = None
    monitor: Monitor | None = None


NOTHING_FOUND: Final = Findings()
