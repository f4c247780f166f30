"""The account of the orders: what was posted and answered against the books and the timeline."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chaos.ledger import Entry
from chaos.load import papers
from chaos.load.counting import copied, never, once
from chaos.stage import Stage

REFUSED = ".refused.v1"
BUYERS = "select name from customers where name like 'Buyer %'"
PRODUCTS = "select sku from products where sku like 'CHAOS-%'"
ORDERS = """
    select id, external_id, revision, total_minor, currency, customer_id, line_count
    from orders where external_system = 'erp'
"""
LINES = """
    select o.external_id, l.line_key, l.sku, l.quantity, l.discount, l.amount_minor
    from order_lines l join orders o on o.id = l.order_id where o.external_system = 'erp'
"""
TOUCHES = """
    select source_key, customer_id, subject from interactions
    where source = 'sales.order' and (subject like 'Order O-%' or subject like 'Order R-%')
"""

Paper = tuple[int, Mapping[str, Any]]  # a revision and what it says
Line = tuple[str, str, int, str, int]  # key, sku, quantity, discount, amount


@dataclass(frozen=True, slots=True)
class Answered:
    """A posting and the verdict on it."""

    posting: Entry
    key: str
    told: Mapping[str, Any]

    @property
    def verdict(self) -> str:
        """Return "accepted", or the code of the refusal."""
        return str(self.told["code"]) if self.key.endswith(REFUSED) else papers.ACCEPTED


def wrong(stage: Stage, doubtful: Collection[str]) -> Iterator[str]:
    """Yield what is wrong with the orders; the doubtful ones were posted and not confirmed."""
    yield from _unanswered(stage)
    answers = [one for one in _answers(stage) if one.posting.facts["external_id"] not in doubtful]
    for one in answers:
        yield from wrong_verdict(one)
    papers_ = accepted_papers(answers)
    yield from _wrong_books(stage, papers_, doubtful)
    yield from wrong_outcomes(answers, papers_)
    yield from _wrong_timeline(stage, papers_)
    yield from _wrong_events(stage, answers)
    buyers = list(stage.ledger.of("buyer.registered"))
    names = [row["name"] for row in stage.rows("accounts", BUYERS)]
    yield from once("customer", {f"Buyer {one.facts['key']}" for one in buyers}, names)
    yield from copied(stage, {one.id for one in buyers})
    skus = [row["sku"] for row in stage.rows("sales", PRODUCTS)]
    yield from once("product", papers.SKUS, skus)


def _unanswered(stage: Stage) -> Iterator[str]:
    """Yield what got no verdict, or two that say different things, or none of ours."""
    for noun in ("product", "order"):
        answered = {entry.id for entry in stage.ledger.of(f"{noun}.answered")}
        for entry in stage.ledger.of(f"{noun}.posted"):
            if entry.id not in answered:
                yield f"{noun} {entry.facts['external_id']}: no verdict on message {entry.id}"
    for entry in stage.ledger.of("order.contradicted"):
        yield f"message {entry.id} was answered a second time, differently: {entry.facts['key']}"
    for entry in stage.ledger.of("order.stray"):
        yield f"the partner was told what it cannot read: {entry.id}: {entry.facts['problem']}"


def _answers(stage: Stage) -> list[Answered]:
    posted = {entry.id: entry for entry in stage.ledger.of("order.posted")}
    return [
        Answered(posted[entry.id], entry.facts["key"], entry.facts["told"])
        for entry in stage.ledger.of("order.answered")
        if entry.id in posted
    ]


def wrong_verdict(one: Answered) -> Iterator[str]:
    """Yield it if the verdict is another than the posting deserved, or speaks of another order."""
    facts = one.posting.facts
    if one.verdict != facts["verdict"]:
        yield f"order {facts['external_id']} should be {facts['verdict']} and is {one.verdict}"
    for name in ("external_id", "revision"):
        if one.told[name] != facts[name]:
            yield f"the verdict on {facts['external_id']} names {name} {one.told[name]}"


def accepted_papers(answers: Collection[Answered]) -> dict[str, dict[int, Mapping[str, Any]]]:
    """Return every accepted order: its accepted revisions and what each says."""
    found: dict[str, dict[int, Mapping[str, Any]]] = defaultdict(dict)
    for one in answers:
        if one.verdict == papers.ACCEPTED:
            facts = one.posting.facts
            found[facts["external_id"]][facts["revision"]] = facts["body"]
    return found


def wrong_outcomes(
    answers: Collection[Answered], accepted: Mapping[str, Mapping[int, Mapping[str, Any]]]
) -> Iterator[str]:
    """Yield the orders that were created more or less than once, or told with a wrong total."""
    created: Counter[str] = Counter()
    for one in answers:
        if one.verdict != papers.ACCEPTED:
            continue
        external_id, revision = one.posting.facts["external_id"], one.posting.facts["revision"]
        outcome = one.told["outcome"]
        created[external_id] += outcome == "created"
        is_late = outcome == "superseded"
        totals = {
            body["total_minor"]
            for number, body in accepted[external_id].items()
            if (number > revision if is_late else number == revision)
        }
        if one.told["total_minor"] not in totals:
            yield f"order {external_id}.{revision} is {outcome} at {one.told['total_minor']}"
    for external_id in accepted:
        if created[external_id] != 1:
            yield f"order {external_id} was created {created[external_id]} times"


def _wrong_books(
    stage: Stage,
    accepted: Mapping[str, Mapping[int, Mapping[str, Any]]],
    doubtful: Collection[str],
) -> Iterator[str]:
    """Hold the newest accepted revision of each order against the books."""
    rows = stage.rows("sales", ORDERS)
    found = [row["external_id"] for row in rows]
    yield from once("order", accepted.keys(), found)
    yield from never("order", set(found) - accepted.keys() - set(doubtful), found)
    keys = {entry.facts["key"]: entry.id for entry in stage.ledger.of("buyer.registered")}
    lines: dict[str, list[Line]] = defaultdict(list)
    for row in stage.rows("sales", LINES):
        lines[row["external_id"]].append(_line(row, row["line_key"], row["sku"]))
    for row in rows:
        revisions = accepted.get(row["external_id"])
        if revisions:
            customer_id = keys[revisions[1]["customer_external_id"]]
            newest = max(revisions)
            yield from differs(row, lines[row["external_id"]], (newest, revisions[newest]))
            if row["customer_id"] != customer_id:
                yield f"order {row['external_id']} is of {row['customer_id']}, not {customer_id}"


def differs(row: Mapping[str, Any], lines: Collection[Line], paper: Paper) -> Iterator[str]:
    """Yield it if an order in the books says something else than its newest revision."""
    revision, body = paper
    wanted = {
        "revision": revision,
        "total_minor": body["total_minor"],
        "currency": body["currency"],
        "line_count": len(body["lines"]),
    }
    for name, value in wanted.items():
        if row[name] != value:
            yield f"order {row['external_id']} has {name} {row[name]}, not {value}"
    told = [_line(line, str(line["row_id"]), line["product_id"]) for line in body["lines"]]
    if sorted(lines) != sorted(told):
        yield f"order {row['external_id']} has other lines than its revision {revision}"


def _line(source: Mapping[str, Any], key: str, sku: str) -> Line:
    return key, sku, source["quantity"], source["discount"], source["amount_minor"]


def _wrong_timeline(
    stage: Stage, accepted: Mapping[str, Mapping[int, Mapping[str, Any]]]
) -> Iterator[str]:
    """Yield the orders that are not on their customer's timeline, or twice, or on another's."""
    touches = stage.rows("accounts", TOUCHES)
    subjects = [row["subject"].removeprefix("Order ") for row in touches]
    yield from once("touch of order", accepted.keys(), subjects)
    orders = {row["id"]: row for row in stage.rows("sales", ORDERS)}
    for touch in touches:
        order = orders.get(touch["source_key"])
        if order is None or order["customer_id"] != touch["customer_id"]:
            yield f"the timeline of {touch['customer_id']} has a foreign {touch['subject']}"


def _wrong_events(stage: Stage, answers: Collection[Answered]) -> Iterator[str]:
    """Yield the orders that the partner was not told of, or by more than one event."""
    told: dict[str, set[str]] = defaultdict(set)
    for entry in stage.ledger.of("order.told"):
        told[entry.id].add(entry.facts["event_id"])
    accepted = {one.told["order_id"] for one in answers if one.verdict == papers.ACCEPTED}
    found = [order_id for order_id, events in told.items() for _ in events]
    yield from once("news of order", accepted, found)
