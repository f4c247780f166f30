"""Write the rows of a workbook out as a file that is then imported like any other."""

from collections.abc import Collection
from functools import partial

from chassis import workbooks
from chassis.files import store
from chassis.files.store import Label
from chassis.files.tables import File
from chassis.ids import new_id
from chassis.work import Work
from services.accounts.domain import files
from services.accounts.domain import imports as rules
from services.accounts.domain.imports import Plan, Status
from services.accounts.tables import Import

STEP_ROWS = 500  # of a workbook in one transaction


def new_import(file_id: str, plan: Plan, columns: tuple[str | None, ...]) -> Import:
    """Return a run that has not begun."""
    return Import(
        id=new_id(), file_id=file_id, system=plan.system, mode=plan.mode, match_by=plan.match_by, on_match=plan.on_match,
        dry_run=plan.dry_run, columns=list(columns), status=Status.RUNNING, total_bytes=0,
        done_rows=1, created=0, updated=0, unchanged=0, refused=0,
    )  # fmt: skip


def of_workbook(work: Work, file: File, plan: Plan, custom: Collection[str]) -> Import:
    """Return a run over a workbook whose first row names the columns of a customer.

    ``custom`` are the columns of custom fields that there can be.

    :raises WorkbookBroken: if it is none.
    :raises WorkbookTooLarge: if it holds more than is read.
    :raises WrongHeader: if its first row does not name the columns.
    """
    rows = store.make(work, Label("rows.csv", "text/csv"))
    sheet = workbooks.sheet_at(rows.id, partial(_content, work, file.id), 0)
    (head,) = sheet.take(1) or [[]]
    line = files.line(head)
    header = line.encode().rstrip(b"\r\n")
    columns = rules.read_header(header, plan.mapping, plan.match_by, custom)
    store.append(work, rows.id, line.encode())
    job = new_import(file.id, plan, columns)
    job.header = line[:-2]
    job.rows_file_id, job.collected = rows.id, sheet.taken
    job.done_bytes = job.total_bytes = len(line.encode())
    return job


def collect_rows(work: Work, import_id: str) -> bool:
    """Write the next rows out; say whether there are more.

    :raises WorkbookBroken: if the rest of it cannot be read.
    """
    job = work.get(Import, import_id)
    if job.collected is None or job.rows_file_id is None or job.stopped_by:
        return False
    sheet = workbooks.sheet_at(
        job.rows_file_id, partial(_content, work, job.file_id), job.collected
    )
    found = sheet.take(STEP_ROWS)
    job.collected += len(found)
    content = "".join(_line(cells, len(job.columns)) for cells in found).encode()
    store.append(work, job.rows_file_id, content)
    job.total_bytes += len(content)
    if len(found) == STEP_ROWS:
        return True
    workbooks.closed(job.rows_file_id)
    return False


def _line(cells: list[str], width: int) -> str:
    """Write a row as wide as the first one; a sheet does not say where an empty end is."""
    return files.line([*cells, *[""] * (width - len(cells))]) if cells else "\r\n"


def _content(work: Work, file_id: str) -> bytes:
    return store.window(work, file_id, 0, workbooks.MAX_BYTES + 1)
