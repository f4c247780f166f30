"""The last words of the main job: every figure, and the verdict."""

from pathlib import Path

from chassis.money import from_minor
from demo import reconcile
from demo.result import Fact, Form, Result, Section
from demo.story.console import Console

SHORT = 3  # facts of a section on the console; the page has all


def conclude(console: Console, folder: Path, result: Result) -> None:
    """Print every figure that was counted, and whether all of them agree."""
    console.line()
    for flow in result.flows:
        for hop in flow.hops:
            first = f"{flow.title}: " if hop is flow.hops[0] else ""
            console.fact(f"{first}{hop.title}".lower(), _figures(hop.values, result.currency))
    console.line()
    for one in result.latencies:
        shown = f"p50 {one.p50_ms:,.1f} ms, p95 {one.p95_ms:,.1f} ms, p99 {one.p99_ms:,.1f} ms"
        console.fact(one.title.lower(), shown)
    for counter in result.counters:
        console.fact(counter.title.lower(), f"{counter.value:,}")
    _show_cards(console, result)
    console.line()
    found = reconcile.problems(result)
    for problem in found:
        console.verdict(f"✗ {problem}", good=False)
    if not found:
        console.verdict(f"✓ Everything reconciles, in {result.seconds:.0f} s.", good=True)
    console.line(f"  {folder / 'report.html'}")


def _show_cards(console: Console, result: Result) -> None:
    for card in result.cards:
        console.line()
        console.line(f"   {card.name}, as each service knows this customer")
        for section in card.sections:
            said = (
                section.unavailable
                or f"{_in_short(section, result.currency)} · {_age(section.age_seconds)}"
            )
            console.fact(f"  {section.service}, {section.title.lower()}", said)


def _in_short(section: Section, currency: str) -> str:
    if section.table is not None and section.table.rows:
        rows = len(section.table.rows) + section.table.more
        return f"{rows} in all, last: {' '.join(section.table.rows[0])}"
    facts = [_fact(fact, currency) for fact in section.facts if fact.value is not None]
    return ", ".join(facts[:SHORT]) or "nothing yet"


def _fact(fact: Fact, currency: str) -> str:
    if fact.form is Form.MONEY:
        return _money(int(fact.value or 0), currency)
    return f"{fact.value} {fact.label.lower()}" if fact.form is Form.COUNT else str(fact.value)


def _age(seconds: float | None) -> str:
    if seconds is None or seconds < 1:
        return "as of now"
    days, rest = divmod(int(seconds), 86_400)
    return f"last changed {days} days ago" if days else f"{rest:,} s old"


def _figures(values: tuple[int | None, ...], currency: str) -> str:
    words = ["" if value is None else f"{value:,}" for value in values[:2]]
    if len(values) > 2 and values[2] is not None:  # orders, lines, amount
        words.append(_money(values[2], currency))
    return "  ".join(f"{word:>8}" for word in words).rstrip()


def _money(minor: int, currency: str) -> str:
    return f"{from_minor(minor, currency):,} {currency}"
