"""Questions about imports: the file, how far it is, which rows were refused."""

import hashlib
from collections.abc import Collection, Iterator

from sqlalchemy import func, select

from chassis.cursors import read_cursor, write_cursor
from chassis.work import Work
from services.accounts.domain import files
from services.accounts.domain.imports import REASON_COLUMNS
from services.accounts.schemas.imports import MAX_REFUSALS
from services.accounts.tables import Import, ImportChunk, ImportKey, ImportRefusal

WINDOW_BYTES = 256 * 1024


def chunk(work: Work, file_id: str, number: int) -> ImportChunk | None:
    """Return a piece of an uploaded file."""
    return work.session.get(ImportChunk, (work.caller.entity_id, file_id, number))


def chunks_so_far(work: Work, file_id: str) -> tuple[int, int]:
    """Return how many pieces of a file there are, and how many bytes."""
    query = select(func.count(), func.coalesce(func.sum(ImportChunk.size), 0)).where(
        ImportChunk.entity_id == work.caller.entity_id, ImportChunk.file_id == file_id
    )
    count, size = work.session.execute(query).one()
    return int(count), int(size)


def content_hash(work: Work, file_id: str) -> str:
    """Return the SHA-256 of an uploaded file, without holding all of it."""
    digest = hashlib.sha256()
    number = 0
    while (piece := chunk(work, file_id, number)) is not None:
        digest.update(piece.content)
        work.session.expunge(piece)
        number += 1
    return digest.hexdigest()


def window(work: Work, file: tuple[str, str], start: int, size: int = WINDOW_BYTES) -> bytes:
    """Return bytes of a file (entity, id) from a place on, at most ``size``."""
    entity_id, file_id = file
    query = select(ImportChunk.start, ImportChunk.content).where(
        ImportChunk.entity_id == entity_id,
        ImportChunk.file_id == file_id,
        ImportChunk.start < start + size,
        ImportChunk.start + ImportChunk.size > start,
    )
    rows = work.session.execute(query.order_by(ImportChunk.start))
    pieces = [row.content[max(0, start - row.start) : start + size - row.start] for row in rows]
    return b"".join(pieces)


def first_rows(content: bytes, *, last: bool, limit: int) -> tuple[list[bytes], int]:
    """Return the first rows of a window, and where the second one starts."""
    found: list[bytes] = []
    second = 0
    for raw, end in files.rows(content, last=last):
        found.append(raw)
        second = second or end
        if len(found) == limit:
            break
    return found, second


def keys_seen(work: Work, import_id: str, keys: Collection[str]) -> set[str]:
    """Return which of these keys an accepted row of the file had before."""
    query = select(ImportKey.key).where(ImportKey.import_id == import_id, ImportKey.key.in_(keys))
    return set(work.session.scalars(query))


def import_status(work: Work, *, import_id: str) -> Import:
    """Return how far an import is."""
    return work.get(Import, import_id)


def import_refusals(
    work: Work, *, import_id: str, after: str | None = None, limit: int = MAX_REFUSALS
) -> dict[str, object]:
    """Return refused rows as CSV, the reasons in front; the pages in order make one file.

    Whoever corrects the rows may import the file as it is: the reason columns are passed over.

    :raises Invalid: if the cursor is not one of this list.
    """
    job = work.get(Import, import_id)
    query = select(ImportRefusal).where(ImportRefusal.import_id == import_id)
    if after is not None:
        query = query.where(ImportRefusal.number > _number(after))
    rows = list(work.session.scalars(query.order_by(ImportRefusal.number).limit(limit + 1)))
    shown = rows[:limit]
    header = "" if after else files.line(REASON_COLUMNS)[:-2] + f",{job.header}\r\n"
    more = write_cursor([shown[-1].number]) if len(rows) > limit else None
    return {"csv": header + "".join(_lines(shown)), "rows": len(shown), "next": more}


def _lines(refused: list[ImportRefusal]) -> Iterator[str]:
    for row in refused:
        reasons = (str(row.number), row.code, row.reason, row.column or "")
        text = files.decoded(row.raw)
        # A quote that does not close would swallow the rows after it.
        safe = files.line([text])[:-2] if files.cells(text) is None else text
        yield f"{files.line(reasons)[:-2]},{safe}\r\n"


def _number(cursor: str) -> int:
    number: int = read_cursor(cursor, [int])[0]
    return number
