"""Workbooks as people's spreadsheets write them, and as people with bad intentions do."""

import io
import zipfile
from collections.abc import Iterable

from openpyxl import Workbook

HEAD_OF_SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    '<dimension ref="A1"/><sheetData>'
)
SHEET, STRINGS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
_TEXTS = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"


def a_workbook(*rows: Iterable[object]) -> bytes:
    """Write a workbook with one sheet."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Customers")
    for row in rows:
        sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def with_sheet(xml: str, part: str = SHEET) -> bytes:
    """Put another sheet, or other part, into a workbook, as no spreadsheet would write it."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(a_workbook(["name"]))) as good,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bad,
    ):
        for name in good.namelist():
            kept = _with_texts(good.read(name)) if part == STRINGS else good.read(name)
            bad.writestr(name, xml if name == part else kept)
        if part == STRINGS:  # this library writes none
            bad.writestr(STRINGS, xml)
    return out.getvalue()


def _with_texts(part: bytes) -> bytes:
    """Let the table of contents name a table of texts."""
    told = f'<Override PartName="/{STRINGS}" ContentType="{_TEXTS}"/></Types>'
    return part.replace(b"</Types>", told.encode())
