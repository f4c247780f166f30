"""What analytics tells: scores with their reasons, and whether the warehouse equals the books."""

from dataclasses import dataclass
from datetime import datetime

from contracts.base import event


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One thing that moved a score, and by how many points."""

    feature: str
    value: str
    points: int


@event("analytics.customer.scored.v1", subject="customer_id", of_record=True)
@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerScored:
    """Where a customer stands in the pyramid of a period, and its RFM; told when it changes."""

    customer_id: str
    score_id: str
    tier: str  # vip, major, ordinary, small
    rank: int  # 1 is the highest spend
    population: int  # customers known at the end of the period
    spend_minor: int
    currency: str
    period_start: str  # ISO date
    period_end: str  # ISO date, half-open
    as_of: datetime
    method: str  # name and version
    previous_tier: str | None = None
    recency_days: int | None = None  # None: never bought
    frequency: int = 0
    monetary_minor: int = 0
    rfm: str | None = None  # three digits 1 to 5: recency, frequency, monetary; 5 is best
    version: int = 0  # ascending per customer: of two, the higher one is the newer


@event("analytics.lead.scored.v1", subject="lead_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class LeadScored:
    """How promising a lead is after what happened to it."""

    lead_id: str
    score_id: str
    score: int  # 0 to 100
    reasons: tuple[Reason, ...]
    method: str
    trigger_id: str  # id of the event that moved it
    trigger_type: str
    as_of: datetime
    version: int = 0  # ascending per lead: of two, the higher one is the newer


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """One measure, counted at its source and in the warehouse."""

    measure: str
    source: int
    warehouse: int


@event("analytics.warehouse.reconciled.v1", subject="warehouse")
@dataclass(frozen=True, slots=True, kw_only=True)
class WarehouseReconciled:
    """The monitor compared the warehouse with the books."""

    warehouse: str
    as_of: datetime
    equal: bool
    measures: tuple[Reconciled, ...]
    lag_events: int
    lag_seconds: float
    gaps: int
    duplicates: int
    quarantined: int
    verdict: str = "equal"  # equal, catching_up, differs, alarm: differs twice in a row
