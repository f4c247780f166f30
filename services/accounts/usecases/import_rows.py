"""Take the next rows of an import file, so many in one transaction."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from chassis.custom.forms import Form
from chassis.files import store
from chassis.ids import new_id
from chassis.work import Work
from services.accounts.domain import customers as rules
from services.accounts.domain import files, matching
from services.accounts.domain import imports as verdicts
from services.accounts.domain.customers import Lifecycle
from services.accounts.domain.imports import Entry, Fault, MatchBy, Mode, Verdict
from services.accounts.domain.matching import Policy
from services.accounts.reads import customers, directory
from services.accounts.reads import imports as reads
from services.accounts.reads import matching as matches
from services.accounts.tables import Customer, Import
from services.accounts.usecases import import_custom as extra
from services.accounts.usecases.customers import IDENTITY, apply, differing
from services.accounts.usecases.import_batches import Batch, Line, note_image, write
from services.accounts.usecases.import_matching import People
from services.accounts.usecases.import_versions import beside_others
from services.accounts.usecases.imports import progressed

# One transaction. More would hold up everybody else who writes (a chunk takes about 0.2 s).
CHUNK_ROWS = 1_000
PROGRESS_ROWS = 5_000  # told no more often than once for so many
FOUND_BY = {MatchBy.EMAIL: "email", MatchBy.PHONE: "phone_e164"}  # as it is stored


def take_rows(work: Work, import_id: str, *, by_fields: bool = True) -> bool:
    """Take the next rows; say whether there are more.

    The place in the file moves on in the same transaction as the rows are written, so that
    nothing is taken twice or left out, whatever dies when. Without ``by_fields`` no custom field has
    a say, and none is asked for.
    """
    customers.hold_all(work)  # first: what is read before it may be what somebody else changes
    job = work.get(Import, import_id)
    if job.stopped_by is not None:
        return False
    before = job.done_rows // PROGRESS_ROWS
    form = extra.form_of(work, job, asked=by_fields)
    lines = list(_lines(work, job, form))
    if lines:
        batch = _batch(work, job, [line for line in lines if isinstance(line.read, Entry)], form)
        for line in lines:
            _take(batch, line)
        write(batch)
    if job.done_rows // PROGRESS_ROWS > before:
        work.tell(progressed, job)
    return job.done_bytes < job.total_bytes


def column_of(job: Import) -> MatchBy:
    """Return the column that says whom a row of an import is about."""
    return job.match_by or MatchBy.EXTERNAL_ID


def _lines(work: Work, job: Import, form: Form) -> Iterator[Line]:
    start = job.done_bytes
    reader = verdicts.RowReader(job.columns, job.system, column_of(job))
    window = store.window(work, job.rows_file_id or job.file_id, start, reads.WINDOW_BYTES)
    last = start + len(window) >= job.total_bytes
    for count, (raw, end) in enumerate(files.rows(window, last=last), 1):
        job.done_rows += 1
        job.done_bytes = start + end
        if raw.strip():
            yield _by_fields(_line(job, reader, raw), form)
        if count == CHUNK_ROWS:
            return


def _line(job: Import, reader: verdicts.RowReader, raw: bytes) -> Line:
    read = reader.read(raw)
    if isinstance(read, Fault):
        return Line(job.done_rows, raw, read)
    stored = rules.columns(read.details)
    keys = matching.certain_keys(rules.profile(stored))
    column = column_of(job)
    if column is MatchBy.EXTERNAL_ID:
        return Line(job.done_rows, raw, read, stored, read.external_id, keys)
    if read.external_id:
        keys = (("external_id", f"ext:{read.external_id}"), *keys)
    key = read.number if column is MatchBy.NUMBER else stored[FOUND_BY[column]]
    if not isinstance(key, str):
        reason = "This is no number that could be dialled; give the country or write it in full."
        return Line(job.done_rows, raw, Fault("bad_phone", reason, "phone"))
    return Line(job.done_rows, raw, read, stored, key, keys)


def _by_fields(line: Line, form: Form) -> Line:
    """Let the custom fields judge what a row says of them."""
    if isinstance(line.read, Fault) or not line.read.custom:
        return line
    custom = extra.read(form, line.read.custom)
    if isinstance(custom, Fault):
        return Line(line.number, line.raw, custom)
    return replace(line, custom=custom)


def _batch(work: Work, job: Import, lines: list[Line], form: Form) -> Batch:
    """Ask for everything that the rows of a chunk need, in a few questions for all of them."""
    emails = {email for line in lines if isinstance(email := line.stored["email"], str)}
    phones = {phone for line in lines if isinstance(phone := line.stored["phone_e164"], str)}
    known = matches.known_by(work, emails, phones)
    keys = {f"id:{line.key}" for line in lines if line.key}
    if job.dry_run:  # what earlier rows would have entered is only to be found here
        keys |= {key for line in lines for _, key in line.keys}
        keys |= {key for line in lines for key in extra.held(form, line.custom)}
    seen = reads.keys_seen(work, job.id, keys)
    earlier: dict[str, Customer | None] = {k: None for k in seen if not k.startswith("id:")}
    column = column_of(job)
    ids = {read.external_id for line in lines if isinstance(read := line.read, Entry)} - {""}
    by_external = customers.by_external_id(work, job.system, ids) if ids else {}
    if column is not MatchBy.EXTERNAL_ID:
        earlier |= {f"ext:{id_}": one for id_, one in by_external.items()}
    by_id: dict[str, list[Customer]] = {}
    for key, one in _about(work, column, lines, list(known.customers.values()), by_external):
        by_id.setdefault(key, []).append(one)
    people = People(known, earlier)
    custom = extra.begin(work, form, [line.custom for line in lines if line.custom], seen)
    return Batch(work, job, column, directory.places(work), by_id, people, seen, custom)


def _about(
    work: Work,
    column: MatchBy,
    lines: list[Line],
    reachable: list[Customer],
    by_external: Mapping[str, Customer],
) -> Iterator[tuple[str, Customer]]:
    """Yield whom the rows are about, as far as they are known, by the rows' own key."""
    if column is MatchBy.EXTERNAL_ID:
        yield from by_external.items()
    elif column is MatchBy.NUMBER:
        for known in customers.by_number(work, {line.key for line in lines} - {""}):
            yield known.number, known
    else:
        for known in reachable:
            key = known.email if column is MatchBy.EMAIL else known.phone_e164
            if key is not None:
                yield key, known


