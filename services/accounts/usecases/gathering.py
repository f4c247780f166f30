"""Collect what accounts holds of a customer, or one contact of it, into a file that machines can read."""

from dataclasses import replace

from chassis.audit import plain
from chassis.envelope import encode
from chassis.files import store
from chassis.files.store import Label
from chassis.moving import Key
from chassis.work import Work
from services.accounts.domain import privacy as rules
from services.accounts.domain.privacy import RequestStatus
from services.accounts.reads import contact_points, privacy
from services.accounts.reads import gathering as reads
from services.accounts.tables import PrivacyRequest

MEDIA_TYPE = "application/x-ndjson"


def check(work: Work, request_id: str, version: int) -> PrivacyRequest:
    """Demand that what is known of a customer may be collected.

    :raises RequestState: if the request is not verified, or asks for something else.
    """
    request = work.get(PrivacyRequest, request_id, version=version)
    if request.kind not in rules.COLLECTED:
        raise rules.RequestState("Nobody asked for a copy here.", detail={"kind": request.kind})
    rules.demand(request.status, RequestStatus.VERIFIED)
    contact_points.party_of(work, privacy.whom(work, request).customer_ids[0], request.contact_id)
    return request


def open_file(work: Work, request_id: str, by: str, staff_id: str | None) -> str:
    """Begin the file, for whoever follows the request."""
    request = work.get(PrivacyRequest, request_id)
    rules.demand(request.status, RequestStatus.VERIFIED)
    request.status, request.started_by = RequestStatus.RUNNING, by
    label = Label(f"request-{request.id}.jsonl", MEDIA_TYPE)
    return store.make(work, label, owner_id=staff_id).id


def append_next(
    work: Work, request_id: str, file_id: str, place: tuple[int, Key | None]
) -> tuple[int, Key | None] | None:
    """Write the next records; return the kind and the key to go on from, None at the end."""
    number, after = place
    whom = privacy.whom(work, work.get(PrivacyRequest, request_id))
    kinds = reads.kinds_of(whom)
    if number == len(kinds):
        return None
    kind = kinds[number]
    found, last = reads.next_rows(work, kind, whom, after)
    lines = [encode({"table": kind.name} | {n: plain(v) for n, v in row.items()}) for row in found]
    store.append(work, file_id, b"".join(line + b"\n" for line in lines))
    return (number, last) if last is not None else (number + 1, None)


def close_file(work: Work, request_id: str, file_id: str) -> None:
    """Close the file, and note that it is there to be handed over."""
    store.whole(work, reads.file(work, file_id))
    work.get(PrivacyRequest, request_id).file_id = file_id


def give_up(work: Work, request_id: str, file_id: str | None) -> None:
    """Leave the request as it was before, and nothing of its file."""
    if file_id is not None:
        store.forget(work, key=file_id, data={})
    request = work.get(PrivacyRequest, request_id)
    if request.status is RequestStatus.RUNNING:
        request.status = RequestStatus.VERIFIED


def enter_entity(work: Work, entity_id: str) -> None:
    """Act in the entity of the customer; a service belongs to none."""
    work.origin = replace(work.origin, caller=replace(work.caller, entity_id=entity_id))
