"""An import that dies goes on; two who run it enter nothing twice; rows come by the chunk."""

import contextlib
import threading

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from chassis.errors import StaleVersion, Unavailable
from services.accounts.usecases import import_rows
from tests.support.accounts import (
    Desk,
    a_file,
    a_row,
)
from tests.support.imports import counts, take


class TestPainPoint1ImportDies:
    """Import is slow or dies (pain point 1): it resumes, with nothing twice and nothing lost."""

    def test_thousands_of_rows_survive_deaths_between_and_inside_chunks(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        content = a_file(*(a_row(n, phone="", email=f"p{n}@example.com") for n in range(4_000)))
        import_id = desk.start(content)
        write = import_rows.write
        died = 0

        def dying(batch: import_rows.Batch) -> None:
            nonlocal died
            write(batch)
            if batch.job.done_rows > 2_000 and not died:
                died += 1
                raise OperationalError("the process is gone", None, Exception())

        for _ in range(3):  # then the process dies between two chunks
            take(desk, import_id)
        monkeypatch.setattr(import_rows, "write", dying)
        with pytest.raises(Unavailable):
            all(take(desk, import_id) for _ in range(20))  # dies with a chunk not committed
        half = desk.ask("import_status", import_id=import_id)
        desk.run()  # somebody else goes on where it stood

        status = desk.ask("import_status", import_id=import_id)
        assert died == 1
        assert half["created"] == half["done_rows"] - 1  # the header; nothing half done
        assert counts(status) == (4_000, 0, 0, 0)
        assert status["status"] == "finished"
        assert desk.count("customers") == 4_000
        assert desk.count("external_ids") == 4_000
        assert desk.count("import_rows") == 4_000
        assert desk.count("outbox", "WHERE routing_key = 'accounts.customer.created.v1'") == 4_000
        assert desk.count("audit", "WHERE record_kind = 'customers'") == 4_000
        assert len(desk.told("accounts.import.finished.v1")) == 1

    def test_two_who_take_the_same_chunks_enter_nothing_twice(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(import_rows, "CHUNK_ROWS", 20)
        import_id = desk.start(a_file(*(a_row(n) for n in range(300))))

        def take_all() -> None:
            more = True
            while more:
                with contextlib.suppress(StaleVersion):
                    more = take(desk, import_id)

        threads = [threading.Thread(target=take_all) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)

        assert counts(desk.ask("import_status", import_id=import_id)) == (300, 0, 0, 0)
        assert desk.count("customers") == 300
        assert desk.count("import_rows") == 300

    def test_questions_per_chunk_do_not_grow_with_its_rows(self, desk: Desk) -> None:
        def statements(rows: int, start: int) -> int:
            import_id = desk.start(a_file(*(a_row(start + n) for n in range(rows))))
            asked: list[str] = []
            engine = desk.runtime.database.engine

            def listener(*given: str) -> None:
                asked.append(given[2])

            event.listen(engine, "before_cursor_execute", listener)
            take(desk, import_id)
            event.remove(engine, "before_cursor_execute", listener)
            desk.run()
            return sum(text.lstrip().startswith("SELECT") for text in asked)

        assert statements(10, 0) == statements(400, 1000)
