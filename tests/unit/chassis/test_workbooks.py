import datetime as dt
from itertools import chain

import pytest

from chassis import workbooks
from chassis.workbooks import Sheet, WorkbookBroken, WorkbookTooLarge
from tests.support.workbooks import HEAD_OF_SHEET as HEAD
from tests.support.workbooks import SHEET, STRINGS, a_workbook, with_sheet

TAIL = "</sheetData></worksheet>"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LAUGHS = (
    '<!DOCTYPE lol [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    + HEAD + '<row r="1"><c r="A1" t="inlineStr"><is><t>&b;</t></is></c></row>' + TAIL
)  # fmt: skip


class TestSheet:
    def test_writes_cells_as_people_see_them(self) -> None:
        content = a_workbook(
            ["李雷", 13912345678, 1.5, True, None],
            [dt.date(2026, 11, 30), dt.datetime.combine(dt.date(2026, 1, 2), dt.time(3, 4, 5)), "=1+1", 2.0],
        )  # fmt: skip

        rows = Sheet(content).take(10)

        assert rows[0] == ["李雷", "13912345678", "1.5", "true"]
        assert rows[1][:2] == ["2026-11-30", "2026-01-02T03:04:05"]
        assert rows[1][2:] == ["", "2"]  # a formula that was never calculated is empty

    def test_comes_in_parts_each_row_once(self) -> None:
        sheet = Sheet(a_workbook(*([n] for n in range(5))))

        parts = [sheet.take(2) for _ in range(4)]

        assert list(chain(*parts)) == [[str(n)] for n in range(5)]
        assert (parts[-1], sheet.taken) == ([], 5)

    def test_an_empty_row_keeps_its_place(self) -> None:
        rows = with_sheet(
            HEAD + '<row r="1"><c r="A1"><v>1</v></c></row><row r="3"><c r="B3"><v>3</v></c></row>'
            + TAIL
        )  # fmt: skip

        assert Sheet(rows).take(9) == [["1"], [], ["", "3"]]

    @pytest.mark.parametrize("prefix", ["", "x:"])
    def test_is_not_read_to_its_end_to_be_opened(self, prefix: str) -> None:
        """A sheet need not say how large it is; whoever looks meets the damage at its end."""
        name = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
        told = f'xmlns:{prefix[:-1]}="{name}"' if prefix else f'xmlns="{name}"'
        good = "".join(
            f'<{prefix}row r="{n}"><{prefix}c r="A{n}"><{prefix}v>{n}</{prefix}v></{prefix}c></{prefix}row>'
            for n in range(1, 5_000)
        )
        sheet = f"<{prefix}worksheet {told}><{prefix}sheetData>{good}<{prefix}row"

        rows = Sheet(with_sheet(sheet)).take(2)

        assert rows == [["1"], ["2"]]


class TestWhatIsMadeToHurt:
    def test_what_is_no_workbook_is_refused(self) -> None:
        for content in (b"PK\x03\x04 and nothing", b"", a_workbook(["a"])[:-30]):
            with pytest.raises(WorkbookBroken):
                Sheet(content)

    def test_a_damaged_sheet_is_refused(self) -> None:
        with pytest.raises(WorkbookBroken):
            Sheet(with_sheet(HEAD + "<row")).take(1)

    def test_a_bomb_is_refused_before_it_is_unpacked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(workbooks, "MAX_UNPACKED_BYTES", 1_000_000)
        bomb = with_sheet(HEAD + " " * 1_000_000 + TAIL)

        assert len(bomb) < 20_000
        with pytest.raises(WorkbookTooLarge):
            Sheet(bomb)

    def test_entities_that_multiply_are_refused(self) -> None:
        with pytest.raises(WorkbookBroken):
            Sheet(with_sheet(LAUGHS)).take(1)

    @pytest.mark.parametrize(
        ("part", "head", "many", "tail"),
        [
            ("xl/styles.xml", f'<styleSheet xmlns="{MAIN}">', "<a/>", "</styleSheet>"),
            ("xl/styles.xml", "<a ", 'b{}="" ', "/>"),
            (STRINGS, f'<sst xmlns="{MAIN}">', "<si/>", "</sst>"),
            (SHEET, HEAD + "<row>", "<c/>", "</row>" + TAIL),
            (SHEET, HEAD, "<x/>", TAIL),
            (SHEET, HEAD + "<row><c><v>", " " * 140, "</v></c></row>" + TAIL),
        ],
        ids=["elements", "attributes", "texts", "cells", "between rows", "letters"],
    )
    def test_small_files_that_are_large_when_read_are_refused(
        self, monkeypatch: pytest.MonkeyPatch, part: str, head: str, many: str, tail: str
    ) -> None:
        monkeypatch.setattr(workbooks, "MAX_MARKS", 50_000)
        monkeypatch.setattr(workbooks, "MAX_STRINGS_MARKS", 50_000)
        content = with_sheet(f"{head}{''.join(map(many.format, range(60_000)))}{tail}", part)

        with pytest.raises(WorkbookTooLarge, match="too large to be read"):
            Sheet(content).take(1)

    def test_what_is_read_of_each_row_is_counted_anew(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(workbooks, "MAX_MARKS", 20_000)

        rows = Sheet(a_workbook(*([n, n, n] for n in range(9_000)))).take(10_000)

        assert len(rows) == 9_000

    def test_a_cell_far_out_costs_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(workbooks, "MAX_ROWS", 100)
        far = with_sheet(HEAD + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>' + TAIL)

        sheet = Sheet(far)
        with pytest.raises(WorkbookTooLarge):
            all(sheet.take(50) for _ in range(1_000))

        assert sheet.taken <= 101

    def test_too_many_rows_columns_and_letters_are_refused(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(workbooks, "MAX_ROWS", 3)
        monkeypatch.setattr(workbooks, "MAX_COLUMNS", 2)
        monkeypatch.setattr(workbooks, "MAX_CELL", 5)

        for content in (
            a_workbook(*([n] for n in range(4))), a_workbook([1, 2, 3]), a_workbook(["123456"]),
        ):  # fmt: skip
            with pytest.raises(WorkbookTooLarge):
                Sheet(content).take(10)


class TestSheetAt:
    def test_goes_on_where_it_stood_and_opens_anew_where_it_did_not(self) -> None:
        content, loads = a_workbook(*([n] for n in range(5))), []

        def load() -> bytes:
            loads.append(1)
            return content

        workbooks.sheet_at("k", load, 0).take(2)
        kept = workbooks.sheet_at("k", load, 2).take(1)
        behind = workbooks.sheet_at("k", load, 2).take(1)  # the last step was not committed
        workbooks.closed("k")

        assert (kept, behind) == ([["2"]], [["2"]])
        assert len(loads) == 2