def _take(batch: Batch, line: Line) -> None:
    if isinstance(line.read, Fault):
        return _refuse(batch, line, line.read)
    column = batch.column.value
    if f"id:{line.key}" in batch.seen:
        reason = f"An earlier row of this file has the same {column}."
        return _refuse(batch, line, Fault("duplicate", reason, column))
    known = batch.by_id.get(line.key, [])
    if len(known) > 1:
        reason = f"More than one customer has this {column}."
        return _refuse(batch, line, Fault("ambiguous", reason, column))
    if known and batch.job.mode is Mode.CREATE:
        reason = f"There is a customer with this {column} already."
        return _refuse(batch, line, Fault("exists", reason, column), known[0])
    if known:
        return _change(batch, line, line.read, known[0])
    # Numbers are given by us: one that is not known is wrong, and none is somebody new.
    if batch.job.mode is Mode.UPDATE or (batch.column is MatchBy.NUMBER and line.key):
        reason = f"There is no customer with this {column}."
        return _refuse(batch, line, Fault("unknown", reason, column))
    return _enter(batch, line, line.read)


def _enter(batch: Batch, line: Line, entry: Entry) -> None:
    column, known = batch.people.certainly(line.keys, rules.profile(line.stored))
    warning = None
    if column is not None:
        fault = Fault("duplicate", "This customer is known already.", column)
        if batch.job.on_match is Policy.BLOCK or column == "external_id":
            return _refuse(batch, line, fault, known)
        if batch.job.on_match is Policy.LINK:
            if known is None or batch.job.system in known.external_ids:
                return _refuse(batch, line, fault, known)
            return _change(batch, line, entry, known)
        warning = fault.code
    customer_id = new_id()
    custom = batch.custom.entered(customer_id, line.custom)
    if isinstance(custom, Fault):
        return _refuse(batch, line, custom)
    new = {"id": customer_id, "entity_id": batch.job.entity_id, "lifecycle": entry.lifecycle}
    batch.new.append(new | line.stored | {"custom": custom})
    shown = None if batch.job.dry_run else customer_id
    _accept(batch, line, (Verdict.CREATED, entry.lifecycle), shown, warning)
    _remember(batch, line, line.keys, None)
    return None


