"""What the ERP sends in (crm.inbound) and what it is told back (crm.outbound).

A verdict is about one message, and there is exactly one for each: its subject is the message id.
"""

from dataclasses import dataclass

from contracts.base import event

OUTBOUND = "crm.outbound"
INBOUND = "crm.inbound"
CUSTOMER_UPSERT = "erp.customer.upsert.v1"
ORDER_UPSERT = "erp.order.upsert.v1"
PRODUCT_UPSERT = "erp.product.upsert.v1"


@event("erp.order.accepted.v1", subject="message_id", exchange=OUTBOUND)
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAccepted:
    """The order stands in the books with this revision (or one that is newer)."""

    external_id: str
    revision: int
    message_id: str
    outcome: str  # created, revised, unchanged, superseded
    order_id: str
    total_minor: int
    currency: str


@event("erp.order.refused.v1", subject="message_id", exchange=OUTBOUND)
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRefused:
    """The order was not taken; code and reason say why."""

    external_id: str
    revision: int | None
    message_id: str
    code: str
    reason: str


@event("erp.product.accepted.v1", subject="message_id", exchange=OUTBOUND)
@dataclass(frozen=True, slots=True, kw_only=True)
class ProductAccepted:
    """The product stands in the catalogue."""

    external_id: str
    revision: int
    message_id: str
    outcome: str
    product_id: str


@event("erp.product.refused.v1", subject="message_id", exchange=OUTBOUND)
@dataclass(frozen=True, slots=True, kw_only=True)
class ProductRefused:
    """The product was not taken; code and reason say why."""

    external_id: str
    revision: int | None
    message_id: str
    code: str
    reason: str


@event("erp.customer.accepted.v1", subject="message_id", exchange=OUTBOUND)
@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerAccepted:
    """The customer is known by this key, and stands as this revision says (or one that is newer)."""

    external_id: str
    revision: int
    message_id: str
    outcome: str  # created, linked (known by another key before), revised, unchanged, superseded
    customer_id: str
    number: str  # what people call it by


@event("erp.customer.refused.v1", subject="message_id", exchange=OUTBOUND)
@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerRefused:
    """The customer was not taken; code and reason say why."""

    external_id: str
    revision: int | None
    message_id: str
    code: str
    reason: str
