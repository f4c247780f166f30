"""Lists that leave the house as workbooks: what CSV has, as text, and back again."""

import io

import pytest
from openpyxl import load_workbook

from chassis.workbooks import Sheet
from services.accounts.processes import exports
from tests.support.accounts import Desk, a_customer, a_file, a_row, a_staff
from tests.support.exports import exported
from tests.support.imports import counts


class TestWorkbook:
    """A file for people who work in a spreadsheet, and for our own import."""

    @pytest.mark.spec("ACC-13")
    def test_imports_again_as_unchanged_with_all_that_csv_cannot_keep(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(exports, "STEP_PAGES", 2)
        monkeypatch.setattr(exports, "MAX_PAGE", 3)
        rows = (a_row(1, name="李雷", city="=1+1"), a_row(2, name='"Lee, ""Ann"""', derived=""))
        desk.imported(a_file(*rows, *(a_row(n) for n in range(3, 20))))

        job, content = exported(desk, format="xlsx")
        again = desk.imported(content)

        assert (job["rows"], job["size"]) == (19, len(content))
        assert counts(again) == (0, 0, 19, 0)
        assert desk.count("file_pieces", f"WHERE file_id = '{job['file_id']}'") == 5

    def test_holds_the_columns_and_the_text_that_csv_has(self, desk: Desk) -> None:
        a_customer(desk, name="Ann", phone="+86 139 1234 5678", country="CN", city="=1+1")
        columns = ["name", "phone", "city", "segment"]

        _, content = exported(desk, format="xlsx", columns=columns)

        sheet = Sheet(content)
        assert sheet.take(9) == [columns, ["Ann", "+86 139 1234 5678", "=1+1"]]

    def test_that_changed_in_a_spreadsheet_changes_the_customer(self, desk: Desk) -> None:
        a_customer(desk, name="Ann", email="ann@lee.org", segment="A")
        _, content = exported(desk, format="xlsx", columns=["number", "name", "email", "segment"])
        book = load_workbook(io.BytesIO(content))
        book.worksheets[0]["D2"] = "B"
        out = io.BytesIO()
        book.save(out)

        again = desk.imported(out.getvalue(), mode="update", match_by="number")

        assert counts(again) == (0, 1, 0, 0)
        (one,) = desk.ask("find_records", kind="customer")["items"]
        assert (one["name"], one["segment"]) == ("Ann", "B")

    def test_leaves_out_what_the_asker_may_not_read(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        boss = desk.token_of(a_staff(desk, "sales_director")["id"])
        a_customer(desk, name="Ann", email="ann@lee.org")
        may = dict.fromkeys(("customer.read", "customer.export", "file.read"), "all")
        monkeypatch.setattr("contracts.roles.ROLES", {"sales_director": may})

        job, content = exported(desk, boss, format="xlsx")

        head = Sheet(content).take(1)[0]
        assert {"tier", "email", "phone"} <= set(job["left_out"])
        assert not {"tier", "email", "phone"} & set(head)
        assert "name" in head

    def test_of_nobody_has_its_head(self, desk: Desk) -> None:
        job, content = exported(desk, format="xlsx", columns=["name"])

        assert (job["rows"], Sheet(content).take(9)) == (0, [["name"]])

    def test_with_too_many_rows_fails_and_leaves_no_file(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("chassis.sheets.MAX_ROWS", 2)
        desk.imported(a_file(*(a_row(n) for n in range(2))))
        files = desk.count("files")

        export_id = desk.ask("start_export", format="xlsx")["id"]
        desk.run()

        assert desk.ask("export_status", export_id=export_id)["status"] == "failed"
        assert desk.count("files") == files
