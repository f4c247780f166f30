"""What marketing tells: segments, campaigns, what was sent, what came back."""

from dataclasses import dataclass
from datetime import datetime

from contracts.base import event


@event("marketing.segment.joined.v1", subject="membership_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentJoined:
    """A customer came to meet a segment's conditions."""

    membership_id: str  # follows from segment and customer
    version: int
    segment_id: str
    customer_id: str
    at: datetime
    reasons: tuple[str, ...]  # one code per condition that holds, such as tier=vip


@event("marketing.segment.left.v1", subject="membership_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentLeft:
    """A customer does not meet a segment's conditions any more."""

    membership_id: str
    version: int
    segment_id: str
    customer_id: str
    at: datetime
    reasons: tuple[str, ...]  # one code per condition that failed


@event("marketing.campaign.launched.v1", subject="campaign_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignLaunched:
    """A campaign was launched for the members its segment had then."""

    campaign_id: str
    version: int
    key: str
    segment_id: str
    channel: str  # mail
    members: int
    at: datetime


@event("marketing.campaign.finished.v1", subject="campaign_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignFinished:
    """Every member of a campaign has its fate."""

    campaign_id: str
    version: int
    sent: int
    suppressed: dict[str, int]  # reason -> count
    refused: int
    unknown: int


@event("marketing.touch.settled.v1", subject="send_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class TouchSettled:
    """What became of one message to one customer: the grain of the campaign touch fact."""

    send_id: str
    version: int
    customer_id: str
    campaign_id: str | None  # None: a message of the house, such as an invitation to a survey
    step: str
    channel: str
    purpose: str  # marketing, service
    fate: str  # sent, refused, suppressed, unknown
    reason: str | None  # a code: why suppressed or refused
    at: datetime


@event("marketing.response.recorded.v1", subject="response_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseRecorded:
    """A customer reacted to a campaign, in one of the campaign's own classes."""

    response_id: str
    version: int
    campaign_id: str
    customer_id: str
    response: str  # a class of the campaign, such as ordered, asked, unsubscribed
    at: datetime
    evidence: str | None = None  # what it was concluded from, such as order:<id>


@event("marketing.response.withdrawn.v1", subject="response_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseWithdrawn:
    """A reaction does not stand any more: the order was cancelled, or moved out of reach."""

    response_id: str
    version: int
    campaign_id: str
    customer_id: str
    response: str
    at: datetime  # of the reaction, as it was recorded


@event("marketing.contact.unsubscribed.v1", subject="customer_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class Unsubscribed:
    """A customer wants no more of it; accounts withdraws the consent."""

    customer_id: str
    purpose: str  # marketing
    channel: str  # mail
    at: datetime
    send_id: str | None = None
    campaign_id: str | None = None


@event("marketing.record.changed.v1", subject="id")
@dataclass(frozen=True, slots=True, kw_only=True)
class RecordChanged:
    """A plain record was created, changed or deleted."""

    id: str
    kind: str
    version: int
    verb: str
    fields: dict[str, str]
