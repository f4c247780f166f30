"""Keep where each customer stands in the pyramid, as analytics concluded last."""

from sqlalchemy import update

from chassis import aliases
from chassis.work import Work
from contracts.accounts import CustomerTierChanged
from contracts.analytics import CustomerScored
from services.accounts.domain.tiers import Tier
from services.accounts.reads import telling
from services.accounts.tables import Customer
from services.accounts.usecases.customers import awaited


def note_tier(work: Work, told: CustomerScored) -> None:
    """Store a customer's tier with the score it comes from, unless a later one stands.

    :raises Unavailable: if the customer is not known yet.
    """
    if aliases.is_old(work.session, told.customer_id):
        return  # it was worked out for what is another customer by now, and will be for that one
    customer = awaited(work, told.customer_id)
    if customer.tier_version is not None and told.version <= customer.tier_version:
        return
    score = _score(told)
    tier = Tier(told.tier)
    if customer.tier is tier:
        # Hardly a day on which no rank moves: whoever works on the customer need not read it
        # again for that, so neither version nor audit.
        work.session.execute(update(Customer).where(Customer.id == customer.id).values(score))
        return
    previous = customer.tier
    customer.tier = tier
    for name, value in score.items():
        setattr(customer, name, value)

    def tier_changed(done: Customer) -> CustomerTierChanged:
        return CustomerTierChanged(
            customer_id=done.id,
            version=done.version,
            previous_tier=previous,
            tier=tier,
            rank=told.rank,
            population=told.population,
            period_start=told.period_start,
            period_end=told.period_end,
            score_id=told.score_id,
        )

    work.tell(tier_changed, customer)
    work.tell(telling.customer_recorded, customer)


def _score(told: CustomerScored) -> dict[str, object]:
    return {
        "tier_rank": told.rank,
        "tier_of": told.population,
        "tier_period_start": told.period_start,
        "tier_period_end": told.period_end,
        "tier_as_of": told.as_of,
        "tier_score_id": told.score_id,
        "tier_version": told.version,
    }
