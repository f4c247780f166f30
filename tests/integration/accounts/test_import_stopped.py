"""An import is stopped after its step, goes on where it stood, and says how far it is."""

import pytest

from chassis.errors import Conflict
from services.accounts.usecases import import_rows
from tests.support.accounts import Desk, a_file, a_row
from tests.support.imports import counts, take


def half_done(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> str:
    """Start an import of five rows and take two of them."""
    monkeypatch.setattr(import_rows, "CHUNK_ROWS", 2)
    import_id = desk.start(a_file(*(a_row(n) for n in range(5))))
    assert take(desk, import_id)
    return import_id


class TestStop:
    def test_ends_after_the_step_and_keeps_what_was_entered(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import_id = half_done(desk, monkeypatch)

        desk.ask("stop_import", import_id=import_id)
        desk.run()

        status = desk.ask("import_status", import_id=import_id)
        assert (status["status"], counts(status)) == ("stopped", (2, 0, 0, 0))
        assert status["stopped_by"] == "service:accounts"
        assert desk.told("accounts.import.finished.v1") == []
        (told,) = desk.told("accounts.import.progressed.v1")
        assert (told["status"], told["created"]) == ("stopped", 2)

    def test_goes_on_where_it_stood_any_number_of_times(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import_id = half_done(desk, monkeypatch)
        for _ in range(2):
            desk.ask("stop_import", import_id=import_id)
            desk.run()
            desk.ask("resume_import", import_id=import_id)

        answer = desk.ask("await_import", import_id=import_id)

        status = desk.ask("import_status", import_id=import_id)
        assert (status["status"], counts(status)) == ("finished", (5, 0, 0, 0))
        assert answer == {"import_id": import_id, "status": "finished"}
        assert desk.count("customers") == 5
        assert len(desk.told("accounts.import.finished.v1")) == 1

    def test_does_not_disturb_the_step_that_runs(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import_id = half_done(desk, monkeypatch)
        before = desk.ask("import_status", import_id=import_id)["version"]

        stopped = desk.ask("stop_import", import_id=import_id)

        assert stopped["version"] == before  # whoever has read the record may still write it

    def test_refuses_what_does_not_run_and_what_was_not_stopped(self, desk: Desk) -> None:
        done = desk.imported(a_file(a_row(1)))

        with pytest.raises(Conflict) as stop:
            desk.ask("stop_import", import_id=done["import_id"])
        with pytest.raises(Conflict) as resume:
            desk.ask("resume_import", import_id=done["import_id"])

        assert stop.value.code == "accounts.import.not_running"
        assert resume.value.code == "accounts.import.not_stopped"
        assert desk.count("processes") == 1


class TestProgress:
    def test_is_told_at_most_once_for_so_many_rows_and_in_counts(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(import_rows, "CHUNK_ROWS", 2)
        monkeypatch.setattr(import_rows, "PROGRESS_ROWS", 4)

        desk.imported(a_file(*(a_row(n) for n in range(1, 12))))  # twelve rows with the header

        told = desk.told("accounts.import.progressed.v1")
        assert [one["done_rows"] for one in told] == [5, 9, 12]
        assert [one["created"] for one in told] == [4, 8, 11]
        assert "Person" not in str(told)
