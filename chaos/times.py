"""The business clock of the house under load: what it shows, and how it is moved on."""

import threading
from datetime import UTC, datetime, timedelta

from chaos.stage import Stage
from chassis.clock import Clock

_moving = threading.Lock()  # two that move it would each read before the other has written


def now(stage: Stage) -> datetime:
    """Return the business instant of the house."""
    return Clock(stage.house.clock_file).now()


def let_pass(stage: Stage, seconds: float) -> None:
    """Move the business clock of the house on, so that what is due in minutes is due now."""
    with _moving:
        Clock.travel(stage.house.clock_file, now(stage) + timedelta(seconds=seconds))


def instant(stored: datetime | str) -> datetime:
    """Read an instant out of a row that was asked for in plain SQL: SQLite has it as text."""
    found = datetime.fromisoformat(stored) if isinstance(stored, str) else stored
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
