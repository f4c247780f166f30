"""An export as a test asks for it, and its file as whoever may have it reads it."""

import base64
import csv
import io
from typing import Any

from tests.support.accounts import Desk


def exported(desk: Desk, as_: str | None = None, **wanted: Any) -> tuple[dict[str, Any], bytes]:
    """Export to the end; return the export and its file."""
    export_id = desk.ask("start_export", as_=as_, **wanted)["id"]
    desk.run()
    job = desk.ask("export_status", as_=as_, export_id=export_id)
    return job, download(desk, job["file_id"], as_)


def download(desk: Desk, file_id: str, as_: str | None = None, size: int = 10_000) -> bytes:
    """Read a file in pieces."""
    content, start = b"", 0
    while start is not None:
        piece = desk.ask("file_piece", as_=as_, file_id=file_id, start=start, size=size)
        content += base64.b64decode(piece["content"])
        start = piece["next"]
    return content


def table(content: bytes) -> list[dict[str, str]]:
    """Read a CSV file as a program does."""
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
