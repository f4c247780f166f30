"""What the departments of a good run would find; the pyramid and the cube out of the history."""

from collections import defaultdict
from dataclasses import replace
from math import ceil
from typing import Any

from demo import history
from demo.findings import (
    Band,
    CallDay,
    CampaignOutcome,
    Cell,
    Cube,
    Driver,
    Findings,
    Measure,
    Monitor,
    Pyramid,
    Satisfaction,
    Slot,
    Span,
    Tally,
)

_CUTS = (("vip", 0.01), ("major", 0.05), ("ordinary", 0.2), ("small", 1.0))
_WHO = tuple[Any, ...]


def findings(**changes: Any) -> Findings:
    """Make what everybody found; vary what matters to the test."""
    good = Findings(
        pyramid=a_pyramid(),
        cube=a_cube(),
        calls=a_call_day(),
        satisfaction=a_satisfaction(),
        campaign=a_campaign(),
        monitor=a_monitor(),
    )
    return replace(good, **changes)


def a_pyramid() -> Pyramid:
    """Make the pyramid of the whole history."""
    spend: dict[str, int] = defaultdict(int)
    for order in history.read().orders:
        spend[order.customer_id] += order.total_minor
    ranked, total = sorted(spend.values(), reverse=True), sum(spend.values())
    bands, first = [], 0
    for tier, share in _CUTS:
        last = ceil(share * len(ranked))
        spent = sum(ranked[first:last])
        bands.append(Band(tier, last - first, spent, spent / total))
        first = last
    return Pyramid("2014-01-01", "2018-01-01", len(ranked), tuple(bands))


def a_cube() -> Cube:
    """Make the cube of the whole history, each total counted at its own grain."""
    places, times = _Counts(), _Counts()
    for order in history.read().orders:
        region, year = order.ship_to.region, order.date.year
        for line in order.lines:
            for key in (
                (region, line.category), (region, None), (None, line.category), (None, None),
            ):  # fmt: skip
                places.add(key, line.amount_minor, order.customer_id)
        for span in ((year, (order.date.month + 2) // 3), (year, None)):
            times.add(span, order.total_minor, order.customer_id)
    return Cube(
        "2014-01-01",
        "2018-01-01",
        tuple(Cell(*key, *counted) for key, counted in places.counted()),
        tuple(Span(*key, *counted) for key, counted in times.counted()),
    )


class _Counts:
    """Amounts and distinct customers by key."""

    def __init__(self) -> None:
        self._amounts: dict[_WHO, int] = defaultdict(int)
        self._customers: dict[_WHO, set[str]] = defaultdict(set)

    def add(self, key: _WHO, amount: int, customer_id: str) -> None:
        """Count an amount of a customer."""
        self._amounts[key] += amount
        self._customers[key].add(customer_id)

    def counted(self) -> list[tuple[_WHO, tuple[int, int]]]:
        """Return amount and customers by key, totals last."""
        keys = sorted(self._amounts, key=lambda key: [(part is None, part or 0) for part in key])
        return [(key, (self._amounts[key], len(self._customers[key]))) for key in keys]


def a_call_day(**changes: Any) -> CallDay:
    """Make a day of calls from 9 to 17 with a rush before noon and one slot without a call."""
    slots = []
    for number in range(32):
        offered = 2 + (number * 7) % 5 + (9 if 8 <= number < 12 else 0)
        abandoned = offered // 5 if 8 <= number < 13 else int(number % 11 == 4)
        start = f"{9 + number // 4:02d}:{number % 4 * 15:02d}"
        answered = offered - abandoned - int(number % 13 == 6)
        wait = 6.0 + 2.5 * offered
        slots.append(Slot(start, offered, answered, abandoned, wait))
    slots[20] = Slot("14:00", 0, 0, 0)
    day = CallDay("2017-12-29", tuple(slots), 20, 0.812, "Replayed from captures of a real PBX.")
    return replace(day, **changes)


def a_satisfaction(**changes: Any) -> Satisfaction:
    """Make satisfaction in which one thing is worse than expected."""
    drivers = (
        Driver("Time to answer", 7.4, 8.1, 38),
        Driver("Kindness", 7.9, 8.8, 38),
        Driver("Solution", 8.6, 7.2, 37),
        Driver("Information", 7.5, 7.5, 36),
    )
    return replace(Satisfaction(40, 38, drivers), **changes)


def a_campaign(**changes: Any) -> CampaignOutcome:
    """Make a campaign in which every member has a fate."""
    fates = (
        Tally("Sent", 118, "each accepted once by the mail server"),
        Tally("Suppressed", 33, "no consent 27, unsubscribed 6"),
        Tally("Refused", 5, "no such mailbox"),
        Tally("Unknown", 0, "the process was killed in between; reconciled by Message-ID"),
    )
    responses = (
        Tally("Ordered", 21, "within 14 days"),
        Tally("Asked", 9, ""),
        Tally("Unsubscribed", 4, "one POST each"),
    )
    campaign = CampaignOutcome(
        "Spring 2018", "VIP and major customers who bought within a year.", 156, fates, responses
    )
    return replace(campaign, **changes)


def a_monitor(**changes: Any) -> Monitor:
    """Make a comparison in which the warehouse equals the books."""
    measures = (
        Measure("Orders", 5009, 5009),
        Measure("Order lines", 9994, 9994),
        Measure("Ordered amount", 229720065, 229720065, is_money=True),
    )
    return replace(Monitor("2017-12-30T18:00:00Z", measures, 0, 0.2, 0, 250, 0), **changes)
