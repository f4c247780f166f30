"""What an import came to, as a test asks for it."""

import csv
import io

from services.accounts.usecases import import_rows
from tests.support.accounts import Desk

COUNTS = ("created", "updated", "unchanged", "refused")


def counts(status: dict[str, object]) -> tuple[object, ...]:
    return tuple(status[name] for name in COUNTS)


def refusals(desk: Desk, import_id: object) -> list[dict[str, str]]:
    text, after = "", None
    while True:
        page = desk.ask("import_refusals", import_id=import_id, after=after, limit=2)
        text += page["csv"]
        after = page["next"]
        if after is None:
            return list(csv.DictReader(io.StringIO(text, newline="")))


def take(desk: Desk, import_id: str) -> bool:
    """Take one chunk, in its own transaction, as the process does."""
    with desk.work() as work:
        return import_rows.take_rows(work, import_id)
