"""A long import costs per row what a short one costs: counted in work, never in seconds."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from services.accounts.usecases import import_rows
from tests.support.accounts import Desk, a_file, a_row
from tests.support.imports import counts, take

STEPS = 100  # of SQLite's machine between two counts
PAGE_BYTES = 4096


class Effort:
    """What the database was asked to do: statements, and on SQLite the steps of its machine."""

    def __init__(self) -> None:
        self.statements = self.steps = 0

    def asked(self, *_: object) -> None:
        self.statements += 1

    def stepped(self) -> int:
        self.steps += STEPS
        return 0

    def watched(self, connection: Any, *_: object) -> None:
        if hasattr(connection, "set_progress_handler"):
            connection.set_progress_handler(self.stepped, STEPS)


@contextmanager
def effort(desk: Desk) -> Iterator[Effort]:
    found, engine = Effort(), desk.runtime.database.engine
    event.listen(engine, "before_cursor_execute", found.asked)
    event.listen(engine, "checkout", found.watched)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", found.asked)
        event.remove(engine, "checkout", found.watched)


def memory_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_BYTES


def halves(desk: Desk, import_id: str, chunks: int) -> tuple[Effort, Effort, int]:
    """Take an import in two halves of so many chunks; return both efforts and memory that grew."""
    with effort(desk) as first:
        assert all(take(desk, import_id) for _ in range(chunks))
    before = memory_bytes()
    with effort(desk) as second:
        while take(desk, import_id):
            pass
    return first, second, memory_bytes() - before


class TestPainPoint1Linear:
    """Import is slow (pain point 1): the second half of a long file costs what the first does."""

    def test_the_second_half_asks_no_more_of_the_database(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(import_rows, "CHUNK_ROWS", 100)
        import_id = desk.start(a_file(*(a_row(n) for n in range(2_000))))

        first, second, _ = halves(desk, import_id, 10)

        status = desk.ask("import_status", import_id=import_id)
        assert counts(status) == (2_000, 0, 0, 0)
        assert second.statements <= first.statements + 20  # the last chunk is a short one
        assert second.steps <= first.steps * 1.1

    @pytest.mark.long
    @pytest.mark.timeout(1800)
    def test_a_hundred_thousand_rows_cost_per_row_what_a_thousand_do(self, desk: Desk) -> None:
        rows = (
            a_row(n, phone=f"+49302{n:07d}", email=f"p{n}@firm.example") for n in range(100_000)
        )
        import_id = desk.start(a_file(*rows))

        first, second, grown = halves(desk, import_id, 50)

        status = desk.ask("import_status", import_id=import_id)
        assert counts(status) == (100_000, 0, 0, 0)
        assert second.statements <= first.statements + 20
        assert second.steps <= first.steps * 1.1
        assert grown <= 64 * 1024 * 1024
