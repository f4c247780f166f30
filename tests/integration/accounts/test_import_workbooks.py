"""Customers from workbooks: the same verdicts as from a CSV file of the same rows."""

import pytest

from chassis import workbooks
from chassis.errors import Invalid
from chassis.files import store
from chassis.housekeeping import purge
from chassis.tables import PROCESSES
from services.accounts.usecases import workbooks as collecting
from tests.support.accounts import HEADER, Desk, a_file, a_row
from tests.support.imports import counts, refusals
from tests.support.workbooks import HEAD_OF_SHEET, a_workbook, with_sheet

NAMES = HEADER.split(",")


def cells(number: int, **values: str) -> list[str]:
    return a_row(number, **values).split(",")


@pytest.mark.spec("ACC-12")
class TestWorkbook:
    def test_gives_the_same_verdicts_as_the_same_rows_in_csv(self, desk: Desk) -> None:
        rows = [cells(1), cells(2, kind="robot"), [], cells(3, customer_since="2016-02-30")]

        sheet = desk.imported(a_workbook(NAMES, *rows))
        from_sheet = refusals(desk, sheet["import_id"])
        csv = desk.imported(a_file(*(",".join(row) for row in rows)))

        assert counts(sheet) == (1, 0, 0, 2)
        assert counts(csv) == (0, 0, 1, 2)
        assert from_sheet == refusals(desk, csv["import_id"])
        assert [row["refused_row"] for row in from_sheet] == ["3", "5"]  # as the sheet numbers them

    def test_takes_days_and_numbers_as_spreadsheets_keep_them(self, desk: Desk) -> None:
        status = desk.imported(
            a_workbook(["external_id", "name", "phone", "country"], [7, "李雷", 13912345678, "CN"])
        )

        assert counts(status) == (1, 0, 0, 0)
        (found,) = desk.ask("identify", system="erp", external_id="7")["customers"]
        customer = desk.ask("get_record", kind="customer", id=found["customer_id"])
        assert customer["phone_e164"] == "+8613912345678"

    def test_goes_on_after_the_process_that_read_it_has_died(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(collecting, "STEP_ROWS", 2)
        import_id = desk.start(a_workbook(NAMES, *(cells(n) for n in range(7))))

        for _ in range(2):
            with desk.work() as work:
                assert collecting.collect_rows(work, import_id)
            workbooks._open.clear()  # what was open died with its process
        desk.run()

        status = desk.ask("import_status", import_id=import_id)
        assert counts(status) == (7, 0, 0, 0)
        assert status["status"] == "finished"

    def test_stays_finished_for_whoever_asks_when_its_file_is_gone(self, desk: Desk) -> None:
        done = desk.imported(a_workbook(NAMES, cells(1)))
        with desk.runtime.database.begin() as session:
            session.execute(PROCESSES.update().values(next_try=0.0))
        purge(desk.runtime)
        with desk.work() as work:
            store.forget(work, key=done["file_id"], data={})

        answer = desk.ask("await_import", import_id=done["import_id"])

        assert answer == {"import_id": done["import_id"], "status": "finished"}
        status = desk.ask("import_status", import_id=done["import_id"])
        assert status == done

    def test_with_a_wrong_header_is_refused_at_once(self, desk: Desk) -> None:
        with pytest.raises(Invalid) as refused:
            desk.start(a_workbook(["external_id", "shoe size"], ["1", "2"]))

        assert refused.value.code == "accounts.import.header"
        assert (desk.count("imports"), desk.count("processes")) == (0, 0)

    def test_that_cannot_be_read_to_its_end_fails_in_words(self, desk: Desk) -> None:
        head = "".join(f'<c t="inlineStr"><is><t>{name}</t></is></c>' for name in NAMES)
        good = "".join(f'<row r="{n}"><c r="A{n}"><v>{n}</v></c></row>' for n in range(2, 5_000))
        sheet = f'{HEAD_OF_SHEET}<row r="1">{head}</row>{good}<row'

        status = desk.imported(with_sheet(sheet))

        assert status["status"] == "failed"
        assert desk.count("customers") == 0
        assert desk.told("accounts.import.finished.v1") == []
