"""What the warehouse counts and sums is what the owning services count and sum."""

from collections.abc import Iterator, Mapping
from typing import Any

from chaos.stage import Stage
from chassis.errors import Problem
from services.analytics.warehouse.asking import ask

NAME = "warehouse"
SOCKET = "RAPPORT_WAREHOUSE_SOCKET"
BOOKS = ("orders", "lines", "amounts", "line_amounts")
# What the warehouse calls it -> whose it is, and how the owner counts it.
COUNTED = {
    "leads": ("sales", "select count(*) as n from leads"),
    "customers": ("accounts", "select count(*) as n from customers"),
    "opportunities": ("sales", "select count(*) as n from opportunities"),
    "products": ("sales", "select count(*) as n from products"),
    "calls": ("telephony", "select count(*) as n from calls where told_end_at is not null"),
    "cases": ("service_desk", "select count(*) as n from cases"),
    "touches": ("marketing", "select count(*) as n from sends where settled_at is not null"),
    "surveys": ("service_desk", "select count(*) as n from surveys where answered_at is not null"),
}


def warehouse(stage: Stage) -> Iterator[str]:
    """Hold the warehouse against the books, and ask what it had to leave out."""
    if NAME not in stage.house.places:
        return
    try:
        books, status = asked(stage, "books"), asked(stage, "status")
        apart = asked(stage, "quarantine", limit=500)
    except Problem as problem:
        yield f"the warehouse does not answer: {problem}"
        return
    yield from differences(figures(stage), books)
    yield from left_out(status, apart, stage.forged)


def asked(stage: Stage, question: str, **parameters: object) -> Any:
    """Ask the warehouse over its own socket.

    :raises Problem: if it does not answer.
    """
    return ask(stage.house.places[NAME].own[SOCKET], question, parameters)


def figures(stage: Stage) -> dict[str, object]:
    """Return what the services of this house count and sum themselves."""
    there = stage.house.databases
    found: dict[str, object] = {
        name: stage.rows(service, query)[0]["n"]
        for name, (service, query) in COUNTED.items()
        if service in there
    }
    if "sales" in there:
        totals = stage.ask("sales.totals", {})
        found |= {name: totals[name] for name in BOOKS}
    return found


def differences(owners: Mapping[str, object], books: Mapping[str, object]) -> Iterator[str]:
    """Yield a sentence for each figure in which the owner and the warehouse differ."""
    for name, figure in owners.items():
        if books.get(name) != figure:
            yield f"{name}: the warehouse says {books.get(name)}, the owner {figure}"


def left_out(status: Mapping[str, Any], apart: Any, forged: set[str]) -> Iterator[str]:
    """Yield a sentence for what was passed over or kept apart, but for what was forged."""
    if status["gaps"]:
        yield f"the warehouse found {status['gaps']} gaps in the log"
    for one in apart:
        if one["event_id"] not in forged:
            yield f"the warehouse keeps {one['type']} {one['event_id']} apart: {one['sentence']}"
