"""How customers react to campaigns, in the campaigns' own classes."""

from dataclasses import dataclass
from datetime import timedelta

from chassis.ids import natural_id
from chassis.work import Work
from services.marketing.domain import campaigns as rules
from services.marketing.domain.campaigns import CampaignStatus
from services.marketing.reads import audience, telling
from services.marketing.reads import campaigns as reads
from services.marketing.tables import Campaign, Response, Send


@dataclass(frozen=True, slots=True)
class Reaction:
    """Who reacted how to which campaign, and what it was concluded from."""

    campaign: Campaign
    customer_id: str
    response: str
    evidence: str | None

    @property
    def id(self) -> str:
        """Return the id of its record: a campaign has one of each class from a customer."""
        return natural_id("response", self.campaign.id, self.customer_id, self.response)


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


def note_orders(work: Work, customer_id: str) -> None:
    """Let a customer's orders be the answer to every campaign whose mail came shortly before."""
    for send, campaign in reads.sent_to(work, customer_id):
        _conclude(work, send, campaign)


def look_back(work: Work, send: Send) -> None:
    """Find the order that was told before its campaign's mail was known to be sent."""
    if send.campaign_id is not None:
        _conclude(work, send, work.get(Campaign, send.campaign_id))


def note(work: Work, reaction: Reaction) -> Response:
    """Record a reaction once, or again if it was withdrawn."""
    known = _known(work, reaction)
    if known is not None and known.withdrawn_at is None:
        return known
    campaign = reaction.campaign
    response = known or work.add(
        Response(
            id=reaction.id, entity_id=campaign.entity_id, campaign_id=campaign.id,
            customer_id=reaction.customer_id, response=reaction.response,
        )
    )  # fmt: skip
    response.at, response.evidence, response.withdrawn_at = work.now, reaction.evidence, None
    work.tell(telling.response_recorded, response)
    return response


def _known(work: Work, reaction: Reaction) -> Response | None:
    return reads.response(work, reaction.campaign.id, reaction.customer_id, reaction.response)


def _conclude(work: Work, send: Send, campaign: Campaign) -> None:
    """Let the answer be what the orders say by now, in whichever order they were told."""
    assert send.tried_at is not None
    first = send.tried_at.date()
    last = first + timedelta(days=campaign.window_days)
    orders = audience.orders_between(work, send.customer_id, first, last)
    found = [f"order:{order.order_id}" for order in orders]
    reaction = Reaction(campaign, send.customer_id, rules.ORDERED, found[0] if found else None)
    known = _known(work, reaction)
    if known is not None and known.withdrawn_at is None and known.evidence not in found:
        known.withdrawn_at = work.now  # cancelled, moved to another day, or somebody else's
        work.tell(telling.response_withdrawn, known)
    if found:
        note(work, reaction)
