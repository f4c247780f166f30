"""Erase a customer or a contact: refuse what must wait, forget everything of accounts, tell the others."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from chassis import erased
from chassis.claiming import OF_NOBODY
from chassis.envelope import encode
from chassis.erasing import erase_values, overwrite
from chassis.errors import Unavailable
from chassis.moving import CHUNK, Key
from chassis.wiping import wipe
from chassis.work import Work
from contracts.accounts import CustomerRemoved
from contracts.privacy import ContactErased, CustomerErased, ErasureCompleted
from services.accounts.domain import privacy as rules
from services.accounts.domain.files import decoded
from services.accounts.domain.privacy import RequestKind, RequestStatus, Whom
from services.accounts.reads import customers, identities, merging
from services.accounts.reads import privacy as reads
from services.accounts.reads import strangers as strangers_reads
from services.accounts.reads.erasing import WIPES
from services.accounts.tables import Customer, ErasedIdentity, PrivacyRequest
from services.accounts.usecases import erasing_contacts, following, privacy, strangers

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
    _demand_settled(work, reads.whom(work, request).customer_ids)
    return request


def open_erasure(work: Work, request_id: str, by: str) -> Whom:
    """Refuse from now on whatever is written about who is erased; return who that is.

    :raises MergeOpen: if a merge began meanwhile.
    """
    request = _held(work, request_id)
    rules.demand(request.status, RequestStatus.VERIFIED)
    whom = reads.whom(work, request)
    customers.locked(work, whom.customer_ids[:1])  # whoever begins a merge holds it as well
    _demand_settled(work, whom.customer_ids)
    request.status, request.started_by = RequestStatus.RUNNING, by
    request.customer_id = whom.customer_ids[0]
    request.old_ids = whom.customer_ids[1:] if whom.contact_id is None else []
    erased.note(work.session, whom.ids, request.id)
    _note_identities(work, request.id, whom)
    return whom


def teller(work: Work, request_id: str, whom: Whom) -> Callable[[str], bool]:
    """Return what tells whether a text of the house itself says who is erased."""
    if whom.contact_id is not None:
        return strangers_reads.who_is_erased(work, request_id).told_by
    said = [word.lower() for word in reads.words(work, whom.ids)]
    forms = {form for one in said for form in (one, encode(one).decode().strip('"'))}
    return lambda text: any(form in text.lower() for form in forms)


def drop_files(work: Work, whom: Whom, says: Callable[[str], bool], counts: dict[str, int]) -> bool:
    """Delete the next files that hold who is erased, or may; then the words in the log of exports."""
    found = reads.files_of(work, whom, FILES_AT_ONCE)
    counts[FILES] = counts.get(FILES, 0) + strangers.drop(work, found)
    if found:
        return True
    named = reads.exports_naming(work, says)
    for one in named:
        one.filters, one.note = {}, None
        one.recipient = one.recipient and NAMELESS
    counts[EXPORTS] = len(named)
    work.flush()
    erase_values(work, [("exports", one.id) for one in named])
    return False


def blank_refusals(
    work: Work, whom: Whom, says: Callable[[str], bool], after: Key | None, counts: dict[str, int]
) -> Key | None:
    """Empty the next refused rows that say who is erased; return the key to go on from."""
    found = reads.refusals(work, whom.customer_ids, after, CHUNK)
    theirs = [one for one in found if says(decoded(one.raw))]
    for one in theirs:
        one.raw = b""
    counts[REFUSALS] = counts.get(REFUSALS, 0) + len(theirs)
    return [found[-1].import_id, found[-1].number] if len(found) == CHUNK else None


def close(work: Work, request_id: str, counts: Mapping[str, int]) -> None:
    """Delete the customer itself, or the contact, and tell everybody to erase what they keep.

    :raises Unavailable: if somebody wrote about the customer meanwhile; it is wiped again.
    """
    request = _held(work, request_id)
    customer = customers.locked(work, [request.customer_id]).get(request.customer_id)
    if request.contact_id is not None:
        erasing_contacts.wipe_again(work, request.customer_id, request.contact_id)
        work.tell(_contact_erased, request)
    else:
        _remove(work, customer, [request.customer_id, *request.old_ids])
        work.tell(_erased, request)
        counts = {**counts, CUSTOMERS: 1}
    following.note(work, request.id, work.service, dict(counts))
    _certify(work, request)


def _remove(work: Work, customer: Customer | None, ids: Sequence[str]) -> None:
    for kind in WIPES:
        for id_ in ids:
            while wipe(work, kind, id_, None)[0] == CHUNK:
                pass
    if customer is not None:
        work.tell(_removed, customer)
        work.remove(customer)
        work.flush()
    erase_values(work, [(CUSTOMERS, id_) for id_ in ids])


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


def _note_identities(work: Work, request_id: str, whom: Whom) -> None:
    """Keep how who is erased is known until every service has looked for what hangs on nobody."""
    for place, one in enumerate(identities.known_by(work, whom), start=1):
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


def _contact_erased(request: PrivacyRequest) -> ContactErased:
    return ContactErased(
        task_id=request.id,
        contact_id=str(request.contact_id),
        customer_id=request.customer_id,
    )


def _completed(
    request: PrivacyRequest, answers: Mapping[str, Mapping[str, int]]
) -> ErasureCompleted:
    return ErasureCompleted(
        task_id=request.id,
        customer_id=request.customer_id,
        counts={service: _sum(counts) for service, counts in answers.items()},
        contact_id=request.contact_id,
    )


def _sum(counts: Mapping[str, int]) -> int:
    """Return how many records these are; those that were nobody's are counted among their kind."""
    return sum(count for name, count in counts.items() if not name.endswith(OF_NOBODY))
