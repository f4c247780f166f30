"""Workbooks (XLSX) read row by row: bounded in bytes, rows and columns, and beside the hub.

What comes is foreign and may be made to hurt. A workbook is a zip: what it unpacks to is bounded
before anything is unpacked (zipfile reads no more of an entry than the entry says of itself); its
XML is read by defusedxml; rows are read as they are asked for and never held together.
"""

import datetime as dt
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import Any, TypeVar
from xml.etree.ElementTree import ParseError

from eventlet import tpool
from eventlet.patcher import is_monkey_patched
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from chassis.errors import Invalid

MAGIC = b"PK\x03\x04"
MAX_BYTES = 16 * 1024 * 1024
MAX_UNPACKED_BYTES = 96 * 1024 * 1024
MAX_STRINGS_BYTES = 32 * 1024 * 1024  # of the table of texts, which is read when it is opened
MAX_ENTRIES = 1_000
MAX_ROWS = 200_000
MAX_COLUMNS = 200
MAX_CELL = 32_767  # characters; the format's own limit
HEAD_BYTES = 4_096  # of a sheet; its size is claimed there
MAX_OPEN = 2  # sheets that are read at the same time by one process

BROKEN = -1  # taken from a sheet that raised

T = TypeVar("T")
_SHEETS = "xl/worksheets/"
_STRINGS = "xl/sharedStrings.xml"
_ROWS = re.compile(rb"<((?:\w+:)?)sheetData")
_SIZED = rb'<\1dimension ref="A1"/><\1sheetData'
_BROKEN = (
    zipfile.BadZipFile, zlib.error, InvalidFileException, ParseError, KeyError, ValueError,
    TypeError, AttributeError, IndexError, EOFError, OSError, RuntimeError, NotImplementedError,
)  # fmt: skip


class WorkbookBroken(Invalid):
    """Refuse a file that is no workbook."""

    code = "file.workbook_broken"


class WorkbookTooLarge(Invalid):
    """Refuse a workbook that holds, or claims to hold, more than is read."""

    code = "file.workbook_too_large"


class Sheet:
    """The first sheet of a workbook; its rows come in order, each once."""

    def __init__(self, content: bytes) -> None:
        _demand_bounded(content)
        self._rows = _guarded(lambda: _rows(_with_dimensions(content)))
        self.taken = 0

    def take(self, count: int) -> list[list[str]]:
        """Return the next rows as cells of text; fewer than asked for only at the end.

        :raises WorkbookBroken: if the rest cannot be read.
        :raises WorkbookTooLarge: if there are more rows, or longer cells, than are read.
        """
        before, self.taken = self.taken, BROKEN  # where it raises, nobody goes on with it
        taken = beside(lambda: _guarded(lambda: _some(self._rows, count)))
        self.taken = before + len(taken)
        if self.taken > MAX_ROWS:
            raise WorkbookTooLarge(f"A sheet has at most {MAX_ROWS} rows.")
        return taken


_open: dict[str, Sheet] = {}


def sheet_at(key: str, load: Callable[[], bytes], taken: int) -> Sheet:
    """Return the sheet of a file from which so many rows were taken.

    It is kept open from step to step, and opened anew where its process has died.

    :raises WorkbookBroken: if it is no workbook.
    :raises WorkbookTooLarge: if it holds more than is read.
    """
    sheet = _open.pop(key, None)
    if sheet is None or sheet.taken != taken:
        content = load()
        sheet = beside(lambda: Sheet(content))
        while sheet.taken < taken and sheet.take(min(1_000, taken - sheet.taken)):
            continue
    while len(_open) >= MAX_OPEN:
        del _open[next(iter(_open))]
    _open[key] = sheet
    return sheet


def closed(key: str) -> None:
    """Let go of a sheet that was read to its end, or of which nothing more is wanted."""
    _open.pop(key, None)


def beside(run: Callable[[], T]) -> T:
    """Compute in a thread of the system where the hub would stand still meanwhile."""
    if not is_monkey_patched("thread"):
        return run()
    done: T = tpool.execute(run)
    return done


def _demand_bounded(content: bytes) -> None:
    if len(content) > MAX_BYTES:
        raise WorkbookTooLarge(f"A workbook has at most {MAX_BYTES} bytes.")
    entries = _guarded(lambda: zipfile.ZipFile(io.BytesIO(content)).infolist())
    unpacked = sum(one.file_size for one in entries)
    strings = sum(one.file_size for one in entries if one.filename == _STRINGS)
    if len(entries) > MAX_ENTRIES or unpacked > MAX_UNPACKED_BYTES or strings > MAX_STRINGS_BYTES:
        raise WorkbookTooLarge(f"A workbook unpacks to at most {MAX_UNPACKED_BYTES} bytes.")


def _guarded(run: Callable[[], T]) -> T:
    """Turn whatever a damaged workbook makes the library raise into a refusal."""
    try:
        return run()
    except Invalid:
        raise
    except _BROKEN as broken:
        raise WorkbookBroken("The file is no workbook, or a damaged one.") from broken


def _with_dimensions(content: bytes) -> bytes:
    """Let every sheet claim a size: the library reads one that does not to its end to find out.

    Not all programs write it; what is claimed is not believed anyway.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as book, zipfile.ZipFile(out, "w") as whole:
        bare = [one for one in book.namelist() if one.startswith(_SHEETS) and _is_bare(book, one)]
        if not bare:
            return content
        for name in book.namelist():
            read = book.read(name)
            whole.writestr(name, _ROWS.sub(_SIZED, read, count=1) if name in bare else read)
    return out.getvalue()


def _is_bare(book: zipfile.ZipFile, name: str) -> bool:
    with book.open(name) as sheet:
        return b"dimension" not in sheet.read(HEAD_BYTES)


def _rows(content: bytes) -> Iterator[tuple[Any, ...]]:
    book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    sheet = book.worksheets[0]
    sheet.reset_dimensions()  # what it claims may be wrong
    # One more than is read of each, so that there being more is noticed; and no more than that,
    # because a lone cell far out would be preceded by empty ones without end.
    limits = {"max_row": MAX_ROWS + 1, "max_col": MAX_COLUMNS + 1}
    return iter(sheet.iter_rows(values_only=True, **limits))


def _some(rows: Iterator[tuple[Any, ...]], count: int) -> list[list[str]]:
    found: list[list[str]] = []
    for row in rows:
        cells = [_text(value) for value in row]
        while cells and not cells[-1]:
            del cells[-1]
        if len(cells) > MAX_COLUMNS or any(len(cell) > MAX_CELL for cell in cells):
            raise WorkbookTooLarge(f"A row has at most {MAX_COLUMNS} cells of {MAX_CELL}.")
        found.append(cells)
        if len(found) == count:
            break
    return found


def _text(value: object) -> str:
    """Write a cell as people see it: whole numbers without a point, days without midnight."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat()
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return str(value)
