"""Rows of a CSV file (RFC 4180, UTF-8), read from a window of bytes that slides over it."""

import csv
import io
from collections.abc import Iterator, Sequence

BOM = b"\xef\xbb\xbf"
MAX_ROW_BYTES = 65_536
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"  # stands for what was not UTF-8


def rows(window: bytes, *, last: bool) -> Iterator[tuple[bytes, int]]:
    """Yield each whole row without its line end, and where in the window the next one starts.

    A quoted cell may hold line ends. A row whose quote is never closed would swallow the rest
    of the file: beyond MAX_ROW_BYTES its first line is given back alone, for refusal.
    """
    start = 0
    while start < len(window):
        end = _row_end(window, start)
        if end is None:
            if len(window) - start <= MAX_ROW_BYTES and not last:
                return
            end = _line_end(window, start)
        yield window[start:end].rstrip(b"\r\n"), end
        start = end


def _row_end(window: bytes, start: int) -> int | None:
    """Return the end of the row that starts here, or None if it is not in the window."""
    end, quotes = start, 0
    while end - start <= MAX_ROW_BYTES:
        line_end = window.find(b"\n", end)
        if line_end < 0:
            return None
        quotes += window.count(b'"', end, line_end)
        end = line_end + 1
        if quotes % 2 == 0:
            return end
    return _line_end(window, start)


def _line_end(window: bytes, start: int) -> int:
    return window.find(b"\n", start) + 1 or len(window)


def decoded(raw: bytes) -> str:
    """Read bytes as UTF-8; what is not comes back as REPLACEMENT, so that it can be found."""
    return raw.decode("utf-8", errors="replace")


def cells(text: str) -> list[str] | None:
    """Split a row into its cells, or return None if its quotes do not close."""
    if '"' not in text:
        return text.split(",")  # most rows, and ten times faster
    try:
        read = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error:
        return None
    return read[0] if len(read) == 1 else None


def line(values: Sequence[str]) -> str:
    """Write cells as a row with its line end."""
    out = io.StringIO(newline="")
    csv.writer(out).writerow(values)
    return out.getvalue()


def mostly_foreign(sample: Sequence[bytes]) -> bool:
    """Say whether at least half of these rows are not UTF-8: then the file is not."""
    wrong = 0
    for raw in sample:
        try:
            raw.decode("utf-8")
        except UnicodeDecodeError:
            wrong += 1
    return wrong > 0 and wrong * 2 >= len(sample)
