"""Questions about what data subjects asked of us."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select, tuple_

from chassis import aliases
from chassis.cursors import DEFAULT_PAGE
from chassis.envelope import encode
from chassis.files.tables import File
from chassis.moving import CHUNK
from chassis.pages import Page, page
from chassis.work import Work
from services.accounts.domain.imports import Status
from services.accounts.domain.privacy import OPEN, Asked, RequestKind, RequestStatus, Whom
from services.accounts.reads import merging
from services.accounts.tables import (
    Acknowledgement,
    Contact,
    Customer,
    Export,
    Import,
    ImportRefusal,
    ImportRow,
    Interaction,
    InteractionFile,
    MergedCustomer,
    PrivacyRequest,
)

UNDER_WAY = Import.status.in_((Status.RUNNING, Status.REVERTING))
TRIED = (Import.dry_run, ~UNDER_WAY)
# A file that was tried may be imported by now, for good.
NOT_BEING_READ = tuple(
    File.id.not_in(select(column).where(UNDER_WAY, column.is_not(None)))
    for column in (Import.file_id, Import.rows_file_id)
)


def privacy_requests(
    work: Work, *, status: RequestStatus | None = None, kind: RequestKind | None = None,
    after: str | None = None, limit: int = DEFAULT_PAGE,
) -> Page[PrivacyRequest]:  # fmt: skip
    """Page through requests, the next deadline first."""
    query = select(PrivacyRequest).where(*work.visible(PrivacyRequest))
    if status is not None:
        query = query.where(PrivacyRequest.status == status)
    if kind is not None:
        query = query.where(PrivacyRequest.kind == kind)
    keys = [PrivacyRequest.deadline, PrivacyRequest.id]
    return page(work, query, keys, limit=limit, after=after)


def erasure_certificate(work: Work, *, request_id: str) -> dict[str, object]:
    """Return what was erased where, and who has not answered yet.

    :raises NotFound: if there is no such request.
    """
    request = work.get(PrivacyRequest, request_id)
    told: dict[str, object] = dict(request.certificate or {})
    return {
        "request_id": request.id, "customer_id": request.customer_id,
        "contact_id": request.contact_id, "status": request.status,
        "missing": merging.missing(work, request.id) if request.kind is RequestKind.ERASURE else [],
    } | told  # fmt: skip


def held(work: Work, request_id: str) -> PrivacyRequest | None:
    """Load a request and keep it from being changed until this work is done."""
    query = select(PrivacyRequest).where(PrivacyRequest.id == request_id).with_for_update()
    return work.session.scalar(query)


def open_request(work: Work, customer_id: str, asked: Asked) -> str | None:
    """Return the open request of a customer, or of one contact of it, and kind."""
    theirs = PrivacyRequest.contact_id == asked.contact_id
    if asked.contact_id is None:
        ids = [customer_id, *old_ids(work, customer_id)]
        theirs = PrivacyRequest.customer_id.in_(ids) & PrivacyRequest.contact_id.is_(None)
    query = select(PrivacyRequest.id).where(
        theirs, PrivacyRequest.kind == asked.kind, PrivacyRequest.status.in_(OPEN)
    )
    return work.session.scalar(query.limit(1))


def whom(work: Work, request: PrivacyRequest) -> Whom:
    """Return who asked: the id that the customer has now, then all that were merged into it.

    A request stays with the id that it was entered with until somebody begins to follow it; a contact
    may be another customer's by then.
    """
    contact = work.session.get(Contact, request.contact_id) if request.contact_id else None
    now = contact.customer_id if contact else request.customer_id
    now = aliases.now_called(work.session, now)
    return Whom([now, *old_ids(work, now)], request.contact_id)


def old_ids(work: Work, customer_id: str) -> list[str]:
    """Return the ids of records that were merged into a customer."""
    query = select(MergedCustomer.id).where(MergedCustomer.now_id == customer_id)
    return list(work.session.scalars(query.order_by(MergedCustomer.id)))


def answers(work: Work, task_id: str) -> dict[str, dict[str, int]]:
    """Return what each service has answered for a task."""
    query = select(Acknowledgement.service, Acknowledgement.counts)
    found = work.session.execute(query.where(Acknowledgement.task_id == task_id))
    return {row.service: row.counts for row in found}


def open_imports(work: Work, ids: Collection[str]) -> list[str]:
    """Return imports under way that have entered or changed these customers."""
    query = select(Import.id).where(Import.id.in_(imports_of(ids)), UNDER_WAY)
    return list(work.session.scalars(query))


def imports_of(ids: Collection[str]) -> Select[str]:
    """Return the imports that had a row of these customers."""
    return select(ImportRow.import_id).where(ImportRow.customer_id.in_(ids))


def files_of(work: Work, whom: Whom, limit: int) -> list[str]:
    """Return the next files that hold who is meant, or may.

    Nobody knows who stands in an export, or in a file that was only tried: each may.
    """
    ids = whom.customer_ids
    touched: ColumnElement[bool] = Interaction.customer_id.in_(ids)
    if whom.contact_id is not None:
        touched = Interaction.contact_id == whom.contact_id
    some = (
        select(Import.file_id).where(Import.id.in_(imports_of(ids))),
        select(Import.rows_file_id).where(Import.id.in_(imports_of(ids))),
        select(Export.file_id),
        select(Import.file_id).where(*TRIED),
        select(Import.rows_file_id).where(*TRIED),
        select(InteractionFile.file_id)
        .join(Interaction, Interaction.id == InteractionFile.interaction_id)
        .where(touched),
        select(PrivacyRequest.file_id).where(PrivacyRequest.customer_id.in_(ids)),
    )
    query = select(File.id).where(or_(*(File.id.in_(one) for one in some)), *NOT_BEING_READ)
    return list(work.session.scalars(query.order_by(File.id).limit(limit)))


def refusals(
    work: Work, ids: Collection[str], after: Sequence[Any] | None, limit: int
) -> list[ImportRefusal]:
    """Return the next refused rows of imports that had a row of these customers."""
    keys = (ImportRefusal.import_id, ImportRefusal.number)
    query = select(ImportRefusal).where(ImportRefusal.import_id.in_(imports_of(ids)))
    if after is not None:
        query = query.where(tuple_(*keys) > tuple_(*after))
    return list(work.session.scalars(query.order_by(*keys).limit(limit)))


def words(work: Work, ids: Collection[str]) -> list[str]:
    """Return what a customer and the people there are called and reached by."""
    found: set[str] = set()
    for table, column in ((Customer, Customer.id), (Contact, Contact.customer_id)):
        query = select(table.name, table.email, table.phone, table.phone_e164)
        for row in work.session.execute(query.where(column.in_(ids))):
            found.update(one for one in row if one)
    return sorted(found)


def exports_naming(work: Work, says: Callable[[str], bool]) -> list[Export]:
    """Return exports whose filters, note or recipient say somebody.

    They are looked through here: what databases know of capitals depends on how they were set up.
    """
    found = work.session.scalars(select(Export).execution_options(yield_per=CHUNK))
    return [one for one in found if says(_words_of(one))]


def _words_of(one: Export) -> str:
    return f"{one.note or ''} {one.recipient or ''} {encode(one.filters).decode()}"
