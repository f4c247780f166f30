"""Who belongs to a segment, why, and when that may change by itself."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
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
    CUSTOM = "custom"  # a field that the house defined


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One thing that has to hold; exactly one of its ways of asking is given."""

    fact: Fact
    any_of: tuple[str, ...] = ()
    within_days: int | None = None  # the last order is at most so many days ago
    older_than_days: int | None = None  # the last order is more days ago than that
    has: str | None = None  # a tag
    field: str | None = None  # the key of a custom field
    type: str | None = None  # of that field; never changes
    at_least: str | None = None
    below: str | None = None


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
    custom: Mapping[str, object] = field(default_factory=dict)  # by the key of the field


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


_WAYS = {
    Fact.LAST_ORDER: {"within_days", "older_than_days"},
    Fact.TAG: {"has"},
    Fact.CUSTOM: {"any_of", "at_least", "below"},
}


def check(condition: Condition) -> None:
    """Demand that a condition asks in the one way that fits its fact.

    :raises SegmentWrong: if it does not.
    """
    ways = {
        "any_of": bool(condition.any_of),
        "within_days": condition.within_days is not None,
        "older_than_days": condition.older_than_days is not None,
        "has": condition.has is not None,
        "at_least": condition.at_least is not None,
        "below": condition.below is not None,
    }
    given = {name for name, is_given in ways.items() if is_given}
    allowed = _WAYS.get(condition.fact, {"any_of"})
    if (condition.fact is Fact.CUSTOM) is not (condition.field is not None):
        raise SegmentWrong(
            "A condition on custom, and no other, names a field.",
            detail={"fact": condition.fact.value},
        )
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
    if condition.fact is Fact.CUSTOM:
        return _judge_custom(condition, of.custom.get(str(condition.field)))
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


def _judge_custom(condition: Condition, value: object) -> Verdict:
    """Judge by the stored form of a value; the reason is told to everybody and leaves it out."""
    name = f"custom.{condition.field}"
    if value is None:
        return Verdict(False, f"{name}={UNKNOWN}")
    if condition.any_of:
        holds = not words(condition.type, value).isdisjoint(condition.any_of)
    elif condition.at_least is not None:
        holds = rank(condition.type, value) >= rank(condition.type, condition.at_least)
    else:
        holds = rank(condition.type, value) < rank(condition.type, condition.below)
    return Verdict(holds, f"{name}={'yes' if holds else 'no'}")


def words(type_: str | None, value: object) -> frozenset[str]:
    """Return what a condition may call a custom value; an option of a tree also what is above it."""
    if isinstance(value, list):
        return frozenset(map(str, value))
    if isinstance(value, bool):
        return frozenset({"true" if value else "false"})
    if type_ == "tree":
        return frozenset(str(value).split("/"))
    return frozenset({str(value).casefold() if type_ == "text" else str(value)})


def rank(type_: str | None, value: object) -> tuple[Decimal, str]:
    """Return what orders custom values: numbers as such, days and instants as they are written."""
    return (Decimal(str(value)), "") if type_ == "number" else (Decimal(0), str(value))


def _judge_recency(condition: Condition, last: date | None, today: date) -> Verdict:
    if last is None:
        return Verdict(False, f"last_order={NEVER}")
    days = condition.within_days if condition.within_days is not None else condition.older_than_days
    assert days is not None
    is_within = last + timedelta(days=days) >= today
    reason = f"last_order{'<=' if is_within else '>'}{days}d"
    return Verdict(is_within is (condition.within_days is not None), reason)
