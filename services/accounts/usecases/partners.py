"""What the ERP sends, and the verdict that it is told on every message."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

from chassis.errors import Refused
from chassis.work import Work
from contracts import erp
from services.accounts.domain import customers as rules
from services.accounts.domain.customers import Details, Terms
from services.accounts.domain.matching import EntryPoint
from services.accounts.domain.partners import CustomerDocument, Outcome, compare
from services.accounts.reads import customers as reads
from services.accounts.reads import directory, matching
from services.accounts.tables import Customer
from services.accounts.usecases import customers

MAX_ECHO = 80  # how much of a refused message's own key is told back


class Message(Protocol):
    """What a partner's message says beside its body."""

    @property
    def message_id(self) -> str:
        """Return the partner's own id of the message."""

    @property
    def partner(self) -> str:
        """Return who sent it."""


def take_customer(work: Work, message: Message, *, document: CustomerDocument) -> None:
    """Take a revision of a customer and tell what became of it."""
    outcome, customer = _upsert(work, message.partner, document)
    verdict = erp.CustomerAccepted(
        external_id=document.external_id,
        revision=document.revision,
        message_id=message.message_id,
        outcome=outcome.value,
        customer_id=customer.id,
        number=customer.number,
    )
    _answer(work, message, verdict)


def refuse_customer(
    work: Work, message: Message, body: Mapping[str, object], problem: Refused
) -> None:
    """Tell why a customer was not taken."""
    key, revision = body.get("customer_id"), body.get("revision")
    is_number = isinstance(revision, int) and not isinstance(revision, bool)
    verdict = erp.CustomerRefused(
        external_id=key[:MAX_ECHO] if isinstance(key, str) else "",
        revision=revision if is_number else None,  # type: ignore[arg-type]  # just asked
        message_id=message.message_id,
        code=problem.code,
        reason=problem.message,
    )
    _answer(work, message, verdict)


def _answer(work: Work, message: Message, verdict: object) -> None:
    # The aggregate is the message and this is all that is ever told of it: number 1.
    work.write_many(Customer, [], [(verdict, message.message_id, 1)])


def _upsert(work: Work, system: str, told: CustomerDocument) -> tuple[Outcome, Customer]:
    """Take a revision over; who it is was decided when the key came for the first time.

    :raises DuplicateCustomer: if the policy of partners blocks whom other facts show to be known.
    :raises ExternalIdTaken: if that one has another key in this system.
    """
    details = replace(told.details, external_ids={system: told.external_id})
    reads.hold(work, customers.keys_to_hold(rules.profile(rules.columns(details))))
    way = reads.way_to(work, system, told.external_id)
    outcome = compare(way.revision, told.revision) if way else Outcome.CREATED
    if way is None:
        answer = customers.register_customer(work, details=details, terms=Terms(source="partner"))
        outcome = Outcome.CREATED if answer["created"] else Outcome.LINKED
        work.flush()
        way = reads.way_to(work, system, told.external_id)
        assert way is not None, "whoever is registered or linked has the key"
    customer = reads.locked(work, [way.customer_id])[way.customer_id]
    if outcome in {Outcome.UNCHANGED, Outcome.SUPERSEDED}:
        return outcome, customer
    way.revision = told.revision
    has_changed = _revise(work, customer, details)
    if outcome is Outcome.REVISED and not has_changed:
        return Outcome.UNCHANGED, customer
    return outcome, customer


def _revise(work: Work, customer: Customer, details: Details) -> bool:
    stored = rules.columns(rules.merged(reads.details_of(customer), details))
    different = customers.differing(customer, stored)
    if different:
        policy = matching.decide(work, EntryPoint.PARTNER, None)
        customers.demand_same(work, customer, (stored, different), policy)
        customers.apply(work, customer, different, directory.places(work))
    return bool(different)
