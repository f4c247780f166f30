"""The parts of the page: tables, tiles, cards."""

from collections.abc import Iterable, Sequence
from typing import Final

from demo.report import charts, words
from demo.result import (
    Card,
    Check,
    Column,
    Counter,
    Fact,
    Flow,
    Hop,
    Import,
    Latency,
    Month,
    Panel,
    Refusal,
    Result,
    Section,
    Stage,
    Step,
    Table,
)

GOOD: Final = '<span class="mark-good" role="img" aria-label="equal">✓</span>'
BAD: Final = '<span class="mark-bad" role="img" aria-label="different">✗</span>'
_DERIVED: Final = '<abbr title="derived, not in the input">derived</abbr>'


def problems(found: Sequence[str]) -> str:
    """List what does not reconcile."""
    if not found:
        return ""
    items = "".join(f"<li>{words.text(one)}</li>" for one in found)
    return f'<ul class="problems">{items}</ul>'


def tiles(result: Result) -> str:
    """Show the figures of the first flow and the fastest proof of it, large."""
    shown: list[tuple[str, str]] = []
    if result.flows:
        flow = result.flows[0]
        shown += [
            (words.figure(value, column.unit, result.currency), column.title.lower())
            for column, value in zip(flow.columns, flow.hops[-1].values, strict=True)
        ]
    if result.latencies:
        first = result.latencies[0]
        shown.append((words.milliseconds(first.p50_ms), f"median, {first.title.lower()}"))
    shown.append((words.seconds(result.seconds), "for the whole history"))
    return "".join(
        f'<div class="tile"><dt>{words.text(name)}</dt><dd>{words.text(figure)}</dd></div>'
        for figure, name in shown
    )


def flow(one: Flow, currency: str) -> str:
    """Show a flow as a table: a row per hop, a column per figure."""
    heads = "".join(f'<th scope="col" class="figure">{_text(c.title)}</th>' for c in one.columns)
    rows = "".join(_hop(one, hop, currency) for hop in one.hops)
    return (
        f'<div class="scroll"><table class="flow"><caption>{_text(one.title)}</caption><thead>'
        f'<tr><th scope="col">Hop</th><th scope="col" class="where">Asked</th>{heads}'
        f'<th scope="col" class="verdict">Equal</th></tr></thead><tbody>{rows}</tbody></table>'
        "</div>"
    )


def _hop(one: Flow, hop: Hop, currency: str) -> str:
    differs = one.differs(hop)
    figures = "".join(
        f'<td class="figure{" wrong" if wrong else ""}">{_figure(column, value, currency)}</td>'
        for column, value, wrong in zip(one.columns, hop.values, differs, strict=True)
    )
    first = hop is one.hops[0]
    verdict = '<span class="truth">truth</span>' if first else BAD if any(differs) else GOOD
    return (
        f'<tr{" class=source" if first else ""}><th scope="row">{_text(hop.title)}</th>'
        f'<td class="where">{_text(hop.where)}</td>{figures}<td class="verdict">{verdict}</td></tr>'
    )


def _figure(column: Column, value: int | None, currency: str) -> str:
    return _text(words.figure(value, column.unit, currency))


def month_figures(months: Sequence[Month], currency: str) -> str:
    """Hold the figures behind the drawing, for those who cannot see or hover it."""
    if not months:
        return ""
    rows = "".join(
        f'<tr><th scope="row">{_text(one.month)}</th><td class="figure">{words.count(one.orders)}'
        f'</td><td class="figure">{_text(words.money(one.amount_minor, currency))}</td></tr>'
        for one in months
    )
    return (
        '<details><summary>The figures</summary><div class="columns"><table class="small"><thead>'
        '<tr><th scope="col">Month</th><th scope="col" class="figure">Orders</th>'
        f'<th scope="col" class="figure">Amount</th></tr></thead><tbody>{rows}</tbody></table>'
        "</div></details>"
    )


def funnel(stages: Sequence[Stage]) -> str:
    """Show the stages of the funnel as bars, and how the warehouse counts them."""
    if not stages:
        return ""
    widest = max(max(stage.count, stage.expected) for stage in stages) or 1
    rows = "".join(_stage(one, widest) for one in stages)
    twice = " twice" if any(stage.warehouse is not None for stage in stages) else ""
    return f'<ol class="funnel{twice}">{rows}</ol>'


def _stage(one: Stage, widest: int) -> str:
    again = ""
    if one.warehouse is not None:
        told = f"{words.count(one.warehouse)} in warehouse"
        again = f'<span class="again">{GOOD if one.warehouse == one.count else BAD}{told}</span>'
    return (
        f'<li><span class="stage">{_text(one.title)}</span>'
        f'<span class="track"><span class="fill{"" if one.count == one.expected else " wrong"}"'
        f' style="width:{100 * one.count / widest:.2f}%"></span></span>'
        f'<span class="count">{words.count(one.count)}</span>'
        f'{again}<span class="note">{_text(one.note)}</span></li>'
    )


def latency(one: Latency) -> str:
    """Show one latency with its figures and its histogram."""
    figures = "".join(
        f"<div><dt>{name}</dt><dd>{_text(words.milliseconds(value))}</dd></div>"
        for name, value in (
            ("p50", one.p50_ms),
            ("p95", one.p95_ms),
            ("p99", one.p99_ms),
            ("slowest", one.max_ms),
        )
    )
    return (
        f'<figure class="latency"><figcaption><strong>{_text(one.title)}</strong>'
        f"<span>{_text(one.note)}</span></figcaption><dl>{figures}"
        f"<div><dt>measured</dt><dd>{words.count(one.count)}</dd></div></dl>"
        f"{charts.histogram(one)}</figure>"
    )


