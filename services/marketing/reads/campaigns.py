"""Questions about campaigns: whom they reached and what came back."""

from collections.abc import Collection
from decimal import Decimal

from sqlalchemy import func, insert, literal, select

from chassis.clock import isoformat
from chassis.work import Work
from services.marketing.domain.campaigns import AUTOMATIC
from services.marketing.domain.sends import SendStatus
from services.marketing.reads.tally import tally
from services.marketing.tables import Campaign, CampaignMember, Membership, Response, Send

_SHARE = Decimal("0.0001")


def freeze_members(work: Work, campaign: Campaign) -> int:
    """Write down whom a campaign addresses, in one statement, and return how many."""
    chosen = select(literal(campaign.id), Membership.customer_id, Membership.reasons).where(
        Membership.segment_id == campaign.segment_id, Membership.active
    )
    columns = ["campaign_id", "customer_id", "reasons"]
    work.session.execute(insert(CampaignMember).from_select(columns, chosen))
    counted = select(func.count()).where(CampaignMember.campaign_id == campaign.id)
    return work.session.scalar(counted) or 0


def members_after(work: Work, campaign_id: str, after: str, limit: int) -> list[str]:
    """Return the next customers that a campaign addresses."""
    query = select(CampaignMember.customer_id).where(
        CampaignMember.campaign_id == campaign_id, CampaignMember.customer_id > after
    )
    return list(work.session.scalars(query.order_by(CampaignMember.customer_id).limit(limit)))


def planned(work: Work, campaign_id: str, customer_ids: Collection[str]) -> set[str]:
    """Return those customers who have their message already: it came with whom was merged."""
    query = select(Send.customer_id).where(
        Send.campaign_id == campaign_id, Send.customer_id.in_(customer_ids)
    )
    return set(work.session.scalars(query))


def is_member(work: Work, campaign_id: str, customer_id: str) -> bool:
    """Say whether a campaign addresses a customer."""
    return work.session.get(CampaignMember, (campaign_id, customer_id)) is not None


def sent_to(work: Work, customer_id: str) -> list[tuple[Send, Campaign]]:
    """Return the campaign messages that reached a customer."""
    query = (
        select(Send, Campaign)
        .join(Campaign, Campaign.id == Send.campaign_id)
        .where(Send.customer_id == customer_id, Send.status == SendStatus.SENT)
    )
    return [(send, campaign) for send, campaign in work.session.execute(query.order_by(Send.id))]


def response(work: Work, campaign_id: str, customer_id: str, response: str) -> Response | None:
    """Return an answer that was recorded, perhaps of a customer that was merged into this one."""
    query = select(Response).where(
        Response.campaign_id == campaign_id,
        Response.customer_id == customer_id,
        Response.response == response,
    )
    return work.session.scalar(query)


def campaign_report(work: Work, *, campaign_id: str) -> dict[str, object]:
    """Say whom a campaign reached, and what came back as a share of that."""
    campaign = work.get(Campaign, campaign_id)
    counted = tally(work, campaign.id)
    query = (
        select(Response.response, func.count())
        .where(Response.campaign_id == campaign.id, Response.withdrawn_at.is_(None))
        .group_by(Response.response)
    )
    found: dict[str, int] = dict(iter(work.session.execute(query)))
    classes = [*campaign.responses, *AUTOMATIC]
    return {
        "campaign_id": campaign.id,
        "key": campaign.key,
        "status": campaign.status.value,
        "members": campaign.members,
        "fates": {status.value: counted.by_fate.get(status, 0) for status in SendStatus},
        "suppressed": dict(counted.suppressed),
        "waiting": counted.waiting,
        "responses": [
            {
                "response": one,
                "count": found.get(one, 0),
                "share": _share(found.get(one, 0), counted.sent),
            }
            for one in classes
        ],
        "as_of": isoformat(work.now),
    }


def _share(part: int, whole: int) -> str | None:
    """Return a share of the messages sent, 0 to 1 with four places; None where none was sent."""
    return str((Decimal(part) / Decimal(whole)).quantize(_SHARE)) if whole else None
