"""Chapter three: the ERP posts the history; new customers of 2017 arrive as leads before it."""

import json
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from chassis.errors import Conflict, StaleVersion
from chassis.money import from_minor
from demo.history import Customer, Order
from demo.story.desk import Desk
from demo.story.staffing import Staffing

LEAD_DAYS = 9  # before the first order
CURRENCY = "USD"
CONNECTOR_SECONDS = 240
IN_FLIGHT = "25"  # enough to keep the house busy; more would only lengthen the queues
STALE_ATTEMPTS = 3


class ConnectorFailed(Exception):
    """Say what the ERP's connector complained of."""


@dataclass
class Trade:
    """What was sold, and how the leads went."""

    funnel: Counter[str] = field(default_factory=Counter)
    ledger: dict[str, Any] = field(default_factory=dict)
    converted: dict[str, str] = field(default_factory=dict)  # ERP's customer id -> ours


def trade(desk: Desk, staffing: Staffing, first: date, last: date, new: list[Customer]) -> Trade:
    """Let the history happen: windows of orders, a lead before each new customer's first order."""
    result, start = Trade(), first
    _post(desk, first, last, "--catalogue", "--no-orders")
    for customer in sorted(new, key=lambda one: (one.first_order, one.id)):
        arrives = max(customer.first_order - timedelta(days=LEAD_DAYS), first)
        if arrives > start:
            _post(desk, start, arrives - timedelta(days=1))
            start = arrives
        _lead_to_money(desk, staffing, customer, result)
    result.ledger = _post(desk, start, last)
    return result


def _post(desk: Desk, start: date, end: date, *options: str) -> dict[str, Any]:
    """Run the connector over some days, as an own process with the ERP's own broker user."""
    command = [sys.executable, "-W", "ignore", "-m", "demo.erp"]
    command += ["--amqp-uri", desk.house.uri_of("erp"), "--ledger", str(desk.folder / "erp.db")]
    command += ["--from", start.isoformat(), "--to", end.isoformat(), "--progress", "2"]
    command += ["--clock-file", str(desk.house.clock_file), "--in-flight", IN_FLIGHT]
    command += options
    last: dict[str, Any] = {}
    with subprocess.Popen(  # noqa: S603  # our own words
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as erp:
        try:
            assert erp.stdout is not None
            assert erp.stderr is not None
            for line in erp.stdout:
                last = json.loads(line)
                if last.get("day"):
                    desk.console.progress(f"the ERP is at {last['day']}")
            complaint = erp.stderr.read()
            status = erp.wait(CONNECTOR_SECONDS)
        finally:
            erp.kill()
    if status:
        raise ConnectorFailed(complaint.strip() or json.dumps(last))
    return last


def _lead_to_money(desk: Desk, staffing: Staffing, customer: Customer, result: Trade) -> None:
    """Take a web lead from capture to a won opportunity, as the people of sales would."""
    first = next(one for one in desk.history.orders if one.id == customer.first_order_id)
    desk.travel(customer.first_order - timedelta(days=LEAD_DAYS))
    lead = _capture(desk, customer)
    result.funnel["captured"] += 1
    result.funnel["known already"] += lead["customer_id"] is not None
    result.funnel["assigned"] += lead["owner_id"] is not None
    rep = lead["owner_id"] or staffing.director
    desk.travel(customer.first_order - timedelta(days=LEAD_DAYS - 2))
    _qualify(desk, rep, lead["lead_id"], customer.first_order)
    result.funnel["qualified"] += 1
    deal = {"lead_id": lead["lead_id"], "title": f"First order of {customer.id}"}
    deal |= {"amount_minor": first.total_minor, "currency": CURRENCY}
    done = desk.call("sales.convert_lead", deal, who=rep)
    result.funnel["converted"] += 1
    result.funnel["customers created"] += done["customer_created"]
    result.converted[customer.id] = done["customer_id"]
    _win(desk, rep, done["opportunity_id"], first)
    result.funnel["won"] += 1


def _capture(desk: Desk, customer: Customer) -> dict[str, Any]:
    form = {
        "source": "web",
        "name": customer.name,
        "email": customer.email,
        "phone": customer.phone,
        "country": customer.address.country,
        "state": customer.address.state,
        "external_ids": {"erp": customer.id},
        "submission_id": f"form-{customer.id}",
    }
    captured: dict[str, Any] = desk.call("sales.capture_lead", form)
    # A form that is sent twice is one lead.
    again = desk.call("sales.capture_lead", form)
    assert again["lead_id"] == captured["lead_id"]
    return captured


def _qualify(desk: Desk, rep: str, lead_id: str, due: date) -> None:
    """Qualify a lead as it stands; a reminder may change it between looking and acting."""
    for attempt in range(STALE_ATTEMPTS):
        lead = desk.call("sales.get_record", {"kind": "lead", "id": lead_id}, who=rep)
        shown = {"lead_id": lead_id, "version": lead["version"]}
        try:
            desk.call(
                "sales.qualify_lead", shown | {"next_action_due": f"{due}T17:00:00Z"}, who=rep
            )
        except Conflict as stale:
            if stale.code != StaleVersion.code or attempt == STALE_ATTEMPTS - 1:
                raise
        else:
            return


def _win(desk: Desk, rep: str, opportunity_id: str, first: Order) -> None:
    """Quote the biggest line of the first order, send the quote and have it accepted."""
    biggest = max(first.lines, key=lambda line: line.amount_minor)
    price = from_minor(biggest.amount_minor, CURRENCY) / Decimal(biggest.quantity)
    product = desk.call(
        "sales.find_records",
        {"kind": "product", "filters": {"sku": biggest.product_id}, "limit": 1},
    )["items"][0]
    quote = desk.call(
        "sales.draft_quote",
        {
            "opportunity_id": opportunity_id,
            "currency": CURRENCY,
            "valid_until": f"{first.date.year + 1}-12-31T00:00:00Z",
            "lines": [
                {
                    "product_id": product["id"],
                    "quantity": biggest.quantity,
                    "unit_price": str(price.quantize(Decimal("0.0001"))),
                }
            ],
        },
        who=rep,
    )
    for method in ("sales.send_quote", "sales.accept_quote"):
        named = {"quote_id": quote["id"], "version": quote["version"]}
        quote = desk.call(method, named, who=rep)
