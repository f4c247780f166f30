"""The way of an opportunity through its stages."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from chassis.errors import Conflict

CERTAIN, HOPELESS = 100, 0  # percent


class StageType(StrEnum):
    """What a stage means to the machine."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


class LostReason(StrEnum):
    """Why an opportunity was lost."""

    PRICE = "price"
    COMPETITOR = "competitor"
    NO_BUDGET = "no_budget"
    NO_DECISION = "no_decision"
    TIMING = "timing"
    PRODUCT_FIT = "product_fit"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOpportunity:
    """What is known of an opportunity when it is opened."""

    title: str
    amount_minor: int
    currency: str
    expected_close_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """How long an opportunity was in one stage before it went to another."""

    from_stage: str
    to_stage: str
    from_at: datetime
    to_at: datetime

    @property
    def seconds(self) -> int:
        """Return the length of the stay in business time."""
        return seconds_between(self.from_at, self.to_at)


class OpportunityClosed(Conflict):
    """Refuse to change an opportunity that was won or lost."""

    code = "sales.opportunity.closed"


class StageNotOpen(Conflict):
    """Refuse to close an opportunity by moving it."""

    code = "sales.opportunity.stage_not_open"


class AlreadyInStage(Conflict):
    """Refuse to move an opportunity to where it is."""

    code = "sales.opportunity.already_in_stage"


def demand_open(type_: StageType) -> None:
    """Demand that an opportunity is neither won nor lost.

    :raises OpportunityClosed: if it is.
    """
    if type_ is not StageType.OPEN:
        raise OpportunityClosed(f"The opportunity is closed ({type_.value}).")


def demand_move(stage: str, target: str, target_type: StageType) -> None:
    """Demand that a stage can be moved to.

    :raises StageNotOpen: if the target ends the opportunity: winning and losing have their rules.
    :raises AlreadyInStage: if it is there already.
    """
    if target_type is not StageType.OPEN:
        raise StageNotOpen("Win or lose an opportunity; it is not moved to its end.")
    if target == stage:
        raise AlreadyInStage("The opportunity is in this stage already.", detail={"stage": stage})


def seconds_between(start: datetime, end: datetime) -> int:
    """Return whole seconds between two business instants, never below 0."""
    return max(0, int((end - start).total_seconds()))
