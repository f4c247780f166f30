"""How customers react to campaigns, in the campaigns' own classes."""

from dataclasses import dataclass
from datetime import timedelta

from chassis.ids import natural_id
from chassis.work import Work
from services.marketing.domain import campaigns as rules
from services.marketing.domain.campaigns import CampaignStatus
from services.marketing.reads import audience, telling
from services.marketing.reads import campaigns as reads
from services.marketing.tables import Campaign, OrderSeen, Response, Send


@dataclass(frozen=True, slots=True)
class Reaction:
    """Who reacted how to which campaign, and what it was concluded from."""

    campaign: Campaign
    customer_id: str
    response: str
    evidence: str | None


def record_response(
    work: Work, *, campaign_id: str, customer_id: str, response: str, evidence: str | None
) -> Response:
    """Record how a customer reacted to a campaign.

    :raises UnknownResponse: if the campaign has no such class of answers.
    :raises NotAMember: if the campaign did not address the customer.
    """
    campaign = work.get(Campaign, campaign_id)
    if campaign.status is CampaignStatus.DRAFT:
        raise rules.CampaignNotLaunched("The campaign was not launched yet.")
    rules.demand_class(response, campaign.responses)
    if not reads.is_member(work, campaign.id, customer_id):
        raise rules.NotAMember("The campaign did not address this customer.")
    return note(work, Reaction(campaign, customer_id, response, evidence))


def note_order(work: Work, order: OrderSeen) -> None:
    """Count an order as the answer to every campaign whose mail came shortly before it."""
    if order.cancelled:
        return
    for send, campaign in reads.sent_to(work, order.customer_id):
        assert send.tried_at is not None
        if rules.answers(order.ordered_on, send.tried_at.date(), campaign.window_days):
            note(work, _ordered(campaign, order))


def look_back(work: Work, send: Send) -> None:
    """Find the order that was told before its campaign's mail was known to be sent."""
    if send.campaign_id is None or send.tried_at is None:
        return
    campaign = work.get(Campaign, send.campaign_id)
    first = send.tried_at.date()
    last = first + timedelta(days=campaign.window_days)
    for order in audience.orders_between(work, send.customer_id, first, last)[:1]:
        note(work, _ordered(campaign, order))


def note(work: Work, reaction: Reaction) -> Response:
    """Record a reaction once."""
    campaign, customer_id = reaction.campaign, reaction.customer_id
    id_ = natural_id("response", campaign.id, customer_id, reaction.response)
    known = reads.response(work, id_)
    if known is not None:
        return known
    response = work.add(
        Response(
            id=id_, entity_id=campaign.entity_id, campaign_id=campaign.id, at=work.now,
            customer_id=customer_id, response=reaction.response, evidence=reaction.evidence,
        )
    )  # fmt: skip
    work.tell(telling.response_recorded, response)
    return response


def _ordered(campaign: Campaign, order: OrderSeen) -> Reaction:
    return Reaction(campaign, order.customer_id, rules.ORDERED, f"order:{order.order_id}")
