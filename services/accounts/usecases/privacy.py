"""Take in what data subjects ask of us, and see that it is answered in time."""

from collections.abc import Mapping

from chassis.logs import get_logger
from chassis.work import Work
from contracts import SERVICES
from contracts.privacy import PrivacyRequestOverdue
from services.accounts.domain import privacy as rules
from services.accounts.domain.privacy import (
    AccessFile,
    Asked,
    RefusalReason,
    RequestKind,
    RequestStatus,
)
from services.accounts.reads import contact_points, customers, directory, subjects
from services.accounts.reads import privacy as reads
from services.accounts.tables import Customer, PrivacyRequest

DEADLINE = "privacy.deadline"  # the kind of the timer

log = get_logger(__name__)


def receive_request(work: Work, *, customer_id: str, asked: Asked) -> PrivacyRequest:
    """Enter what a data subject asks for; from then on the time runs.

    :raises NotFound: if there is no such customer, or the contact is none of this customer's.
    :raises RequestOpen: if the same is asked for already.
    :raises StaffInactive: if whoever is to handle it has left.
    """
    customer = work.get(Customer, customer_id)
    party = contact_points.party_of(work, customer.id, asked.contact_id)
    if asked.handler_id is not None:
        directory.owner(work, asked.handler_id)
    customers.hold(work, [f"privacy:{party.id}:{asked.kind}"])
    known = reads.open_request(work, customer.id, asked)
    if known is not None:
        raise rules.RequestOpen("This is asked for already.", detail={"request_id": known})
    received = min(asked.received_at or work.now, work.now)
    request = work.add(
        PrivacyRequest(
            entity_id=customer.entity_id, customer_id=customer.id, contact_id=asked.contact_id,
            kind=asked.kind, status=RequestStatus.RECEIVED, received_at=received,
            deadline=received + rules.ANSWER_WITHIN, handler_id=asked.handler_id, old_ids=[],
        )
    )  # fmt: skip
    if request.deadline <= work.now:
        work.at(work.now, DEADLINE, request.id, {})
    _watch(work, request)
    return request


def verify_request(
    work: Work, *, request_id: str, version: int, handler_id: str | None
) -> PrivacyRequest:
    """Note that it is the person who asks, and who handles it.

    :raises RequestState: if it is past that.
    :raises StaffInactive: if whoever is to handle it has left.
    """
    request = work.get(PrivacyRequest, request_id, version=version)
    if handler_id is not None:
        directory.owner(work, handler_id)
    rules.demand(request.status, RequestStatus.RECEIVED)
    request.status, request.verified_at = RequestStatus.VERIFIED, work.now
    request.handler_id = handler_id or request.handler_id
    return request


def refuse_request(
    work: Work, *, request_id: str, version: int, reason: RefusalReason
) -> PrivacyRequest:
    """Refuse a request that nobody has begun to follow.

    :raises RequestState: if it runs, or is at its end.
    """
    request = work.get(PrivacyRequest, request_id, version=version)
    rules.demand(request.status, RequestStatus.RECEIVED, RequestStatus.VERIFIED)
    request.status, request.reason, request.finished_at = RequestStatus.REFUSED, reason, work.now
    work.cancel(DEADLINE, request.id)
    return request


def complete_request(work: Work, *, request_id: str, version: int) -> PrivacyRequest:
    """Note that a request was answered; an erasure says so by itself, when everybody has erased.

    :raises RequestState: if nobody verified it, no complete file was made, or it is an erasure.
    """
    request = work.get(PrivacyRequest, request_id, version=version)
    ready = {
        RequestKind.CORRECTION: (RequestStatus.VERIFIED,),
        RequestKind.ACCESS: (RequestStatus.RUNNING,),
        RequestKind.EXPORT: (RequestStatus.RUNNING,),
    }
    rules.demand(request.status, *ready.get(request.kind, ()))
    if request.kind in rules.ANSWERED_BY_FILE and request.certificate is None:
        raise rules.RequestState("No complete file was made of what is kept.")
    finish(work, request)
    return request


def note_access_file(
    work: Work, *, request_id: str, version: int, file: AccessFile
) -> PrivacyRequest:
    """Note that a complete file was made for a request; the one that was made last stands.

    :raises RequestState: if nobody verified the request, it is over, or asks for something else.
    :raises FileIncomplete: if a service is missing in it.
    :raises FileOutdated: if it is about other records than whoever asked has by now.
    """
    request = work.get(PrivacyRequest, request_id, version=version)
    whom = subjects.whom_of(work, request)
    rules.demand_whole(file, whom, SERVICES)
    request.status, request.started_by = RequestStatus.RUNNING, work.actor
    request.certificate = rules.file_certificate(file, work.actor, work.now)
    return request


def finish(work: Work, request: PrivacyRequest) -> None:
    """Close a request."""
    request.status, request.finished_at = RequestStatus.DONE, work.now
    work.cancel(DEADLINE, request.id)


def warn(work: Work, *, key: str, data: Mapping[str, object]) -> None:  # noqa: ARG001  # a timer's
    """Warn that the time to answer is nearly over, or over."""
    request = reads.held(work, key)
    if request is None or request.status not in rules.OPEN:
        return
    is_over = request.deadline <= work.now
    log.warning("a request of a data subject is due", request_id=request.id, is_over=is_over)
    work.tell(lambda one: _overdue(one, is_over), request)
    _watch(work, request)


def _watch(work: Work, request: PrivacyRequest) -> None:
    due = rules.next_warning(request.deadline, work.now)
    if due is not None:
        work.at(due, DEADLINE, request.id, {})


def _overdue(request: PrivacyRequest, is_over: bool) -> PrivacyRequestOverdue:
    return PrivacyRequestOverdue(
        request_id=request.id, kind=request.kind, handler_id=request.handler_id,
        is_over=is_over, entity_id=request.entity_id,
    )  # fmt: skip
