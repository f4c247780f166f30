"""Public pools and the people who take customers from them, as tests set them up."""

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

from chassis.errors import Refused, Unavailable
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
