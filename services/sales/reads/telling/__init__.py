"""Events made of records, with the state these have when the work is done."""

from services.sales.reads.telling.leads import (
    lead_action_planned,
    lead_assigned,
    lead_created,
    lead_disqualified,
    lead_matched,
    lead_overdue,
    lead_qualified,
    lead_tagged,
)
from services.sales.reads.telling.opportunities import (
    opportunity_lost,
    opportunity_opened,
    opportunity_revised,
    opportunity_won,
    stage_changed,
)
from services.sales.reads.telling.orders import (
    order_placed,
    order_revised,
)
from services.sales.reads.telling.quotes import (
    quote_accepted,
    quote_expired,
    quote_sent,
)
from services.sales.reads.telling.records import (
    product_changed,
    words_changed,
)

__all__ = [
    "lead_action_planned",
    "lead_assigned",
    "lead_created",
    "lead_disqualified",
    "lead_matched",
    "lead_overdue",
    "lead_qualified",
    "lead_tagged",
    "opportunity_lost",
    "opportunity_opened",
    "opportunity_revised",
    "opportunity_won",
    "order_placed",
    "order_revised",
    "product_changed",
    "quote_accepted",
    "quote_expired",
    "quote_sent",
    "stage_changed",
    "words_changed",
]