def counters(found: Iterable[Counter]) -> str:
    """Show counters as tiles."""
    tiles_ = "".join(
        f'<div class="tile{"" if one.expected in (None, one.value) else " wrong"}">'
        f"<dt>{_text(one.title)}</dt><dd>{words.count(one.value)}</dd>"
        f"<dd class=note>{_text(one.note)}</dd></div>"
        for one in found
    )
    return f'<dl class="tiles small">{tiles_}</dl>' if tiles_ else ""


def import_faults(one: Import) -> str:
    """Show what the import did and each planted fault."""
    rows = "".join(_fault(fault) for fault in one.faults)
    told = (
        f"{words.count(one.rows)} rows read in {words.seconds(one.seconds)};"
        f" {words.count(one.accepted)} taken, {words.count(one.refused)} refused (the dry run said"
        f" {words.count(one.dry_run_refused)}), {words.count(one.accepted_after_correction)} taken"
        " after correction."
    )
    return (
        f'<p class="told">{_text(told)}</p><div class="scroll"><table><thead><tr>'
        '<th scope="col">File</th><th scope="col" class="figure">Row</th><th scope="col">Column'
        '</th><th scope="col">Refused as</th><th scope="col">Told</th>'
        '<th scope="col" class="verdict">Put right</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _fault(fault: Refusal) -> str:
    right = fault.refused_as == fault.expected
    told = fault.refused_as or "not refused"
    row = "all" if fault.row is None else words.count(fault.row)
    return (
        f'<tr><td class="nowrap">{_text(fault.file)}</td><td class="figure">{row}</td>'
        f"<td><code>{_text(fault.column or words.NONE)}</code></td>"
        f'<td class="{"" if right else "wrong"}"><code>{_text(told)}</code></td>'
        f"<td>{_text(fault.message)}</td>"
        f'<td class="verdict">{GOOD if right and fault.corrected else BAD}</td></tr>'
    )


def card(one: Card, currency: str) -> str:
    """Show a customer's card, a section per service."""
    sections = "".join(_section(section, currency) for section in one.sections)
    initials = "".join(word[0] for word in one.name.split()[:2])
    return (
        f'<article class="card"><header><span class="initials" aria-hidden="true">'
        f"{_text(initials)}</span><div><h3>{_text(one.name)}</h3><p>{_text(one.subtitle)}</p></div>"
        f"</header><div class=sections>{sections}</div></article>"
    )


def _section(one: Section, currency: str) -> str:
    if one.unavailable:
        state = f'<span class="fresh bad">{_text(one.unavailable)}</span>'
    else:
        as_of = f' title="as of {_text(words.moment(one.as_of))}"' if one.as_of else ""
        state = f'<span class="fresh"{as_of}>{_text(words.freshness(one.age_seconds))}</span>'
    nothing = "" if one.unavailable else '<p class="more">nothing yet</p>'
    return (
        f"<section><header><h4>{_text(one.title)}</h4><span class=service>{_text(one.service)}"
        f"</span>{state}</header>{_facts(one.facts, currency) + table(one.table) or nothing}"
        "</section>"
    )


def _facts(found: Sequence[Fact], currency: str) -> str:
    rows = "".join(
        f"<div><dt>{_text(one.label)}</dt><dd>{words.fact(one, currency)}"
        f"{_DERIVED if one.derived else ''}</dd></div>"
        for one in found
    )
    return f'<dl class="facts">{rows}</dl>' if rows else ""


def table(one: Table | None) -> str:
    """Show a small table of texts; the last column holds figures."""
    if one is None or not one.rows:
        return ""
    heads = "".join(f'<th scope="col">{_text(title)}</th>' for title in one.columns)
    rows = "".join(
        f"<tr>{''.join(f'<td>{_text(value)}</td>' for value in row)}</tr>" for row in one.rows
    )
    more = f'<p class="more">and {words.count(one.more)} more</p>' if one.more else ""
    return (
        f'<div class="scroll"><table class="small listing"><thead><tr>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>{more}"
    )


def panel(one: Panel, currency: str) -> str:
    """Show a chapter without a form of its own."""
    return f"{_facts(one.facts, currency)}{table(one.table)}{checks(one.checks)}"


def checks(found: Sequence[Check]) -> str:
    """Show what was tried."""
    rows = "".join(
        f"<li>{GOOD if one.passed else BAD}<div><strong>{_text(one.title)}</strong>"
        f"<span>{_text(one.detail)}</span></div></li>"
        for one in found
    )
    return f'<ul class="checks">{rows}</ul>' if rows else ""


def step_legend(steps: Sequence[Step]) -> str:
    """Name the bands of the drawing of time."""
    rows = "".join(
        f'<li><i class="b{place % 6}"></i>{_text(one.title)}'
        f"<span>{_text(words.seconds(one.seconds))}</span></li>"
        for place, one in enumerate(steps)
    )
    return f'<ul class="legend">{rows}</ul>' if rows else ""


def _text(value: object) -> str:
    return words.text(value)
