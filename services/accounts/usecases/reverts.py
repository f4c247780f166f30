"""Take an import back: what it entered goes, what it changed is as before, where nobody relies on it."""

from dataclasses import dataclass

from sqlalchemy import delete

from chassis.audit import plain
from chassis.errors import Conflict
from chassis.work import Work
from contracts.accounts import CustomerRemoved
from contracts.intake import CustomerRetracted, ImportReverted
from services.accounts.domain import customers as rules
from services.accounts.domain import imports as importing
from services.accounts.domain import reverts
from services.accounts.domain.customers import CustomerKind
from services.accounts.domain.imports import Status, Verdict
from services.accounts.domain.reverts import Undone
from services.accounts.reads import customers, directory, matching
from services.accounts.reads import reverts as reads
from services.accounts.tables import (
    Customer,
    ExternalId,
    Import,
    ImportImage,
    ImportRow,
)
from services.accounts.usecases import import_custom as extra
from services.accounts.usecases.classes import CLASS_DUE
from services.accounts.usecases.customers import apply
from services.accounts.usecases.drop_timers import DROP_DUE
from services.accounts.usecases.import_custom import Custom

PROCESS = "import_revert"
STEP_ROWS = 500
IDENTITY = frozenset({"email", "phone_e164", "name_key", "external_ids"})


class NotRevertible(Conflict):
    """Refuse to take back what has not ended, entered nothing, or ended too long ago."""

    code = f"{importing.CODES}not_revertible"


@dataclass(frozen=True, slots=True)
class Group:
    """The next rows, against all that is known of their customers."""

    work: Work
    places: directory.Places
    images: dict[int, ImportImage]
    known: dict[str, Customer]
    relied_on: set[str]
    worked_on: set[str]
    custom: Custom


def revert_import(work: Work, *, import_id: str) -> Import:
    """Start to take an import back; it goes on by itself, the last row first.

    :raises NotRevertible: if it still runs, was a dry run, was taken back, or is too long ago.
    """
    job = work.get(Import, import_id)
    ended = job.status in {Status.FINISHED, Status.STOPPED, Status.FAILED}
    until = job.revertible_until
    if not ended or job.dry_run or until is None or until <= work.now:
        raise NotRevertible(
            "Only an import that has ended can be taken back, and for thirty days.",
            detail={"status": job.status, "dry_run": job.dry_run},
        )
    job.status, job.revert_row = Status.REVERTING, job.done_rows + 1
    work.start(PROCESS, job.id, {"import_id": job.id})
    return job


def revert_rows(work: Work, import_id: str) -> bool:
    """Take the next rows back; say whether there are more."""
    customers.hold_all(work)
    job = work.get(Import, import_id)
    rows = reads.next_rows(work, job, STEP_ROWS)
    group = _group(work, job, rows)
    for row in rows:
        _take_back(group, row)
        job.reverted = (job.reverted or 0) + (row.undone is Undone.REVERTED)
        job.revert_row = row.number
    extra.write(work, group.custom)
    return len(rows) == STEP_ROWS


def finish_revert(work: Work, import_id: str) -> None:
    """Note that an import was taken back, and tell how much of it."""
    job = work.get(Import, import_id)
    job.status = Status.REVERTED
    work.tell(_reverted, job)


def forget_images(work: Work, *, key: str, data: object) -> None:
    """Delete what customers were before an import; from now on it stands."""
    del data  # the key is the import's id
    work.session.execute(delete(ImportImage).where(ImportImage.import_id == key))


def _group(work: Work, job: Import, rows: list[ImportRow]) -> Group:
    ids = [row.customer_id for row in rows if row.customer_id]
    new = [row.customer_id for row in rows if row.customer_id and row.verdict is Verdict.CREATED]
    images = reads.images(work, job, [row.number for row in rows])
    known = reads.customers(work, ids)
    return Group(
        work,
        directory.places(work),
        images,
        known,
        reads.relied_on(work, new),
        reads.worked_on(work, new),
        extra.begin_back(
            work,
            [one.before for one in images.values()],
            [known[id_] for id_ in new if id_ in known],
        ),
    )


