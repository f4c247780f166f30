"""The main job: a trading history through the running system, counted again at every hop."""

import json
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from chassis.clock import Clock
from chassis.errors import Problem, RemoteBug
from demo import history, reconcile, report, result_json
from demo.conclusion import conclude
from demo.findings import NOTHING_FOUND, Findings
from demo.result import (
    Card,
    Check,
    Flow,
    Import,
    Latency,
    Machine,
    Period,
    Result,
    Stage,
    Step,
)
from demo.story import (
    calling,
    campaigning,
    cards,
    complaining,
    importing,
    reckoning,
    scoring,
    staffing,
    strangers,
    trading,
    warehouse,
)
from demo.story.console import Console
from demo.story.desk import Desk
from demo.story.staffing import Staffing
from demo.story.trading import ConnectorFailed, Trade
from demo.story.warehouse import Worked
from deploy.local.house import House, Kind
from deploy.local.machine import CannotRun
from deploy.local.services import PROJECT

CURRENCY = "USD"
NEW_SINCE = date(2017, 1, 1)  # who orders first from then on comes as a lead
FIRST, LAST = datetime(2014, 1, 1), datetime(2017, 12, 31)  # noqa: DTZ001  # days without a zone
DAY = click.DateTime(["%Y-%m-%d"])
FAILURES = (Problem, RemoteBug, CannotRun, ConnectorFailed, TimeoutError)
DIFFERS, FAILED = 1, 2


@dataclass(frozen=True, slots=True)
class Plan:
    """What is replayed, and where."""

    kind: Kind
    first: date
    last: date
    folder: Path
    keep: bool

    @property
    def new_since(self) -> date:
        """From this day on, whoever orders first comes as a lead."""
        return max(NEW_SINCE, self.first)


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
    featured: list[str] = field(default_factory=list)  # customers whose cards are shown
    shown: tuple[Card, ...] = ()
    latencies: tuple[Latency, ...] = ()
    funnel: tuple[Stage, ...] = ()
    findings: Findings = NOTHING_FOUND


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
    conclude(console, plan.folder, result)
    return result


@contextmanager
def _house(plan: Plan, console: Console, told: Told) -> Iterator[House]:
    House(plan.folder / "house").destroy()  # an earlier run may have been told to keep it
    shutil.rmtree(plan.folder, ignore_errors=True)
    plan.folder.mkdir(parents=True)
    house = House(plan.folder / "house", kind=plan.kind)
    try:
        started = time.monotonic()
        with console.chapter(f"The house comes up: RabbitMQ, {plan.kind}, six services"):
            house.directory.mkdir(parents=True)
            # Before anything runs: what it sets for a minute later must not wait for our century.
            first = plan.first
            Clock.travel(house.clock_file, datetime(first.year, first.month, first.day, tzinfo=UTC))
            house.up()
        told.set_up_seconds = round(time.monotonic() - started, 2)
        yield house
    finally:
        if not plan.keep:
            house.destroy()


def _tell_story(desk: Desk, plan: Plan, whole: history.History, told: Told) -> None:
    console, new = desk.console, list(desk.history.new_since(plan.new_since))
    known = whole.known_before(plan.new_since)
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
            _reckon(desk, plan, whole, told, heard)
            told.latencies = reckoning.latencies(desk, told.trade, heard)
    worked = _departments(desk, plan, staff, told)
    with console.chapter("8 · The warehouse against the books"):
        _compare(desk, plan, staff, told, worked)


def _departments(desk: Desk, plan: Plan, staff: Staffing, told: Told) -> Worked:
    """Let the other departments work, one after the other, in the days after the history."""
    console = desk.console
    with console.chapter("4 · Analytics ranks the customers, accounts keeps the tiers"):
        campaigning.ask_consent(desk)
        scored = scoring.score(desk, staff, plan.first, plan.last)
    day = on_the_phones = complaining.working_day(plan.last + timedelta(days=1))
    with console.chapter("5 · A day on the phones"):
        calls = calling.take_calls(desk, staff, day)
    with console.chapter("6 · A complaint, late, and a survey"):
        day = complaining.working_day(day)
        complaint = complaining.complain(desk, staff, calls.complaint, day)
    with console.chapter("7 · A campaign to the best customers"):
        day = complaining.working_day(day + timedelta(days=1))
        campaign = campaigning.run(desk, staff, day)
    told.checks += (*scored.checks, *calls.checks, *complaint.checks, *campaign.checks)
    told.findings = Findings(
        pyramid=scored.pyramid,
        satisfaction=complaining.satisfaction(desk, staff, complaint),
        campaign=campaign.outcome,
    )
    told.featured.append(complaint.customer_id)
    return Worked(on_the_phones, calls, complaint, campaign)


def _compare(desk: Desk, plan: Plan, staff: Staffing, told: Told, worked: Worked) -> None:
    """Count once more where everything has arrived."""
    reckoning.quiet(desk)
    told.flows += warehouse.flows(desk, worked)
    compared, equal = warehouse.monitor(desk)
    told.checks += (equal,)
    told.shown = tuple(cards.card(desk, one) for one in told.featured)
    told.findings = replace(
        told.findings,
        cube=scoring.cube(desk, staff, plan.first, plan.last),
        calls=calling.report(desk, staff, worked.day),
        monitor=compared,
    )


def _tell_trade(console: Console, trade: Trade) -> None:
    orders, funnel = trade.ledger["orders"], trade.funnel
    console.fact("posted by the ERP", f"{orders['posted']:,} messages, {orders['orders']:,} orders")
    console.fact("verdicts", ", ".join(f"{n:,} {what}" for what, n in orders["outcomes"].items()))
    steps = " → ".join(
        f"{funnel[step]} {step}" for step in ("captured", "assigned", "converted", "won")
    )
    console.fact("leads", steps)


def _reckon(desk: Desk, plan: Plan, whole: history.History, told: Told, heard: Path) -> None:
    orders, told.events = reckoning.order_flow(desk, desk.history, heard)
    orders = replace(orders, hops=(*orders.hops, warehouse.order_hop(desk)))
    expected = len(whole.known_before(plan.new_since)) + len(desk.history.new_since(plan.new_since))
    assert told.imported is not None
    customers = reckoning.customer_flow(desk, told.imported, told.trade, expected)
    customers = replace(customers, hops=(*customers.hops, warehouse.customer_hop(desk)))
    told.flows = (orders, customers)
    stages = reckoning.funnel(told.trade, list(desk.history.new_since(plan.new_since)))
    until = (desk.history.orders[-1].date + timedelta(days=1)).isoformat()
    told.funnel = warehouse.funnel(desk, stages, until)
    shown = next(iter(told.trade.converted.values()), None) or _first_customer(desk)
    told.checks = (*strangers.call_as_stranger(desk, shown), reckoning.repeatable(desk))
    told.featured = [shown]


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
        funnel=told.funnel,
        findings=told.findings,
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


if __name__ == "__main__":
    main()
