"""The export: a process whose step is a thousand records, seen as far as the asker sees them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from chassis import sheets
from chassis.caller import Caller, Scope
from chassis.cursors import MAX_PAGE
from chassis.errors import Forbidden
from chassis.files import store
from chassis.records import chosen
from chassis.steps import Process, Step
from chassis.visibility import scope_of
from chassis.work import Work
from contracts.roles import REACH
from services.accounts.domain.exports import NEEDS, ExportKind, Format, Wanted
from services.accounts.reads import exports as reads
from services.accounts.resources import RESOURCES
from services.accounts.tables import Contact, Customer, Export
from services.accounts.usecases import exports

KIND = "export"
EXPORT_NEEDS, DISCLOSE = "customer.export", "customer.disclose"
READS = {ExportKind.CUSTOMER: "customer.read", ExportKind.CONTACT: "contact.read"}
STEP_PAGES = 5  # of MAX_PAGE records in one transaction
_RESOURCES = {ExportKind(one.kind): one for one in RESOURCES if one.kind in list(ExportKind)}


@dataclass
class ExportState:
    """Which export it is, who asked for it and how far that one sees, and how far it is."""

    export_id: str
    subject: str
    entity_id: str
    scope: Scope
    team_ids: tuple[str, ...] = ()
    territory_ids: tuple[str, ...] = ()
    after: str | None = None
    sheet: tuple[int, ...] = ()  # of a workbook: where its sheet goes on


def start_export(work: Work, *, wanted: Wanted) -> Export:
    """Start an export; it goes on by itself, and its file is there when it is finished.

    :raises Invalid: if a filter, the sort or a column is not one of the named ones.
    :raises Forbidden: if the asker may not read such records, or one of the columns, or not give
        them to a third party.
    """
    permitting = () if wanted.recipient is None else (DISCLOSE,)
    scope = _narrower(work, EXPORT_NEEDS, READS[wanted.kind], *permitting)
    granted = {permission for permission in set(NEEDS.values()) if _may(work, permission)}
    job = exports.open_export(work, wanted, granted)
    chosen(work, _RESOURCES[job.kind], _asked(job, None, 1))  # refuses what cannot be asked
    caller = work.caller
    data = {
        "export_id": job.id, "subject": caller.subject, "entity_id": caller.entity_id,
        "scope": scope, "team_ids": caller.team_ids, "territory_ids": caller.territory_ids,
    }  # fmt: skip
    work.start(KIND, job.id, data)
    return job


def _narrower(work: Work, *permissions: str) -> Scope:
    """Return how far the asker reaches with all of these.

    :raises Forbidden: if one is missing.
    """
    origin = work.origin
    scopes = [scope_of(origin.caller, one, work.service, origin.method) for one in permissions]
    return min(scopes, key=REACH.index)


def _may(work: Work, permission: str) -> bool:
    try:
        _narrower(work, permission)
    except Forbidden:
        return False
    return True


def _begin(work: Work, *, export_id: str) -> ExportState:
    job = reads.export_status(work, export_id=export_id)
    return ExportState(job.id, work.caller.subject, job.entity_id, work.scope)


def _as_asked(work: Work, state: ExportState) -> None:
    """See what the asker saw when asking, and nothing else."""
    caller = Caller(state.subject, (), state.entity_id, state.team_ids, state.territory_ids)
    work.origin, work.scope = replace(work.origin, caller=caller), state.scope


def _opened(_: Work, __: ExportState) -> None:
    """It was opened with its start; this step is there to be undone."""


def _failed(work: Work, state: ExportState) -> None:
    _as_asked(work, state)
    exports.fail_export(work, state.export_id)


def _rows(work: Work, state: ExportState) -> bool:
    """Write the next records; say whether there are more."""
    _as_asked(work, state)
    job = work.get(Export, state.export_id)
    leaving: list[Customer | Contact] = []
    for _ in range(STEP_PAGES):
        found = chosen(work, _RESOURCES[job.kind], _asked(job, state.after, MAX_PAGE))
        back = exports.kept_back(work, job, found.items)
        leaving += [one for one in found.items if exports.customer_of(one) not in back]
        state.after = found.next
        if found.next is None:
            break
    job.rows += len(leaving)
    store.append(work, job.file_id, _content(work, state, job, leaving))
    return state.after is not None


def _content(
    work: Work, state: ExportState, job: Export, leaving: Sequence[Customer | Contact]
) -> bytes:
    if job.format is not Format.XLSX:
        return reads.written(work, job, leaving).encode()
    begun = b""
    if not state.sheet:
        begun, state.sheet = sheets.begin(job.columns)
    content, state.sheet = sheets.more(state.sheet, reads.rows(work, job, leaving))
    return begun + content


def _finish(work: Work, state: ExportState) -> None:
    _as_asked(work, state)
    if state.sheet:
        store.append(work, work.get(Export, state.export_id).file_id, sheets.end(state.sheet))
    exports.finish_export(work, state.export_id)


def _asked(job: Export, after: str | None, limit: int) -> dict[str, Any]:
    return {
        "filters": job.filters, "sort": job.sort, "descending": job.descending,
        "limit": limit, "after": after,
    }  # fmt: skip


EXPORT = Process(
    kind=KIND,
    state=ExportState,
    steps=(Step("opened", _opened, _failed), Step("rows", _rows), Step("finish", _finish)),
    key=lambda state: state.export_id,
    answer=lambda state: {"export_id": state.export_id, "status": "finished"},
    begin=_begin,
)
