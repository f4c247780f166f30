"""One customer as every service sees it, each section with its freshness."""

from datetime import UTC, datetime
from typing import Any, Final

from chassis.clock import Clock
from chassis.errors import Problem
from chassis.money import from_minor
from demo.result import Card, Fact, Form, Section, Table
from demo.story.desk import Desk

SHOWN = 5


def card(desk: Desk, customer_id: str) -> Card:
    """Ask every service for its part; one that does not answer costs its own section only."""
    sections, profile = [], {}
    for service, compose in COMPOSED.items():
        try:
            part = desk.call(f"{service}.customer_card", {"customer_id": customer_id})
        except Problem as down:
            sections.append(Section(service, service, None, None, unavailable=down.message))
            continue
        if service == "accounts":
            profile = part["profile"]["customer"]
        sections += compose(desk, part)
    known = (profile.get("segment"), f"customer {profile.get('number')}")
    subtitle = ", ".join(one for one in known if one)
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


def _desk(desk: Desk, part: dict[str, Any]) -> list[Section]:
    cases, surveys = part["cases"], part["surveys"]
    rows = tuple(
        (case["opened_at"][:10], case["number"], case["type"], case["state"])
        for case in cases["last"][:SHOWN]
    )
    table = Table(("Day", "Case", "Type", "State"), rows, len(cases["last"]) - len(rows))
    answers = tuple(
        Fact(f"Survey {_words(one['moment'])}", _words(one["satisfaction"]))
        for one in surveys["last"][:SHOWN]
    )
    open_ = (Fact("Open", len(cases["open"]), Form.COUNT),)
    return [
        _section(desk, "service_desk", "Cases", cases["as_of"], open_, table),
        _section(desk, "service_desk", "Surveys", surveys["as_of"], answers),
    ]


def _marketing(desk: Desk, part: dict[str, Any]) -> list[Section]:
    touches, consent = part["touches"], part["consent"]
    rows = tuple(
        (one["at"][:10], one["campaign"] or one["step"], one["fate"])
        for one in touches["items"][:SHOWN]
    )
    table = Table(("Day", "What", "Fate"), rows, len(touches["items"]) - len(rows))
    segments = tuple(
        Fact(one["label"], ", ".join(one["reasons"])) for one in part["segments"]["items"][:SHOWN]
    )
    allows = "yes" if consent["marketing_mail"] else f"no ({consent['reason']})"
    return [
        _section(desk, "marketing", "Segments", part["segments"]["as_of"],
                 (Fact("Allows mail", allows), *segments)),
        _section(desk, "marketing", "Messages", touches["as_of"], (), table),
    ]  # fmt: skip


def _telephony(desk: Desk, part: dict[str, Any]) -> list[Section]:
    calls = part["calls"]
    rows = tuple(
        (one["started_at"][:16].replace("T", " "), one["direction"], _words(one["outcome"] or ""))
        for one in calls["items"][:SHOWN]
    )
    table = Table(("When", "Direction", "Outcome"), rows, len(calls["items"]) - len(rows))
    waiting = (Fact("To be called back", len(part["callbacks"]["items"]), Form.COUNT),)
    return [_section(desk, "telephony", "Calls", calls["as_of"], waiting, table)]


def _analytics(desk: Desk, part: dict[str, Any]) -> list[Section]:
    score = part["score"]
    rank = f"{score['rank']} of {score['population']}" if score["known"] else None
    facts = (
        Fact("Tier", score.get("tier")),
        Fact("Rank", rank),
        Fact("Spend", score.get("spend_minor"), Form.MONEY),
        Fact("RFM", score.get("rfm")),
    )
    return [_section(desk, "analytics", "Score", score["as_of"], facts)]


def _words(code: str) -> str:
    return code.replace("_", " ")


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


COMPOSED: Final = {
    "accounts": _accounts,
    "sales": _sales,
    "service_desk": _desk,
    "marketing": _marketing,
    "telephony": _telephony,
    "analytics": _analytics,
}
