"""The plain records of marketing; all of them have rules, so they are only read here."""

from chassis import filters
from chassis.records import READING, Resource
from services.marketing.domain.campaigns import CampaignStatus
from services.marketing.domain.sends import SendStatus
from services.marketing.domain.templates import Purpose
from services.marketing.schemas.campaigns import CampaignShown, ResponseShown, TemplateShown
from services.marketing.schemas.segments import MembershipShown, SegmentShown
from services.marketing.schemas.sends import SendShown
from services.marketing.tables import Campaign, Membership, Response, Segment, Send, Template

RESOURCES = (
    Resource(
        kind="segment",
        record=Segment,
        schema=SegmentShown(),
        reads="segment.read",
        writes="segment.write",
        verbs=READING,
        filters={"key": filters.text(Segment.key), "active": filters.flag(Segment.active)},
        sorts={"key": Segment.key},
    ),
    Resource(
        kind="membership",
        record=Membership,
        schema=MembershipShown(),
        reads="segment.read",
        writes="segment.write",
        verbs=READING,
        filters={
            "segment_id": filters.text(Membership.segment_id),
            "customer_id": filters.text(Membership.customer_id),
            "active": filters.flag(Membership.active),
        },
        sorts={"joined_at": Membership.joined_at},
    ),
    Resource(
        kind="template",
        record=Template,
        schema=TemplateShown(),
        reads="campaign.read",
        writes="campaign.write",
        verbs=READING,
        filters={
            "key": filters.text(Template.key),
            "purpose": filters.one_of(Template.purpose, Purpose),
        },
        sorts={"key": Template.key},
    ),
    Resource(
        kind="campaign",
        record=Campaign,
        schema=CampaignShown(),
        reads="campaign.read",
        writes="campaign.write",
        verbs=READING,
        filters={
            "key": filters.text(Campaign.key),
            "segment_id": filters.text(Campaign.segment_id),
            "status": filters.one_of(Campaign.status, CampaignStatus),
        },
        sorts={"created_at": Campaign.created_at, "key": Campaign.key},
    ),
    Resource(
        kind="send",
        record=Send,
        schema=SendShown(),
        reads="send.read",
        writes="send.settle",
        verbs=READING,
        filters={
            "campaign_id": filters.text(Send.campaign_id),
            "customer_id": filters.text(Send.customer_id),
            "message_id": filters.text(Send.message_id),
            "status": filters.one_of(Send.status, SendStatus),
        },
        sorts={"created_at": Send.created_at},
    ),
    Resource(
        kind="response",
        record=Response,
        schema=ResponseShown(),
        reads="campaign.read",
        writes="campaign.write",
        verbs=READING,
        filters={
            "campaign_id": filters.text(Response.campaign_id),
            "customer_id": filters.text(Response.customer_id),
            "response": filters.text(Response.response),
        },
        sorts={"at": Response.at},
    ),
)
