"""Note an export in the log, and close it."""

from collections import Counter
from collections.abc import Sequence

from chassis.custom.forms import form
from chassis.files import store
from chassis.files.store import Label
from chassis.ids import new_id
from chassis.work import Work
from contracts.intake import ExportFinished
from services.accounts.domain import exports as rules
from services.accounts.domain.exports import ExportKind, ExportStatus, Wanted
from services.accounts.reads import ndas
from services.accounts.tables import Contact, Customer, Export

KINDS = {ExportKind.CUSTOMER: Customer, ExportKind.CONTACT: Contact}


def open_export(work: Work, wanted: Wanted, granted: set[str]) -> Export:
    """Enter an export into the log, with a file that has its head.

    :raises UnknownColumn: if a column is named that these records do not have.
    :raises ColumnForbidden: if a column is named that the asker may not read.
    :raises PeopleOnly: if organisations are asked for as vCards.
    """
    fields = form(work, KINDS[wanted.kind]).fields.values()
    custom = tuple(f"{rules.CUSTOM}{one.key}" for one in fields if one.active)
    columns, left_out = rules.chosen_columns(wanted, granted, tuple(sorted(custom)))
    filters = rules.narrowed(wanted)
    name = f"{wanted.kind}s-{work.now:%Y-%m-%d}.{rules.ENDINGS[wanted.format]}"
    label = Label(name, rules.MEDIA_TYPES[wanted.format])
    file = store.make(work, label, kept=rules.KEPT)
    store.append(work, file.id, rules.head(wanted.format, columns).encode())
    return work.add(
        Export(
            id=new_id(), owner_id=work.caller.staff_id, asked_by=work.actor, kind=wanted.kind,
            filters=filters, sort=wanted.sort, descending=wanted.descending,
            format=wanted.format, columns=list(columns), left_out=list(left_out),
            system=wanted.system, note=wanted.note, recipient=wanted.recipient, withheld={}, status=ExportStatus.RUNNING, rows=0,
            file_id=file.id, expires_at=work.now + rules.KEPT,
        )
    )  # fmt: skip


def kept_back(work: Work, job: Export, found: Sequence[Customer | Contact]) -> set[str]:
    """Count the records that the recipient may not learn of, by reason; return whose they are."""
    if job.recipient is None:
        return set()
    of = [customer_of(one) for one in found]
    why = ndas.withheld(work, set(of), job.recipient)
    counts = Counter(job.withheld) + Counter(why[id_].value for id_ in of if id_ in why)
    job.withheld = dict(counts)
    return set(why)


def customer_of(one: Customer | Contact) -> str:
    """Return the customer that a record tells of."""
    return one.customer_id if isinstance(one, Contact) else one.id


def finish_export(work: Work, export_id: str) -> None:
    """Close an export and its file, and tell that something left the house."""
    job = work.get(Export, export_id)
    file = store.whole(work, store.mine(work, job.file_id))
    job.size, job.sha256 = file.size, file.sha256
    job.status, job.finished_at = ExportStatus.FINISHED, work.now
    work.tell(_finished, job)


def fail_export(work: Work, export_id: str) -> None:
    """Note that nothing came of an export, and forget what there is of its file."""
    job = work.get(Export, export_id)
    job.status, job.finished_at = ExportStatus.FAILED, work.now
    store.forget(work, key=job.file_id, data={})


def _finished(job: Export) -> ExportFinished:
    return ExportFinished(
        export_id=job.id,
        kind=job.kind,
        format=job.format,
        columns=tuple(job.columns),
        rows=job.rows,
        size=job.size or 0,
        sha256=job.sha256 or "",
        to_third_party=job.recipient is not None,
        withheld=sum(job.withheld.values()),
        entity_id=job.entity_id,
    )
