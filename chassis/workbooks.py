"""Workbooks (XLSX) read row by row: bounded in bytes, rows and columns, and beside the hub.

What comes is foreign and may be made to hurt. A workbook is a zip: what it unpacks to is bounded
before anything is unpacked (zipfile reads no more of an entry than the entry says of itself); its
XML is read by defusedxml; rows are read as they are asked for and never held together. What is held
together, a part such as the styles or one row, is bounded while it is read: 90 kB of <c/> unpacked to
90 MB, and were 3 GB as a tree (measured).
"""

import datetime as dt
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO, Any, Self, TypeVar
from xml.etree.ElementTree import ParseError

from eventlet import tpool
from eventlet.patcher import is_monkey_patched
from openpyxl.reader.excel import ExcelReader
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
# Of what is held together: bytes, and what makes a tree of them large, the marks of elements (<, twice
# where one is closed by itself) and of attributes (=).
MAX_HELD_BYTES, MAX_MARKS = 8 * 1024 * 1024, 400_000
PIECE_BYTES = 64 * 1024
MAX_STRINGS_MARKS = 2_000_000  # of the table of texts: at least four for each
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
        self._rows = _guarded(lambda: _rows(content))
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


class _Book(zipfile.ZipFile):
    """A workbook of whose parts no more is read than may be held together."""

    def __init__(self, content: bytes) -> None:
        super().__init__(io.BytesIO(content))
        self.bytes_left = self.marks_left = 0

    def open(self, name: Any, *_: Any, **__: Any) -> Any:
        """Open a part to be read."""
        self.begin(is_strings=name == _STRINGS)
        return _Part(super().open(name), self, may_be_bare=str(name).startswith(_SHEETS))

    def begin(self, *, is_strings: bool = False) -> None:
        """Begin what is held together: a part, or the next row."""
        self.bytes_left = MAX_STRINGS_BYTES if is_strings else MAX_HELD_BYTES
        self.marks_left = MAX_STRINGS_MARKS if is_strings else MAX_MARKS

    def note(self, read: bytes) -> bytes:
        """Note what was read.

        :raises WorkbookTooLarge: if that is more than may be held together.
        """
        self.bytes_left -= len(read)
        self.marks_left -= read.count(b"<") + read.count(b"=")
        if self.bytes_left < 0 or self.marks_left < 0:
            raise WorkbookTooLarge("A row or another part of the workbook is too large to be read.")
        return read


class _Part:
    """A part of a workbook while it is read, a piece at a time."""

    def __init__(self, part: IO[bytes], book: _Book, *, may_be_bare: bool) -> None:
        self._part, self._book = part, book
        self._head = _with_dimension(part.read(HEAD_BYTES)) if may_be_bare else b""

    def read(self, size: int = -1) -> bytes:
        """Read on; all of it in pieces, so that no more is unpacked than is taken."""
        if size >= 0:
            return self._next(size)
        return b"".join(iter(lambda: self._next(PIECE_BYTES), b""))

    def _next(self, size: int) -> bytes:
        head, self._head = self._head, b""
        return self._book.note(head or self._part.read(size))

    def close(self) -> None:
        """Close it."""
        self._part.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _with_dimension(head: bytes) -> bytes:
    """Let every sheet claim a size: the library reads one that does not to its end to find out.

    Not all programs write it; what is claimed is not believed anyway.
    """
    return head if b"dimension" in head else _ROWS.sub(_SIZED, head, count=1)


def _rows(content: bytes) -> Iterator[tuple[Any, ...]]:
    reader = ExcelReader(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    reader.archive = book = _Book(content)
    reader.read()
    sheet = reader.wb.worksheets[0]
    sheet.reset_dimensions()  # what it claims may be wrong
    # One more than is read of each, so that there being more is noticed; and no more than that,
    # because a lone cell far out would be preceded by empty ones without end.
    limits = {"max_row": MAX_ROWS + 1, "max_col": MAX_COLUMNS + 1}
    return _each(book, sheet.iter_rows(values_only=True, **limits))


def _each(book: _Book, rows: Iterator[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        yield row
        book.begin()  # the library lets go of a row before it reads on


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
