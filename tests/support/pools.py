"""Public pools and the people who take customers from them, as tests set them up."""

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

from chassis.errors import Refused, Unavailable
from contracts.sales import OrderPlaced
from services.accounts.processes.allocation import ALLOCATION, AllocationState
from tests.support.accounts import Desk, a_customer, a_staff

WAIT_SECONDS = 300  # that guards against hanging, no more


def a_team(desk: Desk, *names: str) -> tuple[str, list[str]]:
    """Register a team of reps; return it and its people."""
    team = str(desk.ask("create_record", kind="team", values={"name": "Blue"})["id"])
    return team, [str(a_staff(desk, name=name, team_id=team)["id"]) for name in names]


def a_pool(desk: Desk, **terms: Any) -> str:
    """Register a pool that takes whatever nobody owns."""
    return str(desk.ask("register_pool", **({"name": "Sea"} | terms))["id"])


def free(desk: Desk, count: int, **details: Any) -> list[str]:
    """Enter customers that nobody owns."""
    return [str(a_customer(desk, **details)["customer_id"]) for _ in range(count)]


def owner_of(desk: Desk, customer_id: str) -> Any:
    """Return whose a customer is."""
    return desk.ask("get_record", kind="customer", id=customer_id).get("owner_id")


def buys(desk: Desk, customer_id: str, order_id: str = "o1") -> None:
    """Let a customer buy something."""
    order = OrderPlaced(
        order_id=order_id, version=1, external_system="erp", external_id=order_id, revision=1,
        customer_id=customer_id, ordered_on="2017-01-31", currency="USD", total_minor=100,
        line_count=0, lines=(), status="placed",
    )  # fmt: skip
    desk.hear("sales_made", order)


def outcomes(calls: list[Callable[[], object]]) -> Counter[str]:
    """Do everything at the same instant, each in a thread of its own; count what came of it.

    Who is told that the house is busy asks again, as any caller would.
    """
    start, found = threading.Barrier(len(calls)), []

    def run(call: Callable[[], object]) -> None:
        start.wait(WAIT_SECONDS)
        while True:
            try:
                call()
                found.append("won")
                return
            except Refused as refused:
                found.append(refused.code)
                return
            except Unavailable:
                continue

    threads = [threading.Thread(target=run, args=(call,), daemon=True) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT_SECONDS)
    return Counter(found)


def allocate(desk: Desk, recipients: list[str] | dict[str, int], **asked: Any) -> str:
    """Deal customers out to the end; return the batch."""
    weights = recipients if isinstance(recipients, dict) else dict.fromkeys(recipients, 1)
    named = [{"staff_id": one, "weight": weight} for one, weight in weights.items()]
    id_ = str(desk.ask("allocate_customers", recipients=named, **asked)["id"])
    desk.run()
    return id_


def items(desk: Desk, batch: str) -> list[dict[str, Any]]:
    """Return what became of each customer of a batch, page by page."""
    found: list[dict[str, Any]] = []
    after = None
    while True:
        page = desk.ask("allocation_items", allocation_id=batch, limit=7, after=after)
        found += page["items"]
        after = page["next"]
        if after is None:
            return found


def shares(desk: Desk, *batches: str) -> Counter[str]:
    """Count who got how many in these batches."""
    return Counter(
        one["owner_id"] for batch in batches for one in items(desk, batch) if one["owner_id"]
    )


def to_the_end(desk: Desk, allocation_id: str) -> None:
    """Take the steps of a batch one by one, each in its own transaction, as the process does."""
    run: Any = ALLOCATION.steps[0]
    more = True
    while more:
        with desk.work() as work:
            more = run.run(work, AllocationState(allocation_id))
