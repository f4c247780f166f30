"""Start a run over an uploaded file, and close it."""

from typing import Any

from sqlalchemy import update

from chassis.errors import Conflict
from chassis.files import store
from chassis.work import Work
from chassis.workbooks import MAGIC
from contracts.intake import ImportFinished, ImportProgressed
from services.accounts.domain import files
from services.accounts.domain import imports as rules
from services.accounts.domain.imports import Plan, Status
from services.accounts.domain.matching import EntryPoint
from services.accounts.domain.reverts import KEPT
from services.accounts.reads import imports as reads
from services.accounts.reads import matching
from services.accounts.tables import Import
from services.accounts.usecases import import_custom as extra
from services.accounts.usecases import workbooks

PROCESS = "import"
IMAGES_EXPIRED = "import.images_expired"  # the timer that ends the way back
SAMPLED_ROWS = 1000  # looked at before a file is taken


class NotRunning(Conflict):
    """Refuse to stop what does not run."""

    code = f"{rules.CODES}not_running"


class NotStopped(Conflict):
    """Refuse to let go on what was not stopped."""

    code = f"{rules.CODES}not_stopped"


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
    fields = extra.fields(work)
    custom = extra.columns(fields)
    content = store.window(work, file_id, 0, reads.WINDOW_BYTES)
    if content.startswith(MAGIC):
        job = workbooks.of_workbook(work, file, plan, custom)
    else:
        rows, start = reads.first_rows(content, last=size == len(content), limit=SAMPLED_ROWS)
        head = rows[0] if rows else b""
        columns = rules.read_header(head, plan.mapping, plan.match_by, custom)
        if files.mostly_foreign(rows[1:]):
            raise rules.WrongEncoding("The file is not UTF-8; write it again in UTF-8.")
        job = workbooks.new_import(file_id, plan, columns)
        job.header = rows[0].removeprefix(files.BOM).decode()
        job.done_bytes, job.total_bytes = start, size
    job.on_match = on_match
    work.add(job)
    by_fields = extra.have_a_say(fields, job)
    work.start(PROCESS, job.id, {"import_id": job.id, "by_fields": by_fields})
    return job


def stop_import(work: Work, *, import_id: str) -> Import:
    """Let a run end after the step that it is in; what was entered stays.

    The mark is set past the version: the step that runs now writes the same record, and neither
    may lose to the other.

    :raises NotRunning: if it does not run.
    """
    job = work.get(Import, import_id)
    running = update(Import).where(Import.id == job.id, Import.status == Status.RUNNING)
    done: Any = work.session.execute(running.values(stopped_by=work.actor))
    if not done.rowcount:
        raise NotRunning("This import does not run.", detail={"status": job.status})
    work.session.refresh(job)
    return job


def resume_import(work: Work, *, import_id: str) -> Import:
    """Let a run go on that was stopped, where it stood.

    :raises NotStopped: if it was not stopped.
    """
    job = work.get(Import, import_id)
    if job.status is not Status.STOPPED:
        raise NotStopped("This import was not stopped.", detail={"status": job.status})
    job.status, job.stopped_by, job.finished_at = Status.RUNNING, None, None
    job.runs = (job.runs or 0) + 1
    by_fields = extra.have_a_say(extra.fields(work), job)
    data = {"import_id": job.id, "run": job.runs, "by_fields": by_fields}
    work.start(PROCESS, f"{job.id}:{job.runs}", data)
    return job


def finish_import(work: Work, import_id: str) -> str:
    """Close a run, tell how it ended, and return how."""
    job = work.get(Import, import_id)
    if job.status is not Status.RUNNING:
        return job.status  # closed before; nothing is told twice
    stopped = job.stopped_by is not None
    job.status, job.finished_at = Status.STOPPED if stopped else Status.FINISHED, work.now
    if not job.dry_run:
        job.revertible_until = work.now + KEPT
        work.at(job.revertible_until, IMAGES_EXPIRED, job.id, {})
    work.tell(progressed if stopped else _finished, job)
    return job.status


def fail_import(work: Work, import_id: str) -> None:
    """Note that a file could not be read to its end; what was entered before stays."""
    job = work.get(Import, import_id)
    job.status, job.finished_at = Status.FAILED, work.now
    if not job.dry_run:
        job.revertible_until = work.now + KEPT
        work.at(job.revertible_until, IMAGES_EXPIRED, job.id, {})


def progressed(job: Import) -> ImportProgressed:
    """Tell how far an import is."""
    return ImportProgressed(
        import_id=job.id,
        status=job.status,
        done_rows=job.done_rows,
        done_bytes=job.done_bytes,
        total_bytes=job.total_bytes,
        created=job.created,
        updated=job.updated,
        unchanged=job.unchanged,
        refused=job.refused,
    )


def _finished(job: Import) -> ImportFinished:
    return ImportFinished(
        import_id=job.id,
        created=job.created,
        updated=job.updated,
        unchanged=job.unchanged,
        refused=job.refused,
        dry_run=job.dry_run,
    )
