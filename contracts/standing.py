"""What accounts tells of where a customer stands: flags, credit, class, stage."""

from dataclasses import dataclass
from datetime import datetime

from contracts.base import event


@event("accounts.customer.flagged.v1", subject="customer_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerFlagged:
    """A customer is to be dealt with otherwise than others; what was written stays with accounts."""

    customer_id: str
    version: int
    flag_id: str
    kind: str  # do_not_contact, blacklist, fraud
    channel: str  # any, unless contact is stopped on one only
    reason: str  # a code, never free text
    effects: tuple[str, ...]  # orders_refused, quotes_refused, campaigns_stopped, mail_stopped, …
    until: datetime | None = None


@event("accounts.customer.unflagged.v1", subject="customer_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerUnflagged:
    """A flag of a customer does not stand any more."""

    customer_id: str
    version: int
    flag_id: str
    kind: str
    channel: str
    reason: str  # a code: settled, mistake, expired, customer_asked
    effects: tuple[str, ...]  # which end, unless another flag has them too


@event("accounts.customer.credit_changed.v1", subject="customer_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerCreditChanged:
    """A customer may owe us more, or less, than before."""

    customer_id: str
    version: int
    previous_rating: str | None
    rating: str  # excellent, good, fair, poor
    reason: str  # a code, never free text
    limit_minor: int | None = None  # None: nobody has set one
    currency: str | None = None


@event("accounts.customer.class_changed.v1", subject="customer_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerClassChanged:
    """A customer is of another class than before, with the facts that it was decided from."""

    customer_id: str
    version: int
    previous_class: str
    customer_class: str  # potential, new, regular, loyal, churned
    reasons: tuple[str, ...]  # codes, such as last_order>365d
    orders: int
    first_order_on: str | None = None
    last_order_on: str | None = None
    satisfaction: str | None = None  # dissatisfied, satisfied, highly_satisfied
    answered_on: str | None = None


@event("accounts.customer.stage_changed.v1", subject="customer_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerStageChanged:
    """The dealings with a customer went on, or back."""

    customer_id: str
    version: int
    previous_stage: str
    stage: (
        str  # suspect, prospect, qualified, customer, repeat, advocate, declining, lost, won_back
    )
    reason: str  # a code, never free text
