"""Leads as they come in, and processes that go on."""

from typing import Any

from sqlalchemy import func, select, update

from chassis import processes
from chassis.tables import PROCESSES
from tests.support.sales import Room

A_DEAL = {"title": "Desks", "amount_minor": 120_000, "currency": "USD"}


def capture(
    sales: Room, token: str, name: str = "Ada Ames", key: str | None = None, **fields: Any
) -> Any:
    """Capture a lead."""
    lead = {
        "source": "web", "name": name, "email": f"{name.split(maxsplit=1)[0].lower()}@example.com",
        "state": "California", "country": "US",
    }  # fmt: skip
    return sales.call("capture_lead", token, key, **lead | fields)


def qualified(sales: Room, token: str, **fields: Any) -> Any:
    """Capture a lead and find it worth working on."""
    lead = capture(sales, token, **fields)
    return sales.call("qualify_lead", token, lead_id=lead["lead_id"], version=lead["version"])


def count(room: Room, kind: type) -> int:
    """Count the records of a kind."""
    with room.runtime.database.reading() as session:
        return session.scalar(select(func.count()).select_from(kind)) or 0


def make_due(room: Room) -> int:
    """Let every waiting process go on now; return how many did."""
    with room.runtime.database.begin() as session:
        session.execute(update(PROCESSES).values(next_try=0.0))
    return processes.resume_due(room.runtime)
