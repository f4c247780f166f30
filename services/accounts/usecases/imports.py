"""Start a run over an uploaded file, and close it."""

from chassis.files import store
from chassis.work import Work
from chassis.workbooks import MAGIC
from contracts.accounts import ImportFinished
from services.accounts.domain import files
from services.accounts.domain import imports as rules
from services.accounts.domain.imports import Plan, Status
from services.accounts.domain.matching import EntryPoint
from services.accounts.reads import imports as reads
from services.accounts.reads import matching
from services.accounts.tables import Import
from services.accounts.usecases import workbooks

PROCESS = "import"
SAMPLED_ROWS = 1000  # looked at before a file is taken


def start_import(work: Work, *, file_id: str, sha256: str, plan: Plan) -> Import:
    """Start a run over an uploaded file; it goes on by itself, row by row in small steps.

    :raises NotFound: if the caller has uploaded no file under this name.
    :raises FileDamaged: if the file's SHA-256 is not this one.
    :raises WrongEncoding: if the file is not UTF-8.
    :raises WrongHeader: if its first row does not name the columns of a customer.
    :raises OverrideNotAllowed: if the policy of imports does not leave open what is asked.
    """
    file = store.whole(work, store.mine(work, file_id), sha256)
    size = file.size or 0
    on_match = matching.decide(work, EntryPoint.IMPORT, plan.on_match)
    content = store.window(work, file_id, 0, reads.WINDOW_BYTES)
    if content.startswith(MAGIC):
        job = workbooks.of_workbook(work, file, plan)
    else:
        rows, start = reads.first_rows(content, last=size == len(content), limit=SAMPLED_ROWS)
        columns = rules.read_header(rows[0] if rows else b"", plan.mapping)
        if files.mostly_foreign(rows[1:]):
            raise rules.WrongEncoding("The file is not UTF-8; write it again in UTF-8.")
        job = workbooks.new_import(file_id, plan, columns)
        job.header = rows[0].removeprefix(files.BOM).decode()
        job.done_bytes, job.total_bytes = start, size
    job.on_match = on_match
    work.add(job)
    work.start(PROCESS, job.id, {"import_id": job.id})
    return job


def finish_import(work: Work, import_id: str) -> None:
    """Close a run and tell how it ended."""
    job = work.get(Import, import_id)
    job.status, job.finished_at = Status.FINISHED, work.now
    work.tell(_finished, job)


def fail_import(work: Work, import_id: str) -> None:
    """Note that a file could not be read to its end; what was entered before stays."""
    job = work.get(Import, import_id)
    job.status, job.finished_at = Status.FAILED, work.now


def _finished(job: Import) -> ImportFinished:
    return ImportFinished(
        import_id=job.id,
        created=job.created,
        updated=job.updated,
        unchanged=job.unchanged,
        refused=job.refused,
        dry_run=job.dry_run,
    )
