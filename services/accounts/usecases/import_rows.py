"""Take the next rows of an import file, so many in one transaction."""

from collections.abc import Iterator, Mapping
from typing import Any

from chassis.audit import plain
from chassis.files import store
from chassis.ids import new_id
from chassis.work import Work
from services.accounts.domain import customers as rules
from services.accounts.domain import files, matching
from services.accounts.domain import imports as verdicts
from services.accounts.domain.imports import Entry, Fault, Mode, Verdict
from services.accounts.domain.matching import Policy
from services.accounts.reads import customers, directory
from services.accounts.reads import imports as reads
from services.accounts.reads import matching as matches
from services.accounts.tables import Customer, Import
from services.accounts.usecases.customers import apply, differing
from services.accounts.usecases.import_batches import Batch, Line, write
from services.accounts.usecases.import_matching import People
from services.accounts.usecases.imports import progressed

# One transaction. More would hold up everybody else who writes (a chunk takes about 0.2 s).
CHUNK_ROWS = 1_000
PROGRESS_ROWS = 5_000  # told no more often than once for so many
IDENTITY = frozenset({"email", "phone_e164", "name_key"})


def take_rows(work: Work, import_id: str) -> bool:
    """Take the next rows; say whether there are more.

    The place in the file moves on in the same transaction as the rows are written, so that
    nothing is taken twice or left out, whatever dies when.
    """
    customers.hold_all(work)  # first: what is read before it may be what somebody else changes
    job = work.get(Import, import_id)
    if job.stopped_by is not None:
        return False
    before = job.done_rows // PROGRESS_ROWS
    lines = list(_lines(work, job))
    if lines:
        batch = _batch(work, job, [line for line in lines if isinstance(line.read, Entry)])
        for line in lines:
            _take(batch, line)
        write(batch)
    if job.done_rows // PROGRESS_ROWS > before:
        work.tell(progressed, job)
    return job.done_bytes < job.total_bytes


def _lines(work: Work, job: Import) -> Iterator[Line]:
    start = job.done_bytes
    reader = verdicts.RowReader(job.columns, job.system)
    window = store.window(work, job.rows_file_id or job.file_id, start, reads.WINDOW_BYTES)
    last = start + len(window) >= job.total_bytes
    for count, (raw, end) in enumerate(files.rows(window, last=last), 1):
        job.done_rows += 1
        job.done_bytes = start + end
        if raw.strip():
            yield _line(job, reader, raw)
        if count == CHUNK_ROWS:
            return


def _line(job: Import, reader: verdicts.RowReader, raw: bytes) -> Line:
    read = reader.read(raw)
    if isinstance(read, Fault):
        return Line(job.done_rows, raw, read, {}, ())
    stored = rules.columns(read.details)
    keys = matching.certain_keys(rules.profile(stored))
    return Line(job.done_rows, raw, read, stored, keys)


def _batch(work: Work, job: Import, lines: list[Line]) -> Batch:
    """Ask for everything that the rows of a chunk need, in a few questions for all of them."""
    emails = {email for line in lines if isinstance(email := line.stored["email"], str)}
    phones = {phone for line in lines if isinstance(phone := line.stored["phone_e164"], str)}
    ids = {line.read.external_id for line in lines if isinstance(line.read, Entry)}
    known = matches.known_by(work, emails, phones)
    keys = {f"id:{external_id}" for external_id in ids}
    if job.dry_run:  # what earlier rows would have entered is only to be found here
        keys |= {key for line in lines for _, key in line.keys}
    seen = reads.keys_seen(work, job.id, keys)
    people = People(known, {key: None for key in seen if not key.startswith("id:")})
    by_id = customers.by_external_id(work, job.system, ids)
    return Batch(work, job, directory.places(work), by_id, people, seen)


