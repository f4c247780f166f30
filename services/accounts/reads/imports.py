"""Questions about imports: how far one is, which rows were refused."""

from collections.abc import Collection, Iterator

from sqlalchemy import select

from chassis.cursors import read_cursor, write_cursor
from chassis.work import Work
from services.accounts.domain import exports, files
from services.accounts.domain.imports import REASON_COLUMNS, VERDICT_COLUMNS
from services.accounts.schemas.imports import MAX_REFUSALS
from services.accounts.tables import Import, ImportKey, ImportRefusal, ImportRow

WINDOW_BYTES = 256 * 1024


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


def import_verdicts(
    work: Work, *, import_id: str, after: str | None = None, limit: int = MAX_REFUSALS
) -> dict[str, object]:
    """Return the verdict on every row as CSV, with the class of its customer; pages as above.

    :raises Invalid: if the cursor is not one of this list.
    """
    work.get(Import, import_id)
    query = (
        select(ImportRow, ImportRefusal)
        .outerjoin(
            ImportRefusal,
            (ImportRefusal.import_id == ImportRow.import_id)
            & (ImportRefusal.number == ImportRow.number),
        )
        .where(ImportRow.import_id == import_id)
    )
    if after is not None:
        query = query.where(ImportRow.number > _number(after))
    rows = list(work.session.execute(query.order_by(ImportRow.number).limit(limit + 1)))
    shown = rows[:limit]
    header = "" if after else files.line(VERDICT_COLUMNS)
    more = write_cursor([shown[-1].ImportRow.number]) if len(rows) > limit else None
    text = "".join(_verdict(row.ImportRow, row.ImportRefusal) for row in shown)
    return {"csv": header + text, "rows": len(shown), "next": more}


def _verdict(row: ImportRow, refusal: ImportRefusal | None) -> str:
    why = (refusal.code, refusal.reason, refusal.column) if refusal else (None, None, None)
    undone = (row.undone, row.undone_code, " ".join(row.undone_fields or ()))
    cells = (row.number, row.verdict, row.customer_id, row.lifecycle, *why, row.warning, *undone)
    return files.line([exports.text(cell) for cell in cells])


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
