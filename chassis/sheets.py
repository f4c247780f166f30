"""Workbooks (XLSX) written in parts: each part may be the work of another process.

A workbook is a zip, and its sheet is the one entry that grows: it comes first, its size behind it,
and what is compressed ends at a byte after each part. So a part needs nothing of the one before
but a few numbers, and no transaction is longer for a long list. All else is the library's, at the
end. Every cell is text: what looks like a formula is shown, and nothing calculates it.
"""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from functools import cache
from xml.sax.saxutils import escape

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.utils import get_column_letter

from chassis.errors import Invalid

MAX_ROWS = 1_048_576  # of the format, the head among them
MAX_RAW = 2**32 - 1  # bytes of the sheet before it is compressed: of a zip without extensions
NAME = b"xl/worksheets/sheet1.xml"
_OPEN = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    '<dimension ref="A1"/><sheetData>'
)
_CLOSE = "</sheetData></worksheet>"
_TEXT = 1  # the style of every cell: text, also after somebody has typed in it
_LOCAL, _SIZES = struct.Struct("<4s5H3L2H"), struct.Struct("<4s3L")
_LISTED, _END = struct.Struct("<4s6H3L5H2L"), struct.Struct("<4s4H2LH")
_VERSION, _LATER, _DEFLATED = 20, 1 << 3, 8  # sizes come later
_DAY = (1 << 5) | 1  # the first one of the format: nobody asks how old a part is
Place = tuple[int, ...]  # rows, checksum, bytes and compressed bytes of the sheet so far


class SheetTooLarge(Invalid):
    """Refuse more than one sheet holds."""

    code = "file.sheet_too_large"


def begin(head: Sequence[str]) -> tuple[bytes, Place]:
    """Write the beginning of a workbook, with its first row, and say where to go on."""
    local = _LOCAL.pack(
        b"PK\3\4", _VERSION, _LATER, _DEFLATED, 0, _DAY, 0, 0, 0, len(NAME), 0
    )  # fmt: skip
    content, place = _grown((1, 0, 0, 0), _OPEN + _row(1, head))
    return local + NAME + content, place


def more(place: Place, rows: Iterable[Sequence[str]]) -> tuple[bytes, Place]:
    """Write the next rows.

    :raises SheetTooLarge: if a sheet does not hold as many.
    """
    number, written = place[0], []
    for row in rows:
        number += 1
        written.append(_row(number, row))
    if number > MAX_ROWS:
        raise SheetTooLarge(f"A sheet has at most {MAX_ROWS} rows.")
    return _grown((number, *place[1:]), "".join(written))


def end(place: Place) -> bytes:
    """Write the end of a workbook, with all that is not its rows."""
    last, (_, crc, raw, packed) = _grown(place, _CLOSE)
    empty = b"\3\0"  # a last block, as the compression has it
    sizes = (crc, packed + len(empty), raw)
    at = _LOCAL.size + len(NAME) + packed + len(empty) + _SIZES.size
    others, listed = _others(at)
    own = _LISTED.pack(
        b"PK\1\2", _VERSION, _VERSION, _LATER, _DEFLATED, 0, _DAY, *sizes, len(NAME),
        0, 0, 0, 0, 0, 0,
    )  # fmt: skip
    directory = own + NAME + b"".join(listed)
    count = len(listed) + 1
    closing = _END.pack(b"PK\5\6", 0, 0, count, count, len(directory), at + len(others), 0)
    return last + empty + _SIZES.pack(b"PK\7\x08", *sizes) + others + directory + closing


def _grown(place: Place, xml: str) -> tuple[bytes, Place]:
    number, crc, raw, packed = place
    plain = xml.encode()
    packing = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    content = packing.compress(plain) + packing.flush(zlib.Z_SYNC_FLUSH)
    if raw + len(plain) > MAX_RAW:
        raise SheetTooLarge("A sheet has at most four gigabytes.")
    return content, (number, zlib.crc32(plain, crc), raw + len(plain), packed + len(content))


def _row(number: int, cells: Sequence[str]) -> str:
    made = (_cell(f"{_letters(at)}{number}", text) for at, text in enumerate(cells, 1) if text)
    return f'<row r="{number}">{"".join(made)}</row>'


def _cell(at: str, text: str) -> str:
    shown = escape(ILLEGAL_CHARACTERS_RE.sub("", text)).replace("\r", "&#13;")
    return f'<c r="{at}" s="{_TEXT}" t="inlineStr"><is><t xml:space="preserve">{shown}</t></is></c>'


@cache
def _letters(column: int) -> str:
    return str(get_column_letter(column))


def _others(at: int) -> tuple[bytes, list[bytes]]:
    """Return all entries but the sheet as they follow it, and how the directory names each."""
    content, listed = b"", []
    with zipfile.ZipFile(io.BytesIO(_skeleton())) as book:
        for name in book.namelist():
            if name.encode() == NAME:
                continue
            plain, named = book.read(name), name.encode()
            packing = zlib.compressobj(wbits=-zlib.MAX_WBITS)
            packed = packing.compress(plain) + packing.flush()
            facts = (0, _DEFLATED, 0, _DAY, zlib.crc32(plain), len(packed), len(plain))
            listed.append(
                _LISTED.pack(b"PK\1\2", _VERSION, _VERSION, *facts, len(named), 0, 0, 0, 0, 0,
                             at + len(content)) + named
            )  # fmt: skip
            content += _LOCAL.pack(b"PK\3\4", _VERSION, *facts, len(named), 0) + named + packed
    return content, listed


def _skeleton() -> bytes:
    """Return a workbook of the library's, with the style of our cells and one sheet."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Export")
    cell = WriteOnlyCell(sheet, value="")
    cell.number_format, cell.quotePrefix = "@", True
    sheet.append([cell])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
