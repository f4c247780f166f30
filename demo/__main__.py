"""The main job: a trading history through the running system, counted again at every hop."""

import json
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from chassis.errors import Problem, RemoteBug
from chassis.money import from_minor
from demo import history, reconcile, report, result_json
from demo.result import (
    Card,
    Check,
    Flow,
    Form,
    Import,
    Latency,
    Machine,
    Period,
    Result,
    Section,
    Step,
)
from demo.story import cards, importing, reckoning, staffing, strangers, trading
from demo.story.console import Console
from demo.story.desk import Desk
from demo.story.trading import ConnectorFailed, Trade
from deploy.local.house import House, Kind
from deploy.local.machine import CannotRun
from deploy.local.services import PROJECT

CURRENCY = "USD"
NEW_SINCE = date(2017, 1, 1)  # who orders first from then on comes as a lead
FIRST, LAST = datetime(2014, 1, 1), datetime(2017, 12, 31)  # noqa: DTZ001  # days without a zone
DAY = click.DateTime(["%Y-%m-%d"])
FAILURES = (Problem, RemoteBug, CannotRun, ConnectorFailed, TimeoutError)
DIFFERS, FAILED = 1, 2
SHORT = 3  # facts of a section on the console; the page has all


@dataclass(frozen=True, slots=True)
class Plan:
    """What is replayed, and where."""

    kind: Kind
    first: date
    last: date
    folder: Path
    keep: bool


@dataclass
class Told:
    """What the chapters have found out so far."""

    started_at: str
    set_up_seconds: float = 0.0
    imported: Import | None = None
    trade: Trade = field(default_factory=Trade)
    flows: tuple[Flow, ...] = ()
    events: int = 0
    checks: tuple[Check, ...] = ()
    shown: tuple[Card, ...] = ()
    latencies: tuple[Latency, ...] = ()


