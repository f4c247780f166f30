"""Take an import file in pieces and start a run over it."""

import hashlib
from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import delete

from chassis.errors import Conflict, Invalid, NotFound
from chassis.ids import new_id
from chassis.work import Work
from contracts.accounts import ImportFinished
from services.accounts.domain import files
from services.accounts.domain import imports as rules
from services.accounts.domain.imports import Plan, Status
from services.accounts.reads import imports as reads
from services.accounts.tables import Import, ImportChunk

FILE_KEPT = timedelta(days=30)
FILE_EXPIRED = "import.file_expired"  # the timer that forgets an uploaded file
PROCESS = "import"
SAMPLED_ROWS = 1000  # looked at before a file is taken


class ChunkOutOfOrder(Conflict):
    """Refuse a piece of a file that does not follow the last one."""

    code = f"{rules.CODES}chunk_order"


class ChunkDiffers(Conflict):
    """Refuse a piece of a file that was sent before with another content."""

    code = f"{rules.CODES}chunk_differs"


class FileTooLarge(Invalid):
    """Refuse more bytes than a file may have."""

    code = f"{rules.CODES}file_too_large"


class FileDamaged(Invalid):
    """Refuse a file that is not what its sender sent."""

    code = f"{rules.CODES}file_damaged"


class NoFile(NotFound):
    """Refuse the name of a file that was not uploaded."""

    code = f"{rules.CODES}no_file"


def upload_import(work: Work, *, file_id: str, number: int, content: bytes) -> dict[str, object]:
    """Take the next piece of a file, counted from 0; the same piece again changes nothing.

    :raises FileTooLarge: if the piece or the file is too large.
    :raises ChunkOutOfOrder: if it is not the next one.
    :raises ChunkDiffers: if it was sent before with another content.
    """
    if not 0 < len(content) <= rules.MAX_CHUNK_BYTES:
        raise FileTooLarge(f"A piece of a file has 1 to {rules.MAX_CHUNK_BYTES} bytes.")
    count, size = reads.chunks_so_far(work, file_id)
    digest = hashlib.sha256(content).hexdigest()
    if number < count:
        known = reads.chunk(work, file_id, number)
        if known is None or known.sha256 != digest:
            raise ChunkDiffers("This piece was sent before with another content.")
        return {"file_id": file_id, "pieces": count, "bytes": size}
    if number > count:
        raise ChunkOutOfOrder("Pieces come in order.", detail={"expected": count})
    if size + len(content) > rules.MAX_FILE_BYTES:
        raise FileTooLarge(f"A file has at most {rules.MAX_FILE_BYTES} bytes.")
    work.session.add(
        ImportChunk(
            entity_id=work.caller.entity_id, file_id=file_id, number=number,
            start=size, size=len(content), sha256=digest, content=content,
        )
    )  # fmt: skip
    key = f"{work.caller.entity_id}:{file_id}"
    data = {"entity_id": work.caller.entity_id, "file_id": file_id}
    work.at(work.now + FILE_KEPT, FILE_EXPIRED, key, data)
    return {"file_id": file_id, "pieces": count + 1, "bytes": size + len(content)}


def start_import(work: Work, *, file_id: str, sha256: str, plan: Plan) -> Import:
    """Start a run over an uploaded file; it goes on by itself, row by row in small steps.

    :raises NoFile: if nothing was uploaded under this name.
    :raises FileDamaged: if the file's SHA-256 is not this one.
    :raises WrongEncoding: if the file is not UTF-8.
    :raises WrongHeader: if its first row does not name the columns of a customer.
    """
    _, size = reads.chunks_so_far(work, file_id)
    if size == 0:
        raise NoFile("There is no uploaded file with this id.")
    if reads.content_hash(work, file_id) != sha256.lower():
        raise FileDamaged("The file that arrived is not the one that was sent.")
    content = reads.window(work, (work.caller.entity_id, file_id), 0)
    rows, start = reads.first_rows(content, last=size == len(content), limit=SAMPLED_ROWS)
    columns = rules.read_header(rows[0] if rows else b"", plan.mapping)
    if files.mostly_foreign(rows[1:]):
        raise rules.WrongEncoding("The file is not UTF-8; write it again in UTF-8.")
    job = work.add(_import(file_id, plan, columns, size))
    job.header = rows[0].removeprefix(files.BOM).decode()
    job.done_bytes = start
    job.id = new_id()
    work.start(PROCESS, job.id, {"import_id": job.id})
    return job


def _import(file_id: str, plan: Plan, columns: tuple[str | None, ...], size: int) -> Import:
    return Import(
        file_id=file_id,
        system=plan.system,
        mode=plan.mode,
        on_match=plan.on_match,
        dry_run=plan.dry_run,
        columns=list(columns),
        status=Status.RUNNING,
        total_bytes=size,
        done_rows=1,
        created=0,
        updated=0,
        unchanged=0,
        refused=0,
    )


def finish_import(work: Work, import_id: str) -> None:
    """Close a run and tell how it ended."""
    job = work.get(Import, import_id)
    job.status, job.finished_at = Status.FINISHED, work.now
    work.tell(_finished, job)


def _finished(job: Import) -> ImportFinished:
    return ImportFinished(
        import_id=job.id,
        created=job.created,
        updated=job.updated,
        unchanged=job.unchanged,
        refused=job.refused,
        dry_run=job.dry_run,
    )


def forget_file(work: Work, *, key: str, data: Mapping[str, str]) -> None:
    """Delete an uploaded file whose time is over; the verdicts on its rows stay."""
    del key  # it holds the same in one text
    its_pieces = (
        ImportChunk.entity_id == data["entity_id"],
        ImportChunk.file_id == data["file_id"],
    )
    work.session.execute(delete(ImportChunk).where(*its_pieces))
