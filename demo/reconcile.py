"""Whether a result of the main job reconciles: nothing lost, nothing twice, nothing let in."""

from chassis import money
from demo.findings import Cell, Cube, Monitor
from demo.result import Column, Flow, Import, Result, Unit


def problems(result: Result) -> tuple[str, ...]:
    """Say in one sentence each what does not reconcile; empty: everything does."""
    return (
        *_flow_problems(result.flows, result.currency),
        *_import_problems(result.import_),
        *_figure_problems(result),
        *_check_problems(result),
        *_warehouse_problems(result),
    )


def _flow_problems(flows: tuple[Flow, ...], currency: str) -> list[str]:
    return [
        f"{flow.title}: {hop.title.lower()} has {_told(mine, column, currency)},"
        f" not {_told(true, column, currency)}."
        for flow in flows
        for hop in flow.hops
        for column, mine, true in zip(flow.columns, hop.values, flow.hops[0].values, strict=True)
        if mine is not None and mine != true
    ]


def _told(value: int | None, column: Column, currency: str) -> str:
    if value is not None and column.unit is Unit.MONEY:
        return f"{money.from_minor(value, currency):,} {currency}"
    return f"{value} {column.title.lower()}"


def _import_problems(import_: Import) -> list[str]:
    found = []
    for fault in import_.faults:
        place = fault.file if fault.row is None else f"{fault.file} row {fault.row}"
        if fault.refused_as != fault.expected:
            told = fault.refused_as or "let in"
            found.append(f"Import: {place} was {told}, not refused as {fault.expected}.")
        elif not fault.corrected:
            found.append(f"Import: {place} did not come in after its correction.")
    return found


def _figure_problems(result: Result) -> list[str]:
    stages = [
        f"Funnel: {one.title.lower()} is {one.count}, not {one.expected}."
        for one in result.funnel
        if one.count != one.expected
    ]
    counters = [
        f"{one.title} is {one.value}, not {one.expected}."
        for one in result.counters
        if one.expected is not None and one.value != one.expected
    ]
    return [*stages, *counters]


def _check_problems(result: Result) -> list[str]:
    checks = (*result.checks, *(check for panel in result.panels for check in panel.checks))
    failed = [f"{one.title}: {one.detail or 'failed'}" for one in checks if not one.passed]
    dark = [
        f"Card of {card.customer_id}: {section.service} is missing ({section.unavailable})."
        for card in result.cards
        for section in card.sections
        if section.unavailable
    ]
    return [*failed, *dark]


def _warehouse_problems(result: Result) -> list[str]:
    found = [
        f"Funnel: {one.title.lower()} is {one.warehouse} in the warehouse, not {one.expected}."
        for one in result.funnel
        if one.warehouse not in {None, one.expected}
    ]
    findings = result.findings
    if findings.pyramid is not None:
        bands = sum(band.customers for band in findings.pyramid.bands)
        if bands != findings.pyramid.population:
            found.append(f"Pyramid: its bands hold {bands}, not {findings.pyramid.population}.")
    if findings.campaign is not None:
        fates = sum(one.count for one in findings.campaign.fates)
        if fates != findings.campaign.members:
            found.append(f"Campaign: {fates} fates for {findings.campaign.members} members.")
    cube = _cube_problems(findings.cube) if findings.cube else []
    return [*found, *cube, *(_monitor_problems(findings.monitor) if findings.monitor else [])]


def _cube_problems(cube: Cube) -> list[str]:
    """Amounts add up to every total; distinct customers need not, and do not."""
    return [
        f"Cube: {total.region or 'all regions'}, {total.category or 'all categories'} is"
        f" {total.amount_minor}, its cells sum to {summed}."
        for total in cube.cells
        if None in {total.region, total.category}
        and (summed := _summed(cube, total)) != total.amount_minor
    ]


def _summed(cube: Cube, total: Cell) -> int:
    return sum(
        cell.amount_minor
        for cell in cube.cells
        if cell.region is not None
        and cell.category is not None
        and total.region in {None, cell.region}
        and total.category in {None, cell.category}
    )


def _monitor_problems(monitor: Monitor) -> list[str]:
    different = [
        f"Warehouse: {one.title.lower()} is {one.warehouse}, not {one.source}."
        for one in monitor.measures
        if one.source != one.warehouse
    ]
    broken = [
        f"Warehouse: {count} {title}."
        for title, count in (("gaps", monitor.gaps), ("quarantined", monitor.quarantined))
        if count
    ]
    return [*different, *broken]