def _change(batch: Batch, line: Line, entry: Entry, known: Customer) -> None:
    fault = _taken(batch, entry, known)
    if fault is not None:
        return _refuse(batch, line, fault, known)
    told = beside_others(batch.work, known, entry, line.custom)
    if isinstance(told, Fault):
        return _refuse(batch, line, told, known)
    stored = rules.columns(rules.merged(customers.details_of(known), told[0]))
    different = differing(known, stored)
    keys = matching.certain_keys(rules.profile(stored))
    if different.keys() & IDENTITY and batch.job.on_match is Policy.BLOCK:
        column = next((column for column, key in keys if batch.people.is_taken(key, known)), None)
        if column is not None:
            fault = Fault("duplicate", "It would become a customer who is known already.", column)
            return _refuse(batch, line, fault, known)
    custom = batch.custom.changed(known, told[1])
    if isinstance(custom, Fault):
        return _refuse(batch, line, custom, known)
    different |= custom
    if different and not batch.job.dry_run:
        note_image(batch, line, known, different)
        apply(batch.work, known, different, batch.places)
    verdict = Verdict.UPDATED if different else Verdict.UNCHANGED
    _accept(batch, line, (verdict, known.lifecycle), known.id, None)
    _remember(batch, line, keys, known)
    return None


def _taken(batch: Batch, entry: Entry, known: Customer) -> Fault | None:
    """Say why a known customer cannot have the key of the other system that the row gives."""
    if not entry.external_id or batch.column is MatchBy.EXTERNAL_ID:
        return None
    system, key = batch.job.system, entry.external_id
    if system in known.external_ids and not customers.profile_of(known).has_key(system, key):
        reason = "The customer has another key in this system."
        return Fault("external_id_taken", reason, "external_id")
    if batch.people.earlier.get(f"ext:{entry.external_id}", known) is not known:
        return Fault("duplicate", "Another customer has this key.", "external_id")
    return None


def _remember(
    batch: Batch, line: Line, keys: tuple[tuple[str, str], ...], known: Customer | None
) -> None:
    """Let later rows find this one."""
    own = [f"id:{line.key}"] if line.key else []
    certain = [key for _, key in keys]
    batch.people.remember(certain, known)
    held = extra.held(batch.custom.form, line.custom)
    for key in [*own, *certain, *held] if batch.job.dry_run else own:
        if key not in batch.seen:
            batch.seen.add(key)
            batch.keys.append({"import_id": batch.job.id, "key": key})


def _accept(
    batch: Batch,
    line: Line,
    found: tuple[Verdict, Lifecycle | None],
    customer_id: str | None,
    warning: str | None,
) -> None:
    verdict, lifecycle = found
    counter = verdict.value
    setattr(batch.job, counter, getattr(batch.job, counter) + 1)
    batch.rows.append(
        {
            "import_id": batch.job.id,
            "number": line.number,
            "verdict": verdict,
            "customer_id": customer_id,
            "lifecycle": lifecycle,
            "warning": warning,
        }
    )


def _refuse(batch: Batch, line: Line, fault: Fault, known: Customer | None = None) -> None:
    customer_id = known.id if known else None
    _accept(batch, line, (Verdict.REFUSED, None), customer_id, None)
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
