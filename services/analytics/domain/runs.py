"""What the two processes know between their steps."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass
class CheckState:
    """One comparison of the warehouse with the books."""

    check_id: str
    before: dict[str, object] = field(default_factory=dict)  # what the warehouse said at first
    source: dict[str, object] = field(default_factory=dict)  # what sales said
    answer: dict[str, object] = field(default_factory=dict)


@dataclass
class ScoreState:
    """One run over all customers."""

    run_id: str
    as_of: datetime
    period_start: str | None = None  # ISO dates; None: from the first order
    period_end: str | None = None  # not included; None: up to the day of the instant
    stands: bool = True  # over the whole history, by which customers stand; else only an answer
    currency: str | None = None  # None: the house's, or the only one there is
    last_rank: int = 0  # up to which it is compared with what was told before
    answer: dict[str, object] = field(default_factory=dict)
