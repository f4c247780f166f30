"""Take the next rows of an import file, so many in one transaction."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

from chassis.bulk import insert_many
from chassis.files import store
from chassis.ids import new_id
from chassis.tables import Base
from chassis.work import Work
from services.accounts.domain import customers as rules
from services.accounts.domain import files, matching
from services.accounts.domain import imports as verdicts
from services.accounts.domain.customers import Lifecycle
from services.accounts.domain.imports import Entry, Fault, Mode, Verdict
from services.accounts.domain.matching import Policy
from services.accounts.domain.ownership import TERRITORY_RULE, OwnershipReason
from services.accounts.reads import customers, directory, telling
from services.accounts.reads import imports as reads
from services.accounts.reads import matching as matches
from services.accounts.reads.search import Named
from services.accounts.tables import (
    Customer,
    ExternalId,
    Import,
    ImportKey,
    ImportRefusal,
    ImportRow,
    Ownership,
    SearchTerm,
)
from services.accounts.usecases import search
from services.accounts.usecases.customers import apply, differing
from services.accounts.usecases.drop_timers import arm_new
from services.accounts.usecases.import_matching import People
from services.accounts.usecases.numbering import take_numbers

# One transaction. More would hold up everybody else who writes (a chunk takes about 0.2 s).
CHUNK_ROWS = 1_000
NOT_IN_A_FILE = (
    "tier", "tags", "preferred_channel", "preferred_from", "preferred_until", "preferred_zone",
)  # fmt: skip
IDENTITY = frozenset({"email", "phone_e164", "name_key"})


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the file; the header is number 1."""

    number: int
    raw: bytes
    read: Entry | Fault
    stored: dict[str, object]  # the columns of its customer
    keys: tuple[tuple[str, str], ...]  # what would make it certainly the same as another


@dataclass(slots=True)
class Batch:
    """The rows of one chunk against everything that is known of them, and what they come to."""

    work: Work
    job: Import
    places: directory.Places
    by_id: Mapping[str, Customer]  # external id -> the known customer
    people: People  # who may be one of the rows
    seen: set[str]  # keys of rows that were accepted before
    new: list[dict[str, Any]] = field(default_factory=list)  # rows of customers
    rows: list[dict[str, Any]] = field(default_factory=list)
    refusals: list[dict[str, Any]] = field(default_factory=list)
    keys: list[dict[str, Any]] = field(default_factory=list)


def take_rows(work: Work, import_id: str) -> bool:
    """Take the next rows; say whether there are more.

    The place in the file moves on in the same transaction as the rows are written, so that
    nothing is taken twice or left out, whatever dies when.
    """
    customers.hold_all(work)  # first: what is read before it may be what somebody else changes
    job = work.get(Import, import_id)
    lines = list(_lines(work, job))
    if lines:
        batch = _batch(work, job, [line for line in lines if isinstance(line.read, Entry)])
        for line in lines:
            _take(batch, line)
        _write(batch)
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
        apply(batch.work, known, different, batch.places)
    _accept(batch, line, Verdict.UPDATED if different else Verdict.UNCHANGED, known.id, None)
    _remember(batch, entry, keys, known)
    return None


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


def _write(batch: Batch) -> None:
    work = batch.work
    if batch.new and not batch.job.dry_run:
        _write_customers(batch)
    _insert(work, ImportRow, batch.rows)
    _insert(work, ImportRefusal, batch.refusals)
    _insert(work, ImportKey, batch.keys)


def _insert(work: Work, kind: type[Base], rows: list[dict[str, Any]]) -> None:
    table: Any = kind.__table__
    insert_many(work.session, table, rows)


def _write_customers(batch: Batch) -> None:
    work, job = batch.work, batch.job
    numbers = take_numbers(work, len(batch.new))
    owned: list[dict[str, Any]] = []
    for row, number in zip(batch.new, numbers, strict=True):
        place = batch.places.of(row["state"])
        row |= {
            "number": number,
            "lifecycle": Lifecycle.POTENTIAL,
            **dict.fromkeys(NOT_IN_A_FILE),
            "event_seq": 2,  # the two events below
            "owner_id": place.owner.staff_id if place.owner else None,
            "team_id": place.owner.team_id if place.owner else None,
            "territory_id": place.territory_id,
        }
        if place.owner is not None:
            owned.append(_owned(work, row))
    work.write_many(Customer, batch.new, _events(batch.new))
    keys = [
        {
            "entity_id": job.entity_id,
            "system": job.system,
            "key": row["external_ids"][job.system],
            "customer_id": row["id"],
        }
        for row in batch.new
    ]
    _insert(work, ExternalId, keys)
    _insert(work, SearchTerm, [term for row in batch.new for term in search.rows(_named(row))])
    _insert(work, Ownership, owned)
    arm_new(work, job.entity_id, [row["customer_id"] for row in owned])


def _named(row: Mapping[str, Any]) -> Named:
    return Named(row["id"], row["id"], row["entity_id"], row["name"], row["email"])


def _events(rows: list[dict[str, Any]]) -> Iterator[tuple[object, str, int]]:
    for row in rows:
        # A row of a bulk insert has the attributes of the record that it becomes.
        customer = cast(Customer, SimpleNamespace(**row))
        yield telling.customer_created(customer, "import"), row["id"], 1
        yield telling.customer_recorded(customer), row["id"], 2


def _owned(work: Work, row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": new_id(),
        "entity_id": row["entity_id"],
        "customer_id": row["id"],
        "at": work.now,
        "previous_owner_id": None,
        "owner_id": row["owner_id"],
        "team_id": row["team_id"],
        "territory_id": row["territory_id"],
        "reason": OwnershipReason.TERRITORY,
        "rule": TERRITORY_RULE,
        "actor": work.actor,
    }
