import io
import zipfile

import pytest
from openpyxl import load_workbook

from chassis import sheets, workbooks

NASTY = [
    "=1+1",
    '<a href="x">&',
    "  spaced  ",
    "李雷 𠮷",
    "+8613912345678",
    "a\nb\r\nc",
    "'=x",
    "-1",
]


def a_book(head: list[str], *parts: list[list[str]]) -> bytes:
    """Write a workbook in parts, each as if another process wrote it."""
    content, place = sheets.begin(head)
    for rows in parts:
        more, place = sheets.more(place, rows)
        content += more
    return content + sheets.end(place)


def read(content: bytes) -> list[list[str]]:
    """Read a workbook as an import does."""
    return workbooks.Sheet(content).take(10_000)


class TestABook:
    def test_in_parts_holds_the_rows_of_all_in_order(self) -> None:
        rows = [[str(number), f"name {number}"] for number in range(2_500)]

        content = a_book(["number", "name"], rows[:1_000], [], rows[1_000:2_000], rows[2_000:])

        assert read(content) == [["number", "name"], *rows]

    def test_is_a_sound_zip_with_all_that_a_workbook_needs(self) -> None:
        content = a_book(["name"], [["Ann"]])

        with zipfile.ZipFile(io.BytesIO(content)) as book:
            assert book.testzip() is None
            names = book.namelist()
        assert names[0] == "xl/worksheets/sheet1.xml"
        assert {"[Content_Types].xml", "xl/workbook.xml", "xl/styles.xml"} <= set(names)
        assert len(names) == len(set(names))

    def test_brings_back_every_text_as_it_was(self) -> None:
        assert read(a_book(NASTY, [NASTY, ["", "", "x"]])) == [NASTY, NASTY, ["", "", "x"]]

    def test_without_a_row_has_its_head(self) -> None:
        assert read(a_book(["name"], [])) == [["name"]]

    def test_leaves_out_what_no_sheet_can_hold(self) -> None:
        assert read(a_book(["name"], [["A\x00n\x0bn"]])) == [["name"], ["Ann"]]

    def test_holds_as_many_columns_as_an_export_may_have(self) -> None:
        head = [f"custom.c{number}" for number in range(workbooks.MAX_COLUMNS)]

        assert read(a_book(head, [head])) == [head, head]

    def test_refuses_a_row_too_many(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sheets, "MAX_ROWS", 3)
        _, place = sheets.begin(["name"])
        _, place = sheets.more(place, [["Ann"], ["Bob"]])

        with pytest.raises(sheets.SheetTooLarge):
            sheets.more(place, [["Cyd"]])


class TestPainPoint25FormulasInAWorkbook:
    """A cell that looks like a formula is text for every spreadsheet (pain point 25)."""

    def test_no_cell_is_one_and_all_stay_text_when_somebody_types(self) -> None:
        book = load_workbook(io.BytesIO(a_book(["name"], [[one] for one in NASTY])))

        cells = [row[0] for row in book.worksheets[0].iter_rows(min_row=2)]
        assert [cell.value for cell in cells] == NASTY
        assert {cell.data_type for cell in cells} <= {"s", "inlineStr"}
        assert {(cell.number_format, cell.quotePrefix) for cell in cells} == {("@", True)}
