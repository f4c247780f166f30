"""A result of the main job as a good run would write it."""

from collections import Counter as Count
from dataclasses import replace
from typing import Any

from demo import history
from demo.result import (
    Bucket,
    Card,
    Check,
    Column,
    Counter,
    Fact,
    Flow,
    Form,
    Hop,
    Import,
    Latency,
    Machine,
    Month,
    Period,
    Refusal,
    Result,
    Section,
    Stage,
    Step,
    Table,
    Unit,
)  # fmt: skip

ORDERS = (5009, 9994, 229720065)
_BOUNDS = (1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1000.0, 2500.0, None)


def a_result(**changes: Any) -> Result:
    """Make a result that reconciles; vary what matters to the test."""
    good = Result(
        started_at="2026-03-02T14:05:00Z",
        seconds=96.4,
        set_up_seconds=41.0,
        machine=Machine("SQLite 3.40.1", "RabbitMQ 3.10.8", "3.11.7", 2, "0.1.0"),
        period=Period("2014-01-03", "2017-12-30"),
        currency="USD",
        flows=(an_order_flow(), a_customer_flow(), a_case_flow(), a_campaign_flow()),
        import_=an_import(),
        funnel=_funnel(),
        months=_months(),
        latencies=(a_latency(), a_latency(title="ERP to verdict", note="posted to verdict read")),
        counters=_counters(),
        checks=_checks(),
        cards=(a_card(),),
        steps=_steps(),
    )
    return replace(good, **changes)


def an_order_flow(**values: tuple[int | None, ...]) -> Flow:
    """Make the flow of orders; name a hop to give it other values."""
    hops = (
        ("source", "In the history", "data/superstore.csv.xz"),
        ("sent", "Sent", "the ERP's own ledger, newest revision of each order"),
        ("accepted", "Accepted", "verdicts that came back to the ERP"),
        ("stored", "Stored", "sales, table orders"),
        ("published", "Published", "crm.log, events of sales"),
        ("applied", "Applied", "accounts, customer timeline"),
    )
    made = (Hop(n, title, where, values.get(n, ORDERS)) for n, title, where in hops)
    columns = (Column("Orders"), Column("Lines"), Column("Amount", Unit.MONEY))
    return Flow("orders", "Orders", columns, tuple(made))


def a_customer_flow() -> Flow:
    """Make the flow of customers."""
    hops = (
        Hop("source", "In the history", "data/superstore.csv.xz", (793,)),
        Hop("accepted", "Accepted", "782 by import, 11 by conversion", (793,)),
        Hop("stored", "Stored", "accounts, table customers", (793,)),
        Hop("applied", "Copied", "sales, its copy of the customers", (793,)),
    )
    return Flow("customers", "Customers", (Column("Customers"),), hops)


def a_case_flow() -> Flow:
    """Make the flow of cases."""
    hops = (
        Hop("source", "Seen through", "from the complaint to the answer", (1, 1)),
        Hop("stored", "Stored", "service_desk, table cases", (1, 1)),
        Hop("published", "Published", "crm.log, read from its first event", (1, 1)),
        Hop("applied", "Applied", "accounts, on the timelines", (1, 1)),
        Hop("warehouse", "In the warehouse", "analytics, asked of the warehouse", (1, 1)),
    )
    return Flow("cases", "Cases", (Column("Opened"), Column("Closed")), hops)


def a_campaign_flow() -> Flow:
    """Make the flow of a campaign's messages."""
    hops = (
        Hop("source", "Addressed", "members; accounts, who of them allows mail", (40, 37)),
        Hop("stored", "In the ledger", "marketing, table sends", (40, 37)),
        Hop("mailbox", "In the mailboxes", "the mail server", (None, 37)),
        Hop("published", "Published", "crm.log, read from its first event", (40, 37)),
        Hop("applied", "Applied", "accounts, on the timelines", (None, 37)),
        Hop("warehouse", "In the warehouse", "analytics, asked of the warehouse", (40, 37)),
    )
    return Flow("messages", "Campaign", (Column("Messages"), Column("Sent")), hops)


