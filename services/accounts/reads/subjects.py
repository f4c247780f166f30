"""Whom a request for what is kept is about, and how that one is known (ADR 0028)."""

from chassis import erased
from chassis.cursors import DEFAULT_PAGE, read_cursor, write_cursor
from chassis.identities import Identity
from chassis.pages import Page, demand_limit
from chassis.work import Work
from services.accounts.domain import privacy as rules
from services.accounts.domain.privacy import RequestStatus, Whom
from services.accounts.reads import contact_points, identities
from services.accounts.reads import privacy as reads
from services.accounts.tables import PrivacyRequest


def data_subject(work: Work, *, request_id: str) -> dict[str, object]:
    """Return about whom a file is to be made: by the id of today, and those of before a merge.

    :raises RequestState: if nobody verified the request, it is over, or asks for something else.
    :raises Conflict: if whoever asked was erased since.
    """
    request = work.get(PrivacyRequest, request_id)
    whom = whom_of(work, request)
    now, *before = whom.customer_ids
    return {
        "request_id": request.id, "version": request.version, "kind": request.kind,
        "customer_id": now, "contact_id": whom.contact_id, "old_ids": before,
    }  # fmt: skip


def subject_identities(
    work: Work, *, request_id: str, after: str | None = None, limit: int = DEFAULT_PAGE
) -> Page[Identity]:
    """Page through how somebody is or was known, for whoever looks for what hangs on no customer.

    :raises RequestState: if nobody verified the request, it is over, or asks for something else.
    :raises Conflict: if whoever asked was erased since.
    """
    demand_limit(limit)
    (start,) = read_cursor(after, [int]) if after else [0]
    known = identities.known_by(work, whom_of(work, work.get(PrivacyRequest, request_id)))
    end = max(start, 0) + limit
    return Page(known[end - limit : end], write_cursor([end]) if end < len(known) else None)


def whom_of(work: Work, request: PrivacyRequest) -> Whom:
    """Return whom a file is to be about: by the id of today first, then all that were merged into it.

    :raises RequestState: if no file is to be made for this request.
    :raises Conflict: if whoever asked was erased since.
    """
    if request.kind not in rules.ANSWERED_BY_FILE:
        raise rules.RequestState("Nobody asked for a copy here.", detail={"kind": request.kind})
    rules.demand(request.status, RequestStatus.VERIFIED, RequestStatus.RUNNING)
    whom = reads.whom(work, request)
    erased.demand_none(work.session, whom.customer_ids, work.service)
    if whom.contact_id is not None:
        erased.demand_none(work.session, [whom.contact_id], work.service, "contact")
    contact_points.party_of(work, whom.customer_ids[0], whom.contact_id)
    return whom
