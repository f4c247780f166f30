"""The chapters of the page, put together in a template."""

from pathlib import Path
from string import Template
from typing import Any, Final

from demo import reconcile
from demo.report import answers, charts, market, parts, phones, words
from demo.result import Result
from demo.result_json import of_dict

_HERE: Final = Path(__file__).resolve().parent


def render(result: dict[str, Any]) -> str:
    """Write the page of a result.json: self-contained, without scripts.

    :raises Malformed: if it is not a result of the main job.
    """
    read = of_dict(result)
    found = reconcile.problems(read)
    template = Template((_HERE / "page.html").read_text(encoding="utf-8"))
    return template.substitute(
        style=(_HERE / "page.css").read_text(encoding="utf-8"),
        state="bad" if found else "good",
        title="It does not reconcile" if found else "Everything reconciles",
        lead=_lead(read),
        problems=parts.problems(found),
        tiles=parts.tiles(read),
        chapters="".join(_chapters(read)),
        footer=_footer(read),
    )


def _lead(result: Result) -> str:
    years = f"{words.day(result.period.start)} to {words.day(result.period.end)}"
    return words.text(
        f"A real trading history, {years}, travelled through the running system in"
        f" {words.seconds(result.seconds)}: imported, sent by an outside ERP,"
        " sold, told to everybody concerned, and counted again at every hop."
    )


def _chapters(result: Result) -> list[str]:
    return [
        *_of_trading(result),
        *_of_the_market(result),
        *_of_the_departments(result),
        *_of_the_bus(result),
        *_of_everybody(result),
    ]


def _of_trading(result: Result) -> list[str]:
    money = result.currency
    return [
        _chapter(
            "Reconciliation",
            "The first row is the truth; every later place was asked for itself.",
            "".join(parts.flow(flow, money) for flow in result.flows),
        ),
        _chapter(
            "Orders over time",
            "Ordered amount per month of business time, as it stands in the books of sales.",
            charts.orders_over_time(result.months, money)
            + parts.month_figures(result.months, money),
        ),
        _chapter(
            "From lead to money",
            "Customers who were new came as web leads before their first order.",
            parts.funnel(result.funnel),
        ),
    ]


def _of_the_market(result: Result) -> list[str]:
    money, findings = result.currency, result.findings
    people, cube = findings.pyramid, findings.cube
    return [
        _chapter(
            "The customer pyramid",
            f"{words.count(people.population)} customers known at the end, ranked by what they"
            f" spent from {words.day(people.start)} until {words.day(people.end)}."
            if people
            else "",
            market.pyramid(people, money),
        ),
        _chapter(
            "What was sold where",
            "Ordered amount and distinct customers, from the warehouse; each total is counted at"
            " its own grain.",
            market.cube(cube, money) + market.quarters(cube, money),
        ),
    ]


def _of_the_departments(result: Result) -> list[str]:
    findings = result.findings
    return [
        _chapter(
            "A day of calls",
            f"{words.day(findings.calls.day)}, by the quarter of an hour in which they came in."
            if findings.calls
            else "",
            phones.figures(findings.calls) + phones.day_of_calls(findings.calls),
        ),
        _chapter(
            "Satisfaction",
            "What customers expected and what they perceived, driver by driver, 1 to 10.",
            answers.satisfaction(findings.satisfaction),
        ),
        _chapter(
            "The campaign",
            "Every member has one fate, and nobody gets a message twice.",
            answers.campaign(findings.campaign),
        ),
        _chapter(
            "The warehouse against the books",
            "The monitor counts at the source and in the warehouse, and compares.",
            answers.monitor(findings.monitor, result.currency),
        ),
    ]


def _of_the_bus(result: Result) -> list[str]:
    return [
        _chapter(
            "How fast it arrives",
            "From the commit in one service to the commit in the next; real time.",
            "".join(parts.latency(one) for one in result.latencies),
        ),
        _chapter(
            "What the bus had to cope with",
            "Sent twice, out of order, refused or retried: and still each effect once.",
            parts.counters(result.counters),
        ),
        _chapter(
            "The import, with faults planted in it",
            "Each fault has to be refused with its reason and to come in once corrected.",
            parts.import_faults(result.import_),
        ),
    ]


def _of_everybody(result: Result) -> list[str]:
    money = result.currency
    return [
        _chapter(
            "One customer, seen by all",
            "Composed by the asker from what each service knows, with the age of each section.",
            "".join(parts.card(card, money) for card in result.cards),
        ),
        *(_chapter(panel.title, panel.note, parts.panel(panel, money)) for panel in result.panels),
        _chapter(
            "What else was tried",
            "By clients that know nothing of the chassis, and in every department.",
            parts.checks(result.checks),
        ),
        _chapter(
            "Where the time went",
            f"{words.seconds(result.seconds)} after {words.seconds(result.set_up_seconds)}"
            " of set-up.",
            charts.time_spent(result.steps) + parts.step_legend(result.steps),
        ),
    ]


def _chapter(title: str, note: str, body: str) -> str:
    if not body:
        return ""
    name = "".join(c if c.isalnum() else "-" for c in title.lower())
    return (
        f'<section aria-labelledby="{name}"><header><h2 id="{name}">{words.text(title)}</h2>'
        f"<p>{words.text(note)}</p></header>{body}</section>"
    )


def _footer(result: Result) -> str:
    machine = result.machine
    facts = (
        f"Rapport {machine.version}",
        f"{machine.cores} cores",
        machine.database,
        machine.broker,
        f"Python {machine.python}",
        f"run on {words.moment(result.started_at)}",
    )
    return " · ".join(words.text(fact) for fact in facts)
