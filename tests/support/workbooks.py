"""Workbooks as people's spreadsheets write them, and as people with bad intentions do."""

import io
import zipfile
from collections.abc import Iterable

from openpyxl import Workbook

HEAD_OF_SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    '<dimension ref="A1"/><sheetData>'
)
SHEET = "xl/worksheets/sheet1.xml"


def a_workbook(*rows: Iterable[object]) -> bytes:
    """Write a workbook with one sheet."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Customers")
    for row in rows:
        sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def with_sheet(xml: str) -> bytes:
    """Put another sheet into a workbook, as no spreadsheet would write it."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(a_workbook(["name"]))) as good,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bad,
    ):
        for name in good.namelist():
            bad.writestr(name, xml if name == SHEET else good.read(name))
    return out.getvalue()
