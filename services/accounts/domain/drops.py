"""When a customer is taken from an owner who does nothing, and how long before he is warned."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from chassis.errors import Invalid
from services.accounts.domain.customers import Lifecycle

# A class may change, an exemption may end: nobody sets a timer anew for that.
LOOK_AGAIN = timedelta(days=7)
LEDGER_RULE = "drop:"  # before the id of the rule, in the history of owners
# Sources of touches that are nobody's effort for a customer: the clock notes that a regular meeting is
# due, not that anybody came.
NO_FOLLOW_UP = ("marketing.send", "accounts.meeting")


class WarningTooLong(Invalid):
    """Refuse a rule that would have to warn before its clock starts."""

    code = "accounts.drop_rule.warning_too_long"


class Demand(StrEnum):
    """What an owner has to come to within the days of a rule."""

    FOLLOW_UP = "follow_up"
    OPPORTUNITY = "opportunity"
    DEAL = "deal"


@dataclass(frozen=True, slots=True, kw_only=True)
class DropTerms:
    """A rule: what is demanded of the owner of which customers, and what follows if it fails."""

    name: str
    active: bool = True
    demand: Demand
    days: int
    warning_days: int = 0  # before the end of the days
    segments: tuple[str, ...] = ()  # empty: any
    lifecycles: tuple[Lifecycle, ...] = ()
    spares_won: bool = True  # who has bought
    spares_open: bool = True  # who has an open opportunity
    pool_id: str | None = None  # where it goes; None: wherever its conditions are met


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that is in use."""

    id: str
    terms: DropTerms


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is known of an owned customer."""

    owned_since: datetime
    segment: str | None = None
    lifecycle: Lifecycle = Lifecycle.POTENTIAL
    last_follow_up: datetime | None = None
    last_opportunity: datetime | None = None
    last_deal: datetime | None = None
    has_open: bool = False
    is_locked: bool = False
    warned_at: datetime | None = None
    warned_by: str | None = None  # id of the rule


@dataclass(frozen=True, slots=True)
class Wait:
    """Look again at an instant."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Warn:
    """Tell the owner that he loses the customer at an instant, and look again then."""

    rule: Rule
    due: datetime


@dataclass(frozen=True, slots=True)
class Drop:
    """Take the customer from its owner."""

    rule: Rule


def check(terms: DropTerms) -> None:
    """Check a rule.

    :raises WarningTooLong: if it warns as long before as it has days, or longer.
    """
    if terms.warning_days >= terms.days:
        raise WarningTooLong(
            "A rule warns fewer days before than it has.",
            detail={"days": terms.days, "warning_days": terms.warning_days},
        )


def first_look(rules: Sequence[Rule], now: datetime) -> datetime | None:
    """Return when to look at a customer that somebody owns since now, if any rule may drop it."""
    spans = [timedelta(days=one.terms.days - one.terms.warning_days) for one in rules]
    return now + min([*spans, LOOK_AGAIN]) if spans else None


def decide(rules: Sequence[Rule], known: Standing, now: datetime) -> Wait | Warn | Drop | None:
    """Decide what happens to an owned customer now; None if there is no rule at all.

    The rule that is due first decides. It drops nobody whom it has not warned, since the clock
    started, for as many days as it promises.
    """
    if not rules:
        return None
    applying = [one for one in rules if _applies(one.terms, known)]
    if not applying:
        return Wait(now + LOOK_AGAIN)
    first = min(applying, key=lambda one: (_due(one, known), one.id))
    due, warning = _due(first, known), timedelta(days=first.terms.warning_days)
    if not warning:
        return Drop(first) if due <= now else _wait(due, now)
    if not _is_warned(first, known):
        return (
            Warn(first, max(due, now + warning))
            if due - warning <= now
            else _wait(due - warning, now)
        )
    assert known.warned_at is not None
    due = max(due, known.warned_at + warning)
    return Drop(first) if due <= now else _wait(due, now)


def _wait(until: datetime, now: datetime) -> Wait:
    return Wait(min(until, now + LOOK_AGAIN))


def _applies(terms: DropTerms, known: Standing) -> bool:
    if known.is_locked or (terms.spares_won and known.last_deal is not None):
        return False
    if terms.spares_open and known.has_open:
        return False
    in_segment = not terms.segments or known.segment in terms.segments
    return in_segment and (not terms.lifecycles or known.lifecycle in terms.lifecycles)


def _clock(demand: Demand, known: Standing) -> datetime:
    last = {
        Demand.FOLLOW_UP: known.last_follow_up,
        Demand.OPPORTUNITY: known.last_opportunity,
        Demand.DEAL: known.last_deal,
    }[demand]
    return known.owned_since if last is None else max(last, known.owned_since)


def _due(rule: Rule, known: Standing) -> datetime:
    return _clock(rule.terms.demand, known) + timedelta(days=rule.terms.days)


def _is_warned(rule: Rule, known: Standing) -> bool:
    since = _clock(rule.terms.demand, known)
    return known.warned_by == rule.id and known.warned_at is not None and known.warned_at >= since
