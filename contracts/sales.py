"""What sales tells: leads, opportunities, quotes, orders."""

from dataclasses import dataclass
from datetime import datetime

from contracts.base import event


@event("sales.lead.created.v1", subject="lead_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class LeadCreated:
    """A lead was captured; who it is stays with sales."""

    lead_id: str
    version: int
    source: str
    status: str
    matched_customer_id: str | None = None
    campaign_id: str | None = None
    state: str | None = None
    entity_id: str = "group"


@event("sales.lead.matched.v1", subject="lead_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class LeadMatched:
    """A lead was found to be a customer that we have."""

    lead_id: str
    version: int
    customer_id: str


@event("sales.lead.assigned.v1", subject="lead_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class LeadAssigned:
    """A lead got an owner, with the reason why this one."""

    lead_id: str
    version: int
    previous_owner_id: str | None
    owner_id: str
    team_id: str | None
    territory_id: str | None
    reason: str  # customer_owner, rotation, manual or handed_over


@event("sales.lead.action_overdue.v1", subject="lead_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class LeadActionOverdue:
    """The next action on an open lead was not taken in time; told again until it is."""

    lead_id: str
    version: int
    owner_id: str | None
    due: datetime
    reminders: int  # how often this was told since it was due


@event("sales.lead.qualified.v1", subject="lead_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class LeadQualified:
    """A lead was found worth working on."""

    lead_id: str
    version: int
    owner_id: str | None


@event("sales.lead.disqualified.v1", subject="lead_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class LeadDisqualified:
    """A lead was given up, with the reason."""

    lead_id: str
    version: int
    reason: str  # a code, never free text


@event("sales.lead.action_planned.v1", subject="lead_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class LeadActionPlanned:
    """Somebody planned the next action on a lead."""

    lead_id: str
    version: int
    owner_id: str | None
    due: datetime


@event("sales.lead.converted.v1", subject="lead_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class LeadConverted:
    """A lead became a customer, a contact and an opportunity."""

    lead_id: str
    version: int
    customer_id: str
    contact_id: str | None
    opportunity_id: str
    customer_created: bool
    seconds_to_convert: int  # business time since capture


@event("sales.opportunity.opened.v1", subject="opportunity_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class OpportunityOpened:
    """An opportunity was opened."""

    opportunity_id: str
    version: int
    customer_id: str
    stage: str
    amount_minor: int
    currency: str
    win_chance: int  # percent, 0 to 100
    expected_close_on: str | None = None
    lead_id: str | None = None
    owner_id: str | None = None
    team_id: str | None = None
    territory_id: str | None = None
    entity_id: str = "group"
    opened_at: datetime | None = None


@event("sales.opportunity.stage_changed.v1", subject="opportunity_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class OpportunityStageChanged:
    """An opportunity moved to another open stage."""

    opportunity_id: str
    version: int
    customer_id: str
    previous_stage: str
    stage: str
    seconds_in_previous: int
    win_chance: int
    amount_minor: int
    currency: str


@event("sales.opportunity.revised.v1", subject="opportunity_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class OpportunityRevised:
    """What an opportunity is worth, its expected close or its chance changed."""

    opportunity_id: str
    version: int
    customer_id: str
    stage: str
    win_chance: int
    amount_minor: int
    currency: str
    expected_close_on: str | None = None


@event("sales.opportunity.won.v1", subject="opportunity_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class OpportunityWon:
    """An opportunity was won."""

    opportunity_id: str
    version: int
    customer_id: str
    amount_minor: int
    currency: str
    seconds_open: int
    owner_id: str | None = None
    won_at: datetime | None = None


@event("sales.opportunity.lost.v1", subject="opportunity_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class OpportunityLost:
    """An opportunity was lost, with the reason."""

    opportunity_id: str
    version: int
    customer_id: str
    last_stage: str
    reason: str  # a code, never free text
    amount_minor: int
    currency: str
    owner_id: str | None = None


@event("sales.quote.sent.v1", subject="quote_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteSent:
    """A quote was offered to the customer."""

    quote_id: str
    version: int
    opportunity_id: str
    customer_id: str
    total_minor: int
    currency: str
    valid_until: datetime


@event("sales.quote.expired.v1", subject="quote_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteExpired:
    """The time of a quote ran out before it was accepted."""

    quote_id: str
    version: int
    opportunity_id: str
    customer_id: str
    total_minor: int
    currency: str


@event("sales.quote.accepted.v1", subject="quote_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteAccepted:
    """The customer accepted a quote."""

    quote_id: str
    version: int
    opportunity_id: str
    customer_id: str
    total_minor: int
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """One line of an order as it stands."""

    line_key: str
    product_id: str
    quantity: int
    discount: str  # Decimal as text, 0 to 1
    amount_minor: int
    sku: str = ""  # the key of the product in the catalogue and in the ERP


@event("sales.order.placed.v1", subject="order_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPlaced:
    """An order entered the books."""

    order_id: str
    version: int
    external_system: str
    external_id: str
    revision: int
    customer_id: str
    ordered_on: str
    currency: str
    total_minor: int
    line_count: int
    lines: tuple[OrderLine, ...]
    status: str
    entity_id: str = "group"
    ship_country: str | None = None
    ship_region: str | None = None
    ship_state: str | None = None
    owner_id: str | None = None
    team_id: str | None = None
    territory_id: str | None = None
    caution: str | None = None  # blacklisted, credit_limit, credit_currency: somebody should look


@event("sales.order.revised.v1", subject="order_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRevised:
    """A newer revision of an order replaced the one in the books."""

    order_id: str
    version: int
    external_system: str
    external_id: str
    revision: int
    customer_id: str
    ordered_on: str
    currency: str
    total_minor: int
    line_count: int
    lines: tuple[OrderLine, ...]
    status: str
    entity_id: str = "group"
    ship_country: str | None = None
    ship_region: str | None = None
    ship_state: str | None = None
    caution: str | None = None


@event("sales.record.changed.v1", subject="id")
@dataclass(frozen=True, slots=True, kw_only=True)
class RecordChanged:
    """A plain record was created, changed or deleted."""

    id: str
    kind: str
    version: int
    verb: str
    fields: dict[str, str]