@click.command()
@click.option(
    "--database",
    envvar="DB",
    type=click.Choice([kind.value for kind in Kind]),
    default=Kind.SQLITE.value,
)
@click.option("--from", "first", type=DAY, default=FIRST, help="First day that is replayed.")
@click.option("--to", "last", type=DAY, default=LAST, help="Last day that is replayed.")
@click.option("--folder", type=click.Path(path_type=Path), default=PROJECT / "var" / "demo")
@click.option("--keep", is_flag=True, help="Leave the house running, to look around in it.")
def main(*, database: str, first: datetime, last: datetime, folder: Path, keep: bool) -> None:
    """Run a real trading history through the house and count it again at every hop.

    Exit status: 0 if everything reconciles, 1 if something differs, 2 if it could not be run.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # leave the house down then too
    plan = Plan(Kind(database), first.date(), last.date(), folder.resolve(), keep)
    try:
        result = run(plan)
    except FAILURES as failed:
        print(f"The main job could not be run: {failed}", file=sys.stderr)
        sys.exit(FAILED)
    except KeyboardInterrupt:
        print("\nInterrupted; everything is stopped.", file=sys.stderr)
        sys.exit(FAILED)
    sys.exit(DIFFERS if reconcile.problems(result) else 0)


def run(plan: Plan) -> Result:
    """Replay the history in a house of its own and write down what was found."""
    console = Console()
    told = Told(datetime.now(UTC).isoformat(timespec="seconds"))  # noqa: TID251  # the page's date
    whole = history.read()
    part = whole.between(plan.first, plan.last + timedelta(days=1))
    console.line(f"Rapport · {len(part.orders):,} orders from {plan.first} to {plan.last}")
    console.line()
    with _house(plan, console, told) as house:
        desk = Desk(house, part, console, plan.folder)
        started = time.monotonic()
        try:
            desk.open()
            _tell_story(desk, plan, whole, told)
            result = _result(desk, plan, told, time.monotonic() - started)
        finally:
            desk.close()
    _write(plan.folder, result)
    _conclude(console, plan, result)
    return result


@contextmanager
def _house(plan: Plan, console: Console, told: Told) -> Iterator[House]:
    shutil.rmtree(plan.folder, ignore_errors=True)
    plan.folder.mkdir(parents=True)
    house = House(plan.folder / "house", kind=plan.kind)
    try:
        started = time.monotonic()
        with console.chapter(f"The house comes up: RabbitMQ, {plan.kind}, two services"):
            house.destroy()
            house.up()
        told.set_up_seconds = round(time.monotonic() - started, 2)
        yield house
    finally:
        if not plan.keep:
            house.destroy()


def _tell_story(desk: Desk, plan: Plan, whole: history.History, told: Told) -> None:
    console, new = desk.console, list(desk.history.new_since(NEW_SINCE))
    known = whole.known_before(NEW_SINCE)
    desk.travel(plan.first)
    with console.chapter(f"1 · Import: {len(known)} customers, with faults planted"):
        staff = staffing.hire(desk)
        told.imported = importing.bring_in(desk, known)
    with strangers.listening(desk) as heard:
        title = f"2 · The ERP posts {len(desk.history.orders):,} orders, {len(new)} customers come as leads"
        with console.chapter(title):
            told.trade = trading.trade(desk, staff, plan.first, plan.last, new)
            _tell_trade(console, told.trade)
        with console.chapter("3 · Seen by all, and counted again at every hop"):
            reckoning.settle(desk, len(desk.history.orders), heard)
            _reckon(desk, told, whole, heard)
            told.latencies = reckoning.latencies(desk, told.trade, heard)


def _tell_trade(console: Console, trade: Trade) -> None:
    orders, funnel = trade.ledger["orders"], trade.funnel
    console.fact("posted by the ERP", f"{orders['posted']:,} messages, {orders['orders']:,} orders")
    console.fact("verdicts", ", ".join(f"{n:,} {what}" for what, n in orders["outcomes"].items()))
    steps = " → ".join(
        f"{funnel[step]} {step}" for step in ("captured", "assigned", "converted", "won")
    )
    console.fact("leads", steps)


def _reckon(desk: Desk, told: Told, whole: history.History, heard: Path) -> None:
    orders, told.events = reckoning.order_flow(desk, desk.history, heard)
    expected = len(whole.known_before(NEW_SINCE)) + len(desk.history.new_since(NEW_SINCE))
    assert told.imported is not None
    customers = reckoning.customer_flow(desk, told.imported, told.trade, expected)
    told.flows = (orders, customers)
    shown = next(iter(told.trade.converted.values()), None) or _first_customer(desk)
    told.checks = (*strangers.call_as_stranger(desk, shown), reckoning.repeatable(desk))
    told.shown = (cards.card(desk, shown),)


def _first_customer(desk: Desk) -> str:
    page = desk.call("accounts.find_records", {"kind": "customer", "limit": 1})
    return str(page["items"][0]["id"])


def _result(desk: Desk, plan: Plan, told: Told, seconds: float) -> Result:
    assert told.imported is not None
    database, broker, python, cores = reckoning.machine(desk.house)
    return Result(
        started_at=told.started_at,
        seconds=round(seconds, 1),
        set_up_seconds=told.set_up_seconds,
        machine=Machine(database, broker, python, cores, "0.1.0"),
        period=Period(plan.first.isoformat(), plan.last.isoformat()),
        currency=CURRENCY,
        flows=told.flows,
        import_=told.imported,
        funnel=reckoning.funnel(told.trade, list(desk.history.new_since(NEW_SINCE))),
        months=reckoning.months(desk),
        latencies=told.latencies,
        counters=reckoning.counters(desk, told.trade, told.events),
        checks=told.checks,
        cards=told.shown,
        steps=tuple(Step(step.title, step.seconds) for step in desk.console.steps),
    )


def _write(folder: Path, result: Result) -> None:
    data: dict[str, Any] = result_json.to_dict(result)
    (folder / "result.json").write_text(json.dumps(data, indent=1), encoding="utf-8")
    (folder / "report.html").write_text(report.render(data), encoding="utf-8")


def _conclude(console: Console, plan: Plan, result: Result) -> None:
    console.line()
    for flow in result.flows:
        for hop in flow.hops:
            first = f"{flow.title}: " if hop is flow.hops[0] else ""
            console.fact(f"{first}{hop.title}".lower(), _figures(hop.values))
    console.line()
    for one in result.latencies:
        console.fact(one.title.lower(), f"p50 {one.p50_ms:,.1f} ms, p99 {one.p99_ms:,.1f} ms")
    for counter in result.counters:
        console.fact(counter.title.lower(), f"{counter.value:,}")
    _show_cards(console, result.cards)
    console.line()
    found = reconcile.problems(result)
    for problem in found:
        console.verdict(f"✗ {problem}", good=False)
    if not found:
        console.verdict(f"✓ Everything reconciles, in {result.seconds:.0f} s.", good=True)
    console.line(f"  {plan.folder / 'report.html'}")


def _show_cards(console: Console, shown: tuple[Card, ...]) -> None:
    for card in shown:
        console.line()
        console.line(f"   {card.name}, as each service knows this customer")
        for section in card.sections:
            said = section.unavailable or f"{_in_short(section)} · {_age(section.age_seconds)}"
            console.fact(f"  {section.service}, {section.title.lower()}", said)


def _in_short(section: Section) -> str:
    if section.table is not None and section.table.rows:
        rows = len(section.table.rows) + section.table.more
        return f"{rows} in all, last: {' '.join(section.table.rows[0])}"
    facts = [
        f"{fact.value} {fact.label.lower()}" if fact.form is Form.COUNT else str(fact.value)
        for fact in section.facts
        if fact.value is not None
    ]
    return ", ".join(facts[:SHORT]) or "nothing yet"


def _age(seconds: float | None) -> str:
    if seconds is None or seconds < 1:
        return "as of now"
    days, rest = divmod(int(seconds), 86_400)
    return f"last changed {days} days ago" if days else f"{rest:,} s old"


def _figures(values: tuple[int | None, ...]) -> str:
    words = [f"{value:,}" for value in values[:2] if value is not None]
    if len(values) > 2 and values[2] is not None:  # orders, lines, amount
        words.append(f"{from_minor(values[2], CURRENCY):,} {CURRENCY}")
    return "  ".join(f"{word:>8}" for word in words)


if __name__ == "__main__":
    main()
