"""Who belongs to a segment, why, and when that may change by itself."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from chassis.errors import Conflict, Invalid

MAX_CONDITIONS = 20
MAX_SEGMENTS = 200  # in force at a time: every fact about a customer is held against all of them
NEVER = "never"
UNKNOWN = "unknown"


class Fact(StrEnum):
    """What is known of a customer that a condition may ask for."""

    TIER = "tier"
    SEGMENT = "segment"
    LIFECYCLE = "lifecycle"
    CREDIT_RATING = "credit_rating"
    LANGUAGE = "language"
    COUNTRY = "country"
    REGION = "region"
    LAST_ORDER = "last_order"
    TAG = "tag"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One thing that has to hold; exactly one of its ways of asking is given."""

    fact: Fact
    any_of: tuple[str, ...] = ()
    within_days: int | None = None  # the last order is at most so many days ago
    older_than_days: int | None = None  # the last order is more days ago than that
    has: str | None = None  # a tag


@dataclass(frozen=True, slots=True, kw_only=True)
class Portrait:
    """What is known of one customer, without who it is."""

    tier: str | None = None
    segment: str | None = None
    lifecycle: str | None = None
    credit_rating: str | None = None
    language: str | None = None
    country: str | None = None
    region: str | None = None
    last_order_on: date | None = None
    tags: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a condition holds for a customer, and a code that says why or why not."""

    holds: bool
    reason: str


class SegmentWrong(Invalid):
    """Refuse conditions that ask for nothing or in no way that there is."""

    code = "marketing.segment.conditions"


class SegmentRetired(Conflict):
    """Refuse to use a segment that is out of force."""

    code = "marketing.segment.retired"


class TooManySegments(Conflict):
    """Refuse one segment more than can be kept up to date with every fact."""

    code = "marketing.segment.too_many"


def check(condition: Condition) -> None:
    """Demand that a condition asks in the one way that fits its fact.

    :raises SegmentWrong: if it does not.
    """
    ways = {
        "any_of": bool(condition.any_of),
        "within_days": condition.within_days is not None,
        "older_than_days": condition.older_than_days is not None,
        "has": condition.has is not None,
    }
    given = {name for name, is_given in ways.items() if is_given}
    fitting = {Fact.LAST_ORDER: {"within_days", "older_than_days"}, Fact.TAG: {"has"}}
    allowed = fitting.get(condition.fact, {"any_of"})
    if len(given) != 1 or not given <= allowed:
        raise SegmentWrong(
            f"A condition on {condition.fact} takes exactly one of {', '.join(sorted(allowed))}.",
            detail={"fact": condition.fact.value, "given": sorted(given)},
        )


def judge(condition: Condition, of: Portrait, today: date) -> Verdict:
    """Say whether a condition holds today, and why."""
    if condition.fact is Fact.LAST_ORDER:
        return _judge_recency(condition, of.last_order_on, today)
    if condition.fact is Fact.TAG:
        has = condition.has in of.tags
        return Verdict(has, f"tag{'=' if has else '!='}{condition.has}")
    value = getattr(of, condition.fact.value)
    return Verdict(value in condition.any_of, f"{condition.fact}={value or UNKNOWN}")


def judge_all(conditions: Iterable[Condition], of: Portrait, today: date) -> list[Verdict]:
    """Say of each condition whether it holds today, and why."""
    return [judge(condition, of, today) for condition in conditions]


def turns_on(conditions: Iterable[Condition], of: Portrait, today: date) -> date | None:
    """Return the next day on which a condition changes although nothing happens to the customer."""
    if of.last_order_on is None:
        return None
    days = (
        of.last_order_on + timedelta(days=(one.within_days or one.older_than_days or 0) + 1)
        for one in conditions
        if one.fact is Fact.LAST_ORDER
    )
    return min((day for day in days if day > today), default=None)


def why(verdicts: Sequence[Verdict]) -> tuple[str, ...]:
    """Return the reasons of a membership: one per condition, or those that failed."""
    failed = tuple(verdict.reason for verdict in verdicts if not verdict.holds)
    return failed or tuple(verdict.reason for verdict in verdicts)


def _judge_recency(condition: Condition, last: date | None, today: date) -> Verdict:
    if last is None:
        return Verdict(False, f"last_order={NEVER}")
    days = condition.within_days if condition.within_days is not None else condition.older_than_days
    assert days is not None
    is_within = last + timedelta(days=days) >= today
    reason = f"last_order{'<=' if is_within else '>'}{days}d"
    return Verdict(is_within is (condition.within_days is not None), reason)