def _take_back(group: Group, row: ImportRow) -> None:
    known = group.known.get(row.customer_id or "")
    if known is None:
        _note(row, Undone.KEPT, "gone")
    elif row.verdict is Verdict.CREATED:
        _remove(group, row, known)
    else:
        _restore(group, row, known)


def _note(row: ImportRow, undone: Undone, why: str | None = None, *fields: str) -> None:
    row.undone, row.undone_fields = undone, list(fields)
    row.undone_code = f"{reverts.CODES}{why}" if why else None


def _remove(group: Group, row: ImportRow, known: Customer) -> None:
    """Remove a customer whom nobody relies on; what it is called elsewhere is free again."""
    if known.id in group.relied_on:
        return _note(row, Undone.KEPT, "relied_on")
    if known.id in group.worked_on:
        return _note(row, Undone.KEPT, "changed")
    work = group.work
    for kind in reads.ENTERED_WITH:
        work.session.execute(delete(kind).where(kind.customer_id == known.id))
    for timer in (DROP_DUE, CLASS_DUE):
        work.cancel(timer, known.id)
    group.custom.gone(known)
    work.tell(_removed, known)
    work.tell(lambda gone: _retracted(gone, row.import_id), known)
    work.remove(known)
    del group.known[known.id]
    return _note(row, Undone.REVERTED)


def _restore(group: Group, row: ImportRow, known: Customer) -> None:
    image = group.images.get(row.number)
    if image is None:
        return _note(row, Undone.KEPT, "gone")
    now = {name: plain(extra.now(known, name)) for name in image.before}
    back, since = reverts.restored(now, image.before, image.after)
    if not back:
        return _note(row, Undone.KEPT, "changed", *since)
    if _would_be_another(group.work, known, back):
        return _note(row, Undone.KEPT, "duplicate")
    if "kind" in back:
        back["kind"] = CustomerKind(str(back["kind"]))
    custom = group.custom.restored(known, back)
    if isinstance(custom, importing.Fault):
        return _note(row, Undone.KEPT, custom.name, *filter(None, [custom.column]))
    back = extra.besides(back) | custom
    _free_keys(group.work, known, back)
    apply(group.work, known, back, group.places)
    return _note(row, Undone.PARTLY, "changed", *since) if since else _note(row, Undone.REVERTED)


def _would_be_another(work: Work, known: Customer, back: dict[str, object]) -> bool:
    """Say whether with its old values it would be somebody who came meanwhile."""
    if not back.keys() & IDENTITY:
        return False
    names = ("name_key", "email", "phone_e164", "external_ids")
    given = rules.profile({name: back.get(name, getattr(known, name)) for name in names})
    return any(one.certain for one in matching.matches(work, given, besides=known.id))


def _free_keys(work: Work, known: Customer, back: dict[str, object]) -> None:
    """Give up the keys of other systems that the import brought."""
    old = back.get("external_ids")
    if isinstance(old, dict):
        brought = known.external_ids.keys() - old.keys()
        work.session.execute(
            delete(ExternalId).where(
                ExternalId.customer_id == known.id, ExternalId.system.in_(brought)
            )
        )


def _removed(customer: Customer) -> CustomerRemoved:
    return CustomerRemoved(
        customer_id=customer.id, version=customer.version, entity_id=customer.entity_id
    )


def _retracted(customer: Customer, import_id: str) -> CustomerRetracted:
    return CustomerRetracted(
        customer_id=customer.id,
        version=customer.version,
        import_id=import_id,
        entity_id=customer.entity_id,
    )


def _reverted(job: Import) -> ImportReverted:
    kept = job.created + job.updated - (job.reverted or 0)
    return ImportReverted(import_id=job.id, reverted=job.reverted or 0, kept=kept)
