"""Customers that are to become one, at accounts' desk."""

from typing import Any

from contracts import following
from tests.support.accounts import ANN, Desk

ANNA = {
    "name": "Anna Lee", "email": "anna@lee.org", "phone": "+12125550199", "state": "New York",
    "city": "Albany", "postal_code": "12207", "language": "en",
}  # fmt: skip
FOLLOWERS = ("sales", "service_desk", "marketing", "telephony", "analytics")


def two(desk: Desk, **theirs: Any) -> tuple[str, str]:
    """Enter two customers who are one: who stays, and who is merged into it."""
    winner = desk.ask("register_customer", **ANN)["customer_id"]
    loser = desk.ask("register_customer", **(ANNA | theirs), on_match="warn")["customer_id"]
    return str(winner), str(loser)


def merge(desk: Desk, winner: str, *losers: str, **options: Any) -> dict[str, Any]:
    """Make customers one, in the versions they have now."""
    return dict(
        desk.ask(
            "merge_customers",
            winner=named(desk, winner),
            losers=[named(desk, one) for one in losers],
            **options,
        )
    )


def named(desk: Desk, customer_id: str) -> dict[str, Any]:
    """Name a customer in the version that it has."""
    found = desk.ask("get_record", kind="customer", id=customer_id)
    return {"id": found["id"], "version": found["version"]}


def answer(desk: Desk, merge_id: str, *services: str) -> None:
    """Let services answer for what a merge has told them last; all of them unless named."""
    task_id = desk.ask("merge_status", merge_id=merge_id)["task_id"]
    for service in services or FOLLOWERS:
        row, told = ROWS[service]
        desk.hear(row, told(task_id=task_id, task="merge", customer_id="-", counts={"row": 1}))


def unmerge(desk: Desk, merge_id: str) -> None:
    """Undo a merge as it stands."""
    version = desk.ask("merge_status", merge_id=merge_id)["version"]
    desk.ask("unmerge_customers", merge_id=merge_id, version=version)


ROWS: dict[str, tuple[str, Any]] = {
    "sales": ("sales_followed", following.SalesFollowed),
    "service_desk": ("desk_followed", following.ServiceDeskFollowed),
    "marketing": ("marketing_followed", following.MarketingFollowed),
    "telephony": ("telephony_followed", following.TelephonyFollowed),
    "analytics": ("analytics_followed", following.AnalyticsFollowed),
}
