"""The plain records of sales; of the main nouns only what needs no rule: to read them."""

from chassis import filters
from chassis.records import READING, Resource
from services.sales.domain.leads import StatusType
from services.sales.domain.opportunities import StageType
from services.sales.domain.orders import OrderStatus
from services.sales.domain.quotes import QuoteStatus
from services.sales.domain.standing import Caution
from services.sales.reads.leads import tagged
from services.sales.schemas.leads import LeadShown
from services.sales.schemas.opportunities import OpportunityShown
from services.sales.schemas.orders import OrderShown
from services.sales.schemas.pipeline import LeadStatusFields, ProductFields, StageFields
from services.sales.schemas.quotes import QuoteShown
from services.sales.tables import Lead, LeadStatus, Opportunity, Order, Product, Quote, Stage

ADD = READING | {"create"}  # what a key means is never changed: see usecases/pipeline.py
KEEP = ADD | {"update"}  # a product that was sold is retired, not deleted

RESOURCES = (
    Resource(
        kind="lead",
        record=Lead,
        schema=LeadShown(),
        reads="lead.read",
        writes="lead.write",
        verbs=READING,
        filters={
            "status": filters.text(Lead.status),
            "type": filters.one_of(Lead.status_type, StatusType),
            "source": filters.text(Lead.source),
            "owner_id": filters.text(Lead.owner_id),
            "customer_id": filters.text(Lead.customer_id),
            "due_before": filters.before(Lead.next_action_due),
            "score_at_least": filters.at_least(Lead.score),
            "tag": tagged,
        },
        sorts={"captured_at": Lead.captured_at, "score": Lead.score},
    ),
    Resource(
        kind="opportunity",
        record=Opportunity,
        schema=OpportunityShown(),
        reads="opportunity.read",
        writes="opportunity.write",
        verbs=READING,
        filters={
            "stage": filters.text(Opportunity.stage),
            "type": filters.one_of(Opportunity.stage_type, StageType),
            "owner_id": filters.text(Opportunity.owner_id),
            "customer_id": filters.text(Opportunity.customer_id),
            "lead_id": filters.text(Opportunity.lead_id),
        },
        sorts={"opened_at": Opportunity.opened_at, "amount_minor": Opportunity.amount_minor},
    ),
    Resource(
        kind="quote",
        record=Quote,
        schema=QuoteShown(),
        reads="quote.read",
        writes="quote.write",
        verbs=READING,
        filters={
            "status": filters.one_of(Quote.status, QuoteStatus),
            "opportunity_id": filters.text(Quote.opportunity_id),
            "customer_id": filters.text(Quote.customer_id),
        },
        sorts={"created_at": Quote.created_at, "valid_until": Quote.valid_until},
    ),
    Resource(
        kind="order",
        record=Order,
        schema=OrderShown(),
        reads="order.read",
        writes="order.write",
        verbs=READING,
        filters={
            "status": filters.one_of(Order.status, OrderStatus),
            "caution": filters.one_of(Order.caution, Caution),
            "owner_id": filters.text(Order.owner_id),
            "customer_id": filters.text(Order.customer_id),
            "external_system": filters.text(Order.external_system),
            "external_id": filters.text(Order.external_id),
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
            "sku": filters.text(Product.sku),
            "category": filters.text(Product.category),
            "sub_category": filters.text(Product.sub_category),
            "active": filters.flag(Product.active),
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
            "type": filters.one_of(LeadStatus.type, StatusType),
            "active": filters.flag(LeadStatus.active),
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
        filters={
            "type": filters.one_of(Stage.type, StageType),
            "active": filters.flag(Stage.active),
        },
        sorts={"place": Stage.place},
    ),
)
