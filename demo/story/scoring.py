"""Scores: who our customers are to us, over the whole history."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from demo.findings import Band, Cell, Cube, Pyramid, Span
from demo.result import Check
from demo.story import books
from demo.story.desk import Desk
from demo.story.staffing import Staffing

CUTS = (("vip", 1), ("major", 5), ("ordinary", 20), ("small", 100))  # percent, cumulative


@dataclass(frozen=True, slots=True)
class Scored:
    """The pyramid, and whether it is the one that it must be."""

    pyramid: Pyramid
    checks: tuple[Check, ...]


def score(desk: Desk, staffing: Staffing, first: date, last: date) -> Scored:
    """Rank everybody known at the end of the history, and let accounts keep the tiers."""
    until = last + timedelta(days=1)
    desk.travel(until, 6)
    await_warehouse(desk)
    period = {"period_start": first.isoformat(), "period_end": until.isoformat()}
    # Both over the whole history: by a run over a period nobody stands.
    run = desk.call("analytics.score_customers", {})
    found = desk.call("analytics.pyramid", {}, who=staffing.analyst)
    bands = tuple(
        Band(one["tier"], one["customers"], one["spend_minor"], float(one["share_of_spend"]))
        for one in found["tiers"]
    )
    pyramid = Pyramid(period["period_start"], period["period_end"], found["population"], bands)
    desk.console.fact(
        "pyramid", ", ".join(f"{band.customers} {band.tier} ({band.share:.0%})" for band in bands)
    )
    wanted = [band.customers for band in bands]
    desk.wait(lambda: _kept(desk) == wanted, "accounts keeps every tier")
    return Scored(pyramid, _checks(desk, pyramid, found["buyers"], run))


def await_warehouse(desk: Desk) -> dict[str, Any]:
    """Wait until the warehouse has applied all that was told."""
    status: dict[str, Any] = desk.wait(
        lambda: (found := desk.call("analytics.warehouse_status", {}))["lag_events"] == 0 and found,
        "the warehouse has read the whole log",
    )
    return status


def cube(desk: Desk, staffing: Staffing, first: date, last: date) -> Cube:
    """Ask for the sales by region, category and time."""
    period = {
        "period_start": first.isoformat(),
        "period_end": (last + timedelta(days=1)).isoformat(),
    }
    by_place = desk.call(
        "analytics.cube", period | {"by": ["region", "category"]}, who=staffing.analyst
    )
    by_time = desk.call(
        "analytics.cube", period | {"by": ["year", "quarter"]}, who=staffing.analyst
    )
    cells = tuple(
        Cell(
            one["at"].get("region"),
            one["at"].get("category"),
            one["amount_minor"],
            one["customers"],
        )
        for one in by_place["cells"]
    )
    trend = tuple(
        Span(one["at"]["year"], one["at"].get("quarter"), one["amount_minor"], one["customers"])
        for one in by_time["cells"]
        if "year" in one["at"]
    )
    return Cube(period["period_start"], period["period_end"], cells, trend)


def _kept(desk: Desk) -> list[int]:
    return [books.count(desk, "accounts", "customers", f"tier = '{tier}'") for tier, _ in CUTS]


def _checks(desk: Desk, pyramid: Pyramid, buyers: int, run: dict[str, Any]) -> tuple[Check, ...]:
    # Who bought nothing is always small.
    ends = [min(-(-pyramid.population * percent // 100), buyers) for _, percent in CUTS[:-1]]
    ends.append(pyramid.population)
    wanted = [end - before for end, before in zip(ends, (0, *ends), strict=False)]
    found = [band.customers for band in pyramid.bands]
    stored = _kept(desk)
    said = " / ".join(map(str, found))
    return (
        Check(
            f"The pyramid of {pyramid.population} is {said}",
            found == wanted,
            f"by its rule {' / '.join(map(str, wanted))}",
        ),
        Check(
            "Accounts keeps the tiers that analytics scored",
            stored == found,
            " / ".join(map(str, stored)),
        ),
        Check("Scoring is done", bool(run.get("run_id")), str(run.get("method"))),
    )
