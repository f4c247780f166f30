"""Erase a customer: refuse what must wait, forget everything of accounts, tell the others."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from chassis import erased
from chassis.claiming import OF_NOBODY
from chassis.erasing import erase_values, overwrite
from chassis.errors import Unavailable
from chassis.moving import CHUNK, Key
from chassis.wiping import wipe
from chassis.work import Work
from contracts.accounts import CustomerRemoved
from contracts.privacy import CustomerErased, ErasureCompleted
from services.accounts.domain import privacy as rules
from services.accounts.domain.files import decoded
from services.accounts.domain.privacy import RequestKind, RequestStatus
from services.accounts.reads import customers, identities, merging
from services.accounts.reads import privacy as reads
from services.accounts.reads.erasing import WIPES
from services.accounts.tables import Customer, ErasedIdentity, PrivacyRequest
from services.accounts.usecases import following, privacy, strangers

FILES, CUSTOMERS, EXPORTS = "files", "customers", "exports"
REFUSALS = "import_refusals"  # rows that were refused without knowing whose they are
NAMELESS = "somebody"  # a third party whose name was the words of who was erased, or might be
PARKED = "parked"  # in the certificate: what was dropped, also after it
FILES_AT_ONCE = 5  # each may be of many megabytes


def check(work: Work, request_id: str, version: int) -> PrivacyRequest:
    """Demand that a customer may be erased now.

    :raises RequestState: if the request is not verified, or asks for something else.
    :raises MergeOpen: if a merge of this customer is not at its end.
    :raises ImportOpen: if an import of this customer is not at its end.
    """
    request = work.get(PrivacyRequest, request_id, version=version)
    if request.kind is not RequestKind.ERASURE:
        raise rules.RequestState("Nobody asked to be erased here.", detail={"kind": request.kind})
    rules.demand(request.status, RequestStatus.VERIFIED)
    _demand_settled(work, reads.whole(work, request))
    return request


def open_erasure(work: Work, request_id: str, by: str) -> list[str]:
    """Refuse from now on whatever is written about a customer; return all ids that it has or had.

    :raises MergeOpen: if a merge began meanwhile.
    """
    request = _held(work, request_id)
    rules.demand(request.status, RequestStatus.VERIFIED)
    ids = reads.whole(work, request)
    customers.locked(work, ids[:1])  # whoever begins a merge holds it as well
    _demand_settled(work, ids)
    request.status, request.started_by = RequestStatus.RUNNING, by
    request.customer_id, request.old_ids = ids[0], ids[1:]
    erased.note(work.session, ids, request.id)
    _note_identities(work, request.id, ids)
    return ids


def drop_files(work: Work, ids: Sequence[str], counts: dict[str, int]) -> bool:
    """Delete the next files that hold a customer, or may; then the words in the log of exports."""
    found = reads.files_of(work, ids, FILES_AT_ONCE)
    counts[FILES] = counts.get(FILES, 0) + strangers.drop(work, found)
    if found:
        return True
    named = reads.exports_naming(work, reads.words(work, ids))
    for one in named:
        one.filters, one.note = {}, None
        one.recipient = one.recipient and NAMELESS
    counts[EXPORTS] = len(named)
    work.flush()
    erase_values(work, [("exports", one.id) for one in named])
    return False


def blank_refusals(
    work: Work, ids: Sequence[str], after: Key | None, counts: dict[str, int]
) -> Key | None:
    """Empty the next refused rows that say who a customer is; return the key to go on from."""
    found = reads.refusals(work, ids, after, CHUNK)
    said = [word.lower() for word in reads.words(work, ids)]
    theirs = [one for one in found if any(word in decoded(one.raw).lower() for word in said)]
    for one in theirs:
        one.raw = b""
    counts[REFUSALS] = counts.get(REFUSALS, 0) + len(theirs)
    return [found[-1].import_id, found[-1].number] if len(found) == CHUNK else None


def close(work: Work, request_id: str, counts: Mapping[str, int]) -> None:
    """Delete the customer itself, and tell everybody to erase what they keep.

    :raises Unavailable: if somebody wrote about the customer meanwhile; it is wiped again.
    """
    request = _held(work, request_id)
    ids = [request.customer_id, *request.old_ids]
    customer = customers.locked(work, [request.customer_id]).get(request.customer_id)
    for kind in WIPES:
        for id_ in ids:
            while wipe(work, kind, id_, None)[0] == CHUNK:
                pass
    if customer is not None:
        work.tell(_removed, customer)
        work.remove(customer)
        work.flush()
    erase_values(work, [(CUSTOMERS, id_) for id_ in ids])
    work.tell(_erased, request)
    following.note(work, request.id, work.service, {**counts, CUSTOMERS: 1})
    _certify(work, request)


def hold(work: Work, task_id: str) -> None:
    """Let nobody else write about a request until this work is done."""
    reads.held(work, task_id)


def certify(work: Work, task_id: str) -> None:
    """Write down what was erased where, as far as services have answered."""
    request = reads.held(work, task_id)
    if request is not None and request.status is RequestStatus.RUNNING:
        _certify(work, request)


def note_parked(work: Work, task_id: str, service: str, messages: int) -> None:
    """Add to a certificate that a service has dropped so many parked messages by now."""
    request = reads.held(work, task_id)
    if request is None or messages == 0:
        return
    known = dict(request.certificate or {})
    more = rules.addendum(known.get(PARKED, {}), service, messages, work.now)
    request.certificate = known | {PARKED: more}


def note_own_parked(work: Work, *, key: str, data: Mapping[str, object]) -> None:  # noqa: ARG001  # a timer's
    """Add to a certificate that accounts has dropped one more parked message."""
    task_id = key.partition(":")[0]
    request = reads.held(work, task_id)
    known = (request.certificate or {}).get(PARKED, {}) if request else {}
    messages = known.get(work.service, {}).get("messages", 0)
    note_parked(work, task_id, work.service, messages + 1)


def enter_entity(work: Work, entity_id: str) -> None:
    """Act in the entity of the customer; a service belongs to none."""
    work.origin = replace(work.origin, caller=replace(work.caller, entity_id=entity_id))


def _note_identities(work: Work, request_id: str, ids: Sequence[str]) -> None:
    """Keep how the customer is known until every service has looked for what hangs on nobody."""
    for place, one in enumerate(identities.known_by(work, ids), start=1):
        work.session.add(
            ErasedIdentity(
                request_id=request_id, place=place, kind=one.kind, system=one.system,
                value=one.value,
            )
        )  # fmt: skip


def _certify(work: Work, request: PrivacyRequest) -> None:
    answers = reads.answers(work, request.id)
    added = {name: v for name, v in (request.certificate or {}).items() if name == PARKED}
    told = rules.certificate(answers, request.started_by or "", work.now)
    request.certificate = told | added
    if merging.missing(work, request.id):
        return
    overwrite(work)
    identities.forget(work, request.id)
    privacy.finish(work, request)
    work.tell(lambda one: _completed(one, answers), request)


def _held(work: Work, request_id: str) -> PrivacyRequest:
    request = reads.held(work, request_id)
    if request is None:
        raise Unavailable("The request is not there.", code="accounts.privacy.gone")
    return request


def _demand_settled(work: Work, ids: Sequence[str]) -> None:
    merges = merging.unsettled(work, "", ids)
    if merges:
        raise rules.MergeOpen(
            "A merge of this customer is not at its end yet.", detail={"merges": merges}
        )
    imports = reads.open_imports(work, ids)
    if imports:
        raise rules.ImportOpen(
            "An import of this customer is not at its end yet.", detail={"imports": imports}
        )


def _removed(customer: Customer) -> CustomerRemoved:
    return CustomerRemoved(
        customer_id=customer.id, version=customer.version, entity_id=customer.entity_id
    )


def _erased(request: PrivacyRequest) -> CustomerErased:
    return CustomerErased(
        task_id=request.id, customer_id=request.customer_id, old_ids=tuple(request.old_ids)
    )


def _completed(
    request: PrivacyRequest, answers: Mapping[str, Mapping[str, int]]
) -> ErasureCompleted:
    return ErasureCompleted(
        task_id=request.id,
        customer_id=request.customer_id,
        counts={service: _sum(counts) for service, counts in answers.items()},
    )


def _sum(counts: Mapping[str, int]) -> int:
    """Return how many records these are; those that were nobody's are counted among their kind."""
    return sum(count for name, count in counts.items() if not name.endswith(OF_NOBODY))
