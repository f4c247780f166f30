"""What accounts tells when somebody asks what we know of them, or to be forgotten: ids, never who."""

from dataclasses import dataclass

from contracts.base import event


@event("accounts.customer.erased.v1", subject="task_id", of_record=True)
@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerErased:
    """A customer was erased; whoever keeps something of this person erases it, and answers."""

    task_id: str  # what whoever follows it answers for
    customer_id: str
    old_ids: tuple[str, ...] = ()  # of records that were merged into it


@event("accounts.contact.erased.v1", subject="task_id", of_record=True)
@dataclass(frozen=True, slots=True, kw_only=True)
class ContactErased:
    """A contact was erased and its customer stays; whoever keeps something of this person erases it."""

    task_id: str  # what whoever follows it answers for
    contact_id: str
    customer_id: str  # who stays


@event("accounts.erasure.completed.v1", subject="task_id", of_record=True)
@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureCompleted:
    """Every service has erased what it kept of somebody; accounts holds the certificate."""

    task_id: str
    customer_id: str
    counts: dict[str, int]  # service -> records
    contact_id: str | None = None  # who was erased alone; the customer stays


@event("accounts.privacy_request.overdue.v1", subject="request_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class PrivacyRequestOverdue:
    """The time to answer a request of a data subject is nearly over, or over."""

    request_id: str
    kind: str  # access, correction, export, erasure
    handler_id: str | None
    is_over: bool
    entity_id: str = "group"