def an_import() -> Import:
    """Make an import in which every planted fault was met and put right."""
    main, legacy = "customers.csv", "customers-branch-office.csv"
    prefix = "accounts.import."
    faults = (
        (main, 2, "customer_since", "bad_date", "2016-02-30 is not a date."),
        (main, 157, "name", "too_long", "A name has at most 200 characters; this one has 5,000."),
        (main, 312, "name", "encoding", "The row is not UTF-8: byte 0xE9 at place 34."),
        (main, 778, "external_id", "duplicate", "This external id is already in row 467."),
        (main, 779, "email", "duplicate", "This mail address is already in row 622."),
        (legacy, None, None, "encoding", "The file is not UTF-8. Save it as UTF-8, try again."),
    )
    met = (
        Refusal(file, row, column, prefix + code, prefix + code, told, True)
        for file, row, column, code, told in faults
    )
    return Import(784, 11, 773, 11, 9, 3.8, tuple(met))


def a_latency(**changes: Any) -> Latency:
    """Make a latency with its histogram."""
    counts = (0, 14, 402, 2210, 1604, 548, 171, 42, 14, 4, 0, 0)
    buckets = tuple(Bucket(b, c) for b, c in zip(_BOUNDS, counts, strict=True))
    made = Latency(
        "Commit to applied",
        "sales to accounts, every order",
        5009,
        9.4,
        47.0,
        118.0,
        612.0,
        buckets,
    )
    return replace(made, **changes)


def a_card(**changes: Any) -> Card:
    """Make a customer's card of two services."""
    rows = (
        ("2017-11-12", "CA-2017-138611", "3 lines", "$119.94"),
        ("2016-11-08", "CA-2016-152156", "2 lines", "$993.90"),
        ("2015-10-15", "US-2015-123918", "2 lines", "$136.72"),
    )
    accounts = Section(
        "accounts",
        "Who it is",
        "2017-12-30T12:00:00Z",
        0.0,
        (
            Fact("Customer id", "CG-12520"),
            Fact("Mail", "claire.gute@example.com", derived=True),
            Fact("Phone", "+1 214 555 0109", derived=True),
            Fact("Language", "English", derived=True),
            Fact("Home", "Dallas, Texas 75217", derived=True),
            Fact("Owner", "Kelly Williams, Central"),
            Fact("Customer since", "2015-10-15T12:00:00Z", Form.MOMENT),
        ),
    )
    sales = Section(
        "sales",
        "What was bought",
        "2017-12-30T12:00:00Z",
        0.0084,
        (Fact("Orders", 5, Form.COUNT), Fact("In all", 114860, Form.MONEY)),
        Table(("Date", "Order", "Lines", "Amount"), rows, more=2),
    )
    made = Card("CG-12520", "Claire Gute", "Consumer, customer CG-12520", (accounts, sales))
    return replace(made, **changes)


def _funnel() -> tuple[Stage, ...]:
    stages = (
        ("Captured", "web leads, before the first order"),
        ("Matched", "none was known already"),
        ("Assigned", "by territory"),
        ("Qualified", ""),
        ("Converted", "customer, contact, opportunity"),
        ("Quoted", "one line each"),
        ("Won", ""),
        ("Ordered", "first order from the ERP"),
    )
    return tuple(Stage(title, 11, 11, note) for title, note in stages)


def _months() -> tuple[Month, ...]:
    orders: Count[str] = Count()
    amounts: Count[str] = Count()
    for order in history.read().orders:
        month = f"{order.date:%Y-%m}"
        orders[month] += 1
        amounts[month] += order.total_minor
    return tuple(Month(month, orders[month], amounts[month]) for month in sorted(orders))


def _counters() -> tuple[Counter, ...]:
    return (
        Counter("messages", "Messages posted", 5359, 5359, "by the ERP, repeats included"),
        Counter("duplicates", "Duplicates absorbed", 250, 250, "every twentieth order, twice"),
        Counter("superseded", "Overtaken revisions", 100, 100, "every fiftieth, older after newer"),
        Counter("retries", "Retries", 38, None, "the customer's copy was not there yet"),
        Counter("parked", "Parked", 0, 0, "nothing was given up"),
        Counter("events", "Events in the log", 12481, None, "without personal data"),
    )


def _checks() -> tuple[Check, ...]:
    return (
        Check("A stock nameko client calls sales.get_order", True, "answered in 1.9 ms"),
        Check("A bare AMQP consumer hears orders", True, "5,009 heard, each id once"),
    )


def _steps() -> tuple[Step, ...]:
    return (
        Step("Import", 5.4),
        Step("ERP 2014 to 2016", 52.0),
        Step("Leads and ERP 2017", 31.5),
        Step("Seen by all", 2.1),
        Step("Counting again", 5.4),
    )
