"""Events made of opportunities."""

from collections.abc import Callable
from datetime import date

from contracts import sales
from services.sales.domain.opportunities import Stay
from services.sales.tables import Opportunity


def opportunity_opened(one: Opportunity) -> sales.OpportunityOpened:
    """Tell that an opportunity was opened."""
    return sales.OpportunityOpened(
        opportunity_id=one.id,
        version=one.version,
        customer_id=one.customer_id,
        stage=one.stage,
        amount_minor=one.amount_minor,
        currency=one.currency,
        win_chance=one.win_chance,
        expected_close_on=_day(one.expected_close_on),
        lead_id=one.lead_id,
        owner_id=one.owner_id,
        team_id=one.team_id,
        territory_id=one.territory_id,
        entity_id=one.entity_id,
        opened_at=one.opened_at,
    )


def opportunity_revised(one: Opportunity) -> sales.OpportunityRevised:
    """Tell what an opportunity is worth now."""
    return sales.OpportunityRevised(
        opportunity_id=one.id,
        version=one.version,
        customer_id=one.customer_id,
        stage=one.stage,
        win_chance=one.win_chance,
        amount_minor=one.amount_minor,
        currency=one.currency,
        expected_close_on=_day(one.expected_close_on),
    )


def stage_changed(stay: Stay) -> Callable[[Opportunity], sales.OpportunityStageChanged]:
    """Tell that an opportunity went on after a stay."""

    def make(one: Opportunity) -> sales.OpportunityStageChanged:
        return sales.OpportunityStageChanged(
            opportunity_id=one.id,
            version=one.version,
            customer_id=one.customer_id,
            previous_stage=stay.from_stage,
            stage=stay.to_stage,
            seconds_in_previous=stay.seconds,
            win_chance=one.win_chance,
            amount_minor=one.amount_minor,
            currency=one.currency,
        )

    return make


def opportunity_won(seconds_open: int) -> Callable[[Opportunity], sales.OpportunityWon]:
    """Tell that an opportunity was won, and how long it took."""

    def make(one: Opportunity) -> sales.OpportunityWon:
        return sales.OpportunityWon(
            opportunity_id=one.id,
            version=one.version,
            customer_id=one.customer_id,
            amount_minor=one.amount_minor,
            currency=one.currency,
            seconds_open=seconds_open,
            owner_id=one.owner_id,
            won_at=one.closed_at,
        )

    return make


def opportunity_lost(one: Opportunity) -> sales.OpportunityLost:
    """Tell that an opportunity was lost."""
    assert one.lost_reason is not None
    return sales.OpportunityLost(
        opportunity_id=one.id,
        version=one.version,
        customer_id=one.customer_id,
        last_stage=one.last_open_stage,
        reason=one.lost_reason.value,
        amount_minor=one.amount_minor,
        currency=one.currency,
        owner_id=one.owner_id,
    )


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
