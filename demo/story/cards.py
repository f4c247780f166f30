"""One customer as every service sees it, each section with its freshness."""

from datetime import UTC, datetime
from typing import Any

from chassis.clock import Clock
from chassis.errors import Problem
from chassis.money import from_minor
from demo.result import Card, Fact, Form, Section, Table
from demo.story.desk import Desk

SHOWN = 5


def card(desk: Desk, customer_id: str) -> Card:
    """Ask every service for its part; one that does not answer costs its own section only."""
    sections, profile = [], {}
    for service, compose in (("accounts", _accounts), ("sales", _sales)):
        try:
            part = desk.call(f"{service}.customer_card", {"customer_id": customer_id})
        except Problem as down:
            sections.append(Section(service, service, None, None, unavailable=down.message))
            continue
        if service == "accounts":
            profile = part["profile"]["customer"]
        sections += compose(desk, part)
    subtitle = f"{profile.get('segment')}, customer {profile.get('number')}"
    return Card(customer_id, profile.get("name", customer_id), subtitle, tuple(sections))


def _accounts(desk: Desk, part: dict[str, Any]) -> list[Section]:
    who, touches = part["profile"]["customer"], part["interactions"]
    derived = set(who.get("derived") or ())
    facts = [
        Fact(label, who.get(name), derived=name in derived)
        for label, name in (
            ("Mail", "email"),
            ("Phone", "phone"),
            ("Language", "language"),
            ("City", "city"),
            ("State", "state"),
        )
    ]
    facts.append(Fact("ERP number", _erp_key(part)))
    rows = tuple(
        (touch["at"][:10], touch["kind"], touch["subject"], touch.get("result") or "")
        for touch in touches["items"][:SHOWN]
    )
    timeline = Table(("Day", "Kind", "What", "Result"), rows, len(touches["items"]) - len(rows))
    return [
        _section(desk, "accounts", "Profile", part["profile"]["as_of"], tuple(facts)),
        _section(desk, "accounts", "Timeline", touches["as_of"], (), timeline),
    ]


def _erp_key(part: dict[str, Any]) -> str:
    keys = part["external_ids"]["items"]
    if isinstance(keys, dict):
        return str(keys.get("erp", ""))
    return next((str(one.get("key")) for one in keys if one.get("system") == "erp"), "")


def _sales(desk: Desk, part: dict[str, Any]) -> list[Section]:
    orders, deals = part["orders"], part["opportunities"]
    rows = tuple(
        (
            str(order["ordered_on"])[:10],
            str(order["external_id"]),
            f"{from_minor(order['total_minor'], order['currency'])} {order['currency']}",
        )
        for order in orders["last"][:SHOWN]
    )
    table = Table(("Day", "Order", "Amount"), rows, len(orders["last"]) - len(rows))
    sums = tuple(
        Fact(f"In all, {one['orders']} orders", one["amount_minor"], Form.MONEY)
        for one in orders["sums"]
    )
    facts = (
        Fact("Leads", len(part["leads"]["items"]), Form.COUNT),
        Fact("Open opportunities", len(deals["open"]), Form.COUNT),
        Fact("Quotes", len(part["quotes"]["items"]), Form.COUNT),
    )
    latest = orders.get("as_of") or part["as_of"]
    return [
        _section(desk, "sales", "Orders", latest, sums, table),
        _section(desk, "sales", "Pipeline", part["as_of"], facts),
    ]


def _section(  # noqa: PLR0913, PLR0917  # what a section shows
    desk: Desk,
    service: str,
    title: str,
    as_of: str,
    facts: tuple[Fact, ...],
    table: Table | None = None,
) -> Section:
    now = Clock(desk.house.clock_file).now()
    age = (now - datetime.fromisoformat(as_of).astimezone(UTC)).total_seconds()
    return Section(service, title, as_of, round(max(age, 0.0), 3), facts, table)
