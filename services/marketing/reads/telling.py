"""Events made of records, with the state these have when the work is done."""

from collections.abc import Callable

from chassis.envelope import encode
from contracts import marketing
from services.marketing.domain.campaigns import MAIL
from services.marketing.domain.templates import Purpose
from services.marketing.reads.tally import Tally
from services.marketing.tables import (
    Campaign,
    Membership,
    Response,
    Segment,
    Send,
    Suppression,
)


def segment_changed(verb: str) -> Callable[[Segment], marketing.RecordChanged]:
    """Tell the key of a segment and whether it is in force."""

    def make(segment: Segment) -> marketing.RecordChanged:
        names = ("key", "active", "entity_id")  # no free text
        image = {name: encode(getattr(segment, name)).decode() for name in names}
        return marketing.RecordChanged(
            id=segment.id, kind="segment", version=segment.version, verb=verb, fields=image
        )

    return make


def segment_joined(member: Membership) -> marketing.SegmentJoined:
    """Tell that a customer belongs to a segment now."""
    return marketing.SegmentJoined(
        membership_id=member.id,
        version=member.version,
        segment_id=member.segment_id,
        customer_id=member.customer_id,
        at=member.joined_at,
        reasons=tuple(member.reasons),
    )


def segment_left(member: Membership) -> marketing.SegmentLeft:
    """Tell that a customer belongs to a segment no more."""
    assert member.left_at is not None
    return marketing.SegmentLeft(
        membership_id=member.id,
        version=member.version,
        segment_id=member.segment_id,
        customer_id=member.customer_id,
        at=member.left_at,
        reasons=tuple(member.reasons),
    )


def campaign_launched(campaign: Campaign) -> marketing.CampaignLaunched:
    """Tell whom a campaign addresses."""
    assert campaign.launched_at is not None
    return marketing.CampaignLaunched(
        campaign_id=campaign.id,
        version=campaign.version,
        key=campaign.key,
        segment_id=campaign.segment_id,
        channel=MAIL,
        members=campaign.members,
        at=campaign.launched_at,
    )


def campaign_finished(tally: Tally) -> Callable[[Campaign], marketing.CampaignFinished]:
    """Tell what became of a campaign's messages."""

    def make(campaign: Campaign) -> marketing.CampaignFinished:
        return marketing.CampaignFinished(
            campaign_id=campaign.id,
            version=campaign.version,
            sent=tally.sent,
            suppressed=dict(tally.suppressed),
            refused=tally.refused,
            unknown=tally.unknown,
        )

    return make


def touch_settled(send: Send) -> marketing.TouchSettled:
    """Tell what became of a message."""
    assert send.settled_at is not None
    return marketing.TouchSettled(
        send_id=send.id,
        version=send.version,
        customer_id=send.customer_id,
        campaign_id=send.campaign_id,
        step=send.step,
        channel=send.channel,
        purpose=send.purpose.value,
        fate=send.status.value,
        reason=send.reason.value if send.reason else None,
        at=send.settled_at,
    )


def response_recorded(response: Response) -> marketing.ResponseRecorded:
    """Tell how a customer reacted to a campaign."""
    return marketing.ResponseRecorded(
        response_id=response.id,
        version=response.version,
        campaign_id=response.campaign_id,
        customer_id=response.customer_id,
        response=response.response,
        at=response.at,
        evidence=response.evidence,
    )


def response_withdrawn(response: Response) -> marketing.ResponseWithdrawn:
    """Tell that a customer has not reacted to a campaign after all."""
    return marketing.ResponseWithdrawn(
        response_id=response.id,
        version=response.version,
        campaign_id=response.campaign_id,
        customer_id=response.customer_id,
        response=response.response,
        at=response.at,
    )


def unsubscribed(send: Send) -> Callable[[Suppression], marketing.Unsubscribed]:
    """Tell that a customer wants no more of what a message was."""

    def make(suppression: Suppression) -> marketing.Unsubscribed:
        assert suppression.unsubscribed_at is not None
        return marketing.Unsubscribed(
            customer_id=suppression.id,
            purpose=Purpose.MARKETING.value,
            channel=MAIL,
            at=suppression.unsubscribed_at,
            send_id=send.id,
            campaign_id=send.campaign_id,
        )

    return make