def _take(batch: Batch, line: Line) -> None:
    if isinstance(line.read, Fault):
        return _refuse(batch, line, line.read)
    if f"id:{line.read.external_id}" in batch.seen:
        reason = "An earlier row of this file has the same external_id."
        return _refuse(batch, line, Fault("duplicate", reason, "external_id"))
    known = batch.by_id.get(line.read.external_id)
    if known is not None and batch.job.mode is Mode.CREATE:
        reason = "There is a customer with this external_id already."
        return _refuse(batch, line, Fault("exists", reason, "external_id"), known)
    if known is not None:
        return _change(batch, line, line.read, known)
    if batch.job.mode is Mode.UPDATE:
        reason = "There is no customer with this external_id."
        return _refuse(batch, line, Fault("unknown", reason, "external_id"))
    return _enter(batch, line, line.read)


def _enter(batch: Batch, line: Line, entry: Entry) -> None:
    column, known = batch.people.certainly(line.keys, rules.profile(line.stored))
    warning = None
    if column is not None:
        fault = Fault("duplicate", "This customer is known already.", column)
        if batch.job.on_match is Policy.BLOCK:
            return _refuse(batch, line, fault, known)
        if batch.job.on_match is Policy.LINK:
            if known is None or batch.job.system in known.external_ids:
                return _refuse(batch, line, fault, known)
            return _change(batch, line, entry, known)
        warning = fault.code
    customer_id = new_id()
    batch.new.append({"id": customer_id, "entity_id": batch.job.entity_id, **line.stored})
    shown = None if batch.job.dry_run else customer_id
    _accept(batch, line, Verdict.CREATED, shown, warning)
    _remember(batch, entry, line.keys, None)
    return None


def _change(batch: Batch, line: Line, entry: Entry, known: Customer) -> None:
    stored = rules.columns(rules.merged(customers.details_of(known), entry.details))
    different = differing(known, stored)
    keys = matching.certain_keys(rules.profile(stored))
    if different.keys() & IDENTITY and batch.job.on_match is Policy.BLOCK:
        column = next((column for column, key in keys if batch.people.is_taken(key, known)), None)
        if column is not None:
            fault = Fault("duplicate", "It would become a customer who is known already.", column)
            return _refuse(batch, line, fault, known)
    if different and not batch.job.dry_run:
        batch.images.append(_image(batch, line, known, different))
        apply(batch.work, known, different, batch.places)
    _accept(batch, line, Verdict.UPDATED if different else Verdict.UNCHANGED, known.id, None)
    _remember(batch, entry, keys, known)
    return None


def _image(
    batch: Batch, line: Line, known: Customer, different: Mapping[str, object]
) -> dict[str, Any]:
    """Keep what a customer is before it is changed, and what it will be."""
    return {
        "import_id": batch.job.id,
        "number": line.number,
        "customer_id": known.id,
        "before": {name: plain(getattr(known, name)) for name in different},
        "after": {name: plain(value) for name, value in different.items()},
    }


def _remember(
    batch: Batch, entry: Entry, keys: tuple[tuple[str, str], ...], known: Customer | None
) -> None:
    """Let later rows find this one."""
    mine = f"id:{entry.external_id}"
    certain = [key for _, key in keys]
    batch.people.remember(certain, known)
    for key in [mine, *certain] if batch.job.dry_run else [mine]:
        if key not in batch.seen:
            batch.seen.add(key)
            batch.keys.append({"import_id": batch.job.id, "key": key})


def _accept(
    batch: Batch, line: Line, verdict: Verdict, customer_id: str | None, warning: str | None
) -> None:
    counter = verdict.value
    setattr(batch.job, counter, getattr(batch.job, counter) + 1)
    batch.rows.append(
        {
            "import_id": batch.job.id,
            "number": line.number,
            "verdict": verdict,
            "customer_id": customer_id,
            "warning": warning,
        }
    )


def _refuse(batch: Batch, line: Line, fault: Fault, known: Customer | None = None) -> None:
    customer_id = known.id if known else None
    _accept(batch, line, Verdict.REFUSED, customer_id, None)
    batch.refusals.append(
        {
            "import_id": batch.job.id,
            "number": line.number,
            "code": fault.code,
            "reason": fault.reason,
            "column": fault.column,
            "customer_id": customer_id,
            "raw": line.raw,
        }
    )
