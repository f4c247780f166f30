"""Keep what sales tells of its business with a customer, as far as ownership hangs on it."""

from datetime import UTC, datetime

from chassis.work import Work
from contracts.sales import OpportunityLost, OpportunityOpened, OpportunityWon, OrderPlaced
from services.accounts.reads import pools as reads
from services.accounts.tables import Customer
from services.accounts.usecases.customers import awaited

Business = OpportunityOpened | OpportunityWon | OpportunityLost


def note_business(work: Work, told: Business) -> None:
    """Count a customer's open opportunities and remember its last one and its last deal.

    Opened adds one, won and lost take one away, so that the order of the news does not matter.

    :raises Unavailable: if the customer is not known yet.
    """
    customer = awaited(work, told.customer_id)
    known = reads.dealings(work, customer.id)
    match told:
        case OpportunityOpened():
            known.open_opportunities += 1
            opened = told.opened_at or work.now  # told without it by an earlier release
            known.last_opportunity_at = _later(known.last_opportunity_at, opened)
        case OpportunityWon():
            known.open_opportunities -= 1
            known.last_deal_at = _later(known.last_deal_at, told.won_at or work.now)
        case OpportunityLost():
            known.open_opportunities -= 1


def note_deal(work: Work, customer: Customer, placed: OrderPlaced) -> None:
    """Remember an order as a deal with its customer."""
    known = reads.dealings(work, customer.id)
    ordered = datetime.fromisoformat(placed.ordered_on).replace(tzinfo=UTC)
    known.last_deal_at = _later(known.last_deal_at, ordered)


def _later(known: datetime | None, instant: datetime) -> datetime:
    return instant if known is None else max(known, instant)
