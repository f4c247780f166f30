"""The plain records of sales; of the main nouns only what needs no rule: to read them."""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import ColumnElement

from chassis.errors import Invalid
from chassis.records import Resource
from services.sales.domain.leads import StatusType
from services.sales.domain.opportunities import StageType
from services.sales.domain.orders import OrderStatus
from services.sales.domain.quotes import QuoteStatus
from services.sales.schemas.leads import LeadShown
from services.sales.schemas.opportunities import OpportunityShown
from services.sales.schemas.orders import OrderShown
from services.sales.schemas.pipeline import LeadStatusFields, ProductFields, StageFields
from services.sales.schemas.quotes import QuoteShown
from services.sales.tables import Lead, LeadStatus, Opportunity, Order, Product, Quote, Stage

READ = frozenset({"get", "find"})
ADD = READ | {"create"}  # what a key means is never changed: see usecases/pipeline.py
KEEP = ADD | {"update"}  # a product that was sold is retired, not deleted

Filter = Callable[[Any], ColumnElement[bool]]


def _text(column: Any) -> Filter:
    def condition(value: object) -> ColumnElement[bool]:
        if not isinstance(value, str):
            raise Invalid("This filter takes a text.", code="record.filter_value")
        return cast(ColumnElement[bool], column == value)

    return condition


def _one_of(column: Any, kind: type[StrEnum]) -> Filter:
    def condition(value: object) -> ColumnElement[bool]:
        if value not in list(kind):
            raise Invalid(
                f"This filter takes one of {', '.join(kind)}.", code="record.filter_value"
            )
        return cast(ColumnElement[bool], column == kind(str(value)))

    return condition


def _flag(column: Any) -> Filter:
    def condition(value: object) -> ColumnElement[bool]:
        if not isinstance(value, bool):
            raise Invalid("This filter takes true or false.", code="record.filter_value")
        return cast(ColumnElement[bool], column.is_(value))

    return condition


def _before(column: Any) -> Filter:
    def condition(value: object) -> ColumnElement[bool]:
        try:
            instant = datetime.fromisoformat(str(value))
        except ValueError as wrong:
            raise Invalid("This filter takes an instant.", code="record.filter_value") from wrong
        if instant.tzinfo is None:
            raise Invalid("An instant needs its zone.", code="record.filter_value")
        return cast(ColumnElement[bool], column < instant)

    return condition


RESOURCES = (
    Resource(
        kind="lead",
        record=Lead,
        schema=LeadShown(),
        reads="lead.read",
        writes="lead.write",
        verbs=READ,
        filters={
            "status": _text(Lead.status),
            "type": _one_of(Lead.status_type, StatusType),
            "source": _text(Lead.source),
            "owner_id": _text(Lead.owner_id),
            "customer_id": _text(Lead.customer_id),
            "due_before": _before(Lead.next_action_due),
        },
        sorts={"captured_at": Lead.captured_at},
    ),
    Resource(
        kind="opportunity",
        record=Opportunity,
        schema=OpportunityShown(),
        reads="opportunity.read",
        writes="opportunity.write",
        verbs=READ,
        filters={
            "stage": _text(Opportunity.stage),
            "type": _one_of(Opportunity.stage_type, StageType),
            "owner_id": _text(Opportunity.owner_id),
            "customer_id": _text(Opportunity.customer_id),
            "lead_id": _text(Opportunity.lead_id),
        },
        sorts={"opened_at": Opportunity.opened_at, "amount_minor": Opportunity.amount_minor},
    ),
    Resource(
        kind="quote",
        record=Quote,
        schema=QuoteShown(),
        reads="quote.read",
        writes="quote.write",
        verbs=READ,
        filters={
            "status": _one_of(Quote.status, QuoteStatus),
            "opportunity_id": _text(Quote.opportunity_id),
            "customer_id": _text(Quote.customer_id),
        },
        sorts={"created_at": Quote.created_at, "valid_until": Quote.valid_until},
    ),
    Resource(
        kind="order",
        record=Order,
        schema=OrderShown(),
        reads="order.read",
        writes="order.write",
        verbs=READ,
        filters={
            "status": _one_of(Order.status, OrderStatus),
            "owner_id": _text(Order.owner_id),
            "customer_id": _text(Order.customer_id),
            "external_system": _text(Order.external_system),
            "external_id": _text(Order.external_id),
        },
        sorts={"ordered_on": Order.ordered_on, "total_minor": Order.total_minor},
    ),
    Resource(
        kind="product",
        record=Product,
        schema=ProductFields(),
        reads="product.read",
        writes="product.write",
        verbs=KEEP,
        filters={
            "sku": _text(Product.sku),
            "category": _text(Product.category),
            "sub_category": _text(Product.sub_category),
            "active": _flag(Product.active),
        },
        sorts={"sku": Product.sku, "name": Product.name},
    ),
    Resource(
        kind="lead_status",
        record=LeadStatus,
        schema=LeadStatusFields(),
        reads="pipeline.read",
        writes="pipeline.write",
        verbs=ADD,
        filters={
            "type": _one_of(LeadStatus.type, StatusType),
            "active": _flag(LeadStatus.active),
        },
        sorts={"place": LeadStatus.place},
    ),
    Resource(
        kind="stage",
        record=Stage,
        schema=StageFields(),
        reads="pipeline.read",
        writes="pipeline.write",
        verbs=ADD,
        filters={"type": _one_of(Stage.type, StageType), "active": _flag(Stage.active)},
        sorts={"place": Stage.place},
    ),
)
