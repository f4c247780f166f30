"""Events made of records, with the state these have when the work is done."""

from collections.abc import Callable, Sequence
from datetime import date

from chassis.envelope import encode
from chassis.tables import Record
from contracts import sales
from services.sales.domain.opportunities import Stay
from services.sales.tables import (
    Lead,
    LeadStatus,
    Opportunity,
    Order,
    OrderLine,
    Product,
    Quote,
    Stage,
)


def lead_created(lead: Lead) -> sales.LeadCreated:
    """Tell that a lead was captured."""
    return sales.LeadCreated(
        lead_id=lead.id,
        version=lead.version,
        source=lead.source,
        status=lead.status,
        matched_customer_id=lead.customer_id,
        campaign_id=lead.campaign_id,
        state=lead.state,
        entity_id=lead.entity_id,
    )


def lead_matched(lead: Lead) -> sales.LeadMatched:
    """Tell that a lead is a customer that we have."""
    return sales.LeadMatched(
        lead_id=lead.id, version=lead.version, customer_id=str(lead.customer_id)
    )


def lead_assigned(previous_owner_id: str | None) -> Callable[[Lead], sales.LeadAssigned]:
    """Tell who got a lead, from whom."""

    def make(lead: Lead) -> sales.LeadAssigned:
        return sales.LeadAssigned(
            lead_id=lead.id,
            version=lead.version,
            previous_owner_id=previous_owner_id,
            owner_id=str(lead.owner_id),
            team_id=lead.team_id,
            territory_id=lead.territory_id,
            reason=lead.assignment.value if lead.assignment else "",
        )

    return make


def lead_overdue(lead: Lead) -> sales.LeadActionOverdue:
    """Tell that the next action on a lead was not taken in time."""
    assert lead.next_action_due is not None
    return sales.LeadActionOverdue(
        lead_id=lead.id,
        version=lead.version,
        owner_id=lead.owner_id,
        due=lead.next_action_due,
        reminders=lead.reminders,
    )


def lead_qualified(lead: Lead) -> sales.LeadQualified:
    """Tell that a lead is worth working on."""
    return sales.LeadQualified(lead_id=lead.id, version=lead.version, owner_id=lead.owner_id)


def lead_disqualified(lead: Lead) -> sales.LeadDisqualified:
    """Tell that a lead was given up."""
    assert lead.lost_reason is not None
    return sales.LeadDisqualified(
        lead_id=lead.id, version=lead.version, reason=lead.lost_reason.value
    )


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


def quote_sent(quote: Quote) -> sales.QuoteSent:
    """Tell that a quote was offered."""
    return sales.QuoteSent(
        quote_id=quote.id,
        version=quote.version,
        opportunity_id=quote.opportunity_id,
        customer_id=quote.customer_id,
        total_minor=quote.total_minor,
        currency=quote.currency,
        valid_until=quote.valid_until,
    )


def quote_expired(quote: Quote) -> sales.QuoteExpired:
    """Tell that the time of a quote ran out."""
    return sales.QuoteExpired(
        quote_id=quote.id,
        version=quote.version,
        opportunity_id=quote.opportunity_id,
        customer_id=quote.customer_id,
        total_minor=quote.total_minor,
        currency=quote.currency,
    )


def quote_accepted(quote: Quote) -> sales.QuoteAccepted:
    """Tell that the customer accepted a quote."""
    return sales.QuoteAccepted(
        quote_id=quote.id,
        version=quote.version,
        opportunity_id=quote.opportunity_id,
        customer_id=quote.customer_id,
        total_minor=quote.total_minor,
        currency=quote.currency,
    )


def order_placed(lines: Sequence[OrderLine]) -> Callable[[Order], sales.OrderPlaced]:
    """Tell that an order entered the books."""

    def make(order: Order) -> sales.OrderPlaced:
        return sales.OrderPlaced(
            order_id=order.id,
            version=order.version,
            external_system=order.external_system,
            external_id=order.external_id,
            revision=order.revision,
            customer_id=order.customer_id,
            ordered_on=order.ordered_on.isoformat(),
            currency=order.currency,
            total_minor=order.total_minor,
            line_count=order.line_count,
            lines=_order_lines(lines),
            status=order.status.value,
            entity_id=order.entity_id,
            owner_id=order.owner_id,
            team_id=order.team_id,
            territory_id=order.territory_id,
        )

    return make


def order_revised(lines: Sequence[OrderLine]) -> Callable[[Order], sales.OrderRevised]:
    """Tell that a newer revision of an order stands."""

    def make(order: Order) -> sales.OrderRevised:
        return sales.OrderRevised(
            order_id=order.id,
            version=order.version,
            external_system=order.external_system,
            external_id=order.external_id,
            revision=order.revision,
            customer_id=order.customer_id,
            ordered_on=order.ordered_on.isoformat(),
            currency=order.currency,
            total_minor=order.total_minor,
            line_count=order.line_count,
            lines=_order_lines(lines),
            status=order.status.value,
            entity_id=order.entity_id,
        )

    return make


def words_changed(record: LeadStatus | Stage) -> sales.RecordChanged:
    """Tell that a status or a stage is called what it is called now."""
    kind = "lead_status" if isinstance(record, LeadStatus) else "stage"
    names = ("key", "label", "type", "place", "active", "entity_id")
    return _changed(record, kind, "updated", names)


def product_changed(verb: str) -> Callable[[Product], sales.RecordChanged]:
    """Tell that a product of the catalogue is as it is now."""

    def make(product: Product) -> sales.RecordChanged:
        names = ("sku", "name", "category", "sub_category", "active", "revision", "entity_id")
        return _changed(product, "product", verb, names)

    return make


def _changed(record: Record, kind: str, verb: str, names: Sequence[str]) -> sales.RecordChanged:
    image = {name: encode(getattr(record, name)).decode() for name in names}
    return sales.RecordChanged(
        id=record.id, kind=kind, version=record.version, verb=verb, fields=image
    )


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _order_lines(lines: Sequence[OrderLine]) -> tuple[sales.OrderLine, ...]:
    return tuple(
        sales.OrderLine(
            line_key=line.line_key,
            product_id=line.product_id,
            quantity=line.quantity,
            discount=line.discount,
            amount_minor=line.amount_minor,
            sku=line.sku,
        )
        for line in lines
    )
