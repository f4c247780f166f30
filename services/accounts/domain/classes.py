"""Which class a customer is of, out of what happened; and when time alone would change it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from chassis.errors import Invalid
from services.accounts.domain.customers import Lifecycle

MAX_DAYS = 3_660
MAX_ORDERS = 1_000


class Satisfaction(StrEnum):
    """How what a customer found compares with what they had expected, from the worst."""

    DISSATISFIED = "dissatisfied"
    SATISFIED = "satisfied"
    HIGHLY_SATISFIED = "highly_satisfied"


_RISING = tuple(Satisfaction)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a customer has bought, and what he said of it last; cancelled orders do not count."""

    orders: int = 0
    first_on: date | None = None
    last_on: date | None = None
    satisfaction: Satisfaction | None = None
    answered_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Where one class ends and the next begins; an admin may change each."""

    new_days: int = 90  # the first order is at most so many days ago
    churn_days: int = 365  # the last order is more days ago than that
    loyal_orders: int = 2  # at least so many orders …
    loyal_satisfaction: Satisfaction = Satisfaction.HIGHLY_SATISFIED  # … and at least so satisfied
    satisfaction_days: int = 730  # what was said longer ago does not count


@dataclass(frozen=True, slots=True)
class Decision:
    """A class, the codes that say why, and the day on which it may change by itself."""

    lifecycle: Lifecycle
    reasons: tuple[str, ...]
    turns_on: date | None


class ThresholdsContradict(Invalid):
    """Refuse thresholds by which somebody would be new and gone at once."""

    code = "accounts.class_policy.thresholds"


def check(thresholds: Thresholds) -> None:
    """Demand thresholds that part customers.

    :raises ThresholdsContradict: if somebody would be churned while he is still new.
    """
    if thresholds.new_days > thresholds.churn_days:
        raise ThresholdsContradict("Nobody is churned while he is new.")


def decide(facts: Facts, by: Thresholds, today: date) -> Decision:
    """Decide which class a customer is of today."""
    if facts.first_on is None or facts.last_on is None:
        return Decision(Lifecycle.POTENTIAL, ("orders=0",), None)
    content = _content(facts, by, today)
    gone_on = _after(facts.last_on, by.churn_days)
    old_on = _after(facts.first_on, by.new_days)
    days = [gone_on, old_on]
    if content and facts.answered_on is not None:
        days.append(_after(facts.answered_on, by.satisfaction_days))
    if today >= gone_on:
        return Decision(Lifecycle.CHURNED, (f"last_order>{by.churn_days}d",), None)
    if content and facts.orders >= by.loyal_orders:
        said = f"satisfaction={facts.satisfaction}"
        return Decision(Lifecycle.LOYAL, (f"orders>={by.loyal_orders}", said), _next(days, today))
    if today < old_on:
        return Decision(Lifecycle.NEW, (f"first_order<={by.new_days}d",), _next(days, today))
    reasons = (f"last_order<={by.churn_days}d", *_why_not_loyal(facts, by, content=content))
    return Decision(Lifecycle.REGULAR, reasons, _next(days, today))


def _content(facts: Facts, by: Thresholds, today: date) -> bool:
    if facts.satisfaction is None or facts.answered_on is None:
        return False
    counts = today < _after(facts.answered_on, by.satisfaction_days)
    return counts and _rank(facts.satisfaction) >= _rank(by.loyal_satisfaction)


def _why_not_loyal(facts: Facts, by: Thresholds, *, content: bool) -> Iterable[str]:
    if facts.orders < by.loyal_orders:
        yield f"orders<{by.loyal_orders}"
    if not content:
        yield f"satisfaction={facts.satisfaction or 'unknown'}"


def _rank(satisfaction: Satisfaction) -> int:
    return _RISING.index(satisfaction)


def _after(day: date, days: int) -> date:
    return day + timedelta(days=days + 1)


def _next(days: Iterable[date], today: date) -> date | None:
    return min((day for day in days if day > today), default=None)
