"""What the monitor saw before, and whether it looks right now."""

from sqlalchemy import select

from chassis.tables import PROCESSES
from chassis.turn import OPEN
from chassis.work import Work
from services.analytics.tables import WarehouseWatch


def watch(work: Work, id_: str) -> WarehouseWatch | None:
    """Return what the last comparison of a warehouse said, under its lock."""
    query = select(WarehouseWatch).where(WarehouseWatch.id == id_)
    return work.session.scalar(query.with_for_update())


def is_under_way(work: Work, kind: str) -> bool:
    """Say whether a process of a kind is not at its end yet."""
    columns = PROCESSES.c
    query = select(columns.id).where(columns.kind == kind, columns.status.in_(OPEN)).limit(1)
    return work.session.scalar(query) is not None
