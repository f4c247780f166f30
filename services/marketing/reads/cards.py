"""Marketing's part of the 360° view of one customer."""

from datetime import datetime

from sqlalchemy import func, select

from chassis.clock import isoformat
from chassis.work import Work
from services.marketing.domain.sends import Standing, why_not
from services.marketing.domain.templates import Purpose
from services.marketing.reads import audience
from services.marketing.reads.sends import standing
from services.marketing.tables import Campaign, Membership, Response, Segment, Send

LATEST = 10  # how many records a section of the card shows


def customer_card(work: Work, *, customer_id: str) -> dict[str, object]:
    """Show what marketing knows of a customer, section by section, each with its freshness."""
    known = audience.customer(work, customer_id)
    return {
        "customer_id": customer_id,
        "service": work.service,
        "copy": {"known": known is not None, "version": known.version if known else None},
        "segments": _segments(work, customer_id),
        "touches": _touches(work, customer_id),
        "responses": _responses(work, customer_id),
        "consent": _consent(work, standing(work, known) if known else None),
        "as_of": isoformat(work.now),
    }


def _segments(work: Work, customer_id: str) -> dict[str, object]:
    query = (
        select(Membership, Segment.key, Segment.label)
        .join(Segment, Segment.id == Membership.segment_id)
        .where(Membership.customer_id == customer_id, Membership.active, Segment.active)
        .order_by(Membership.joined_at.desc(), Membership.id)
    )
    return {
        "as_of": isoformat(work.now),
        "items": [
            {
                "segment_id": member.segment_id,
                "key": key,
                "label": label,
                "reasons": member.reasons,
                "joined_at": isoformat(member.joined_at),
            }
            for member, key, label in work.session.execute(query.limit(LATEST))
        ],
        "tags": sorted(audience.tags_of(work, customer_id)),
    }


def _touches(work: Work, customer_id: str) -> dict[str, object]:
    query = (
        select(Send, Campaign.key)
        .outerjoin(Campaign, Campaign.id == Send.campaign_id)
        .where(Send.customer_id == customer_id)
        .order_by(Send.created_at.desc(), Send.id.desc())
    )
    newest = select(func.max(Send.updated_at)).where(Send.customer_id == customer_id)
    return {
        "as_of": _instant(work.session.scalar(newest)) or isoformat(work.now),
        "items": [
            {
                "send_id": send.id,
                "campaign": key,
                "step": send.step,
                "channel": send.channel,
                "purpose": send.purpose.value,
                "fate": send.status.value,
                "reason": send.reason.value if send.reason else None,
                "at": _instant(send.settled_at),
            }
            for send, key in work.session.execute(query.limit(LATEST))
        ],
    }


def _responses(work: Work, customer_id: str) -> dict[str, object]:
    query = (
        select(Response, Campaign.key)
        .join(Campaign, Campaign.id == Response.campaign_id)
        .where(Response.customer_id == customer_id)
        .order_by(Response.at.desc(), Response.id.desc())
    )
    return {
        "as_of": isoformat(work.now),
        "items": [
            {
                "campaign": key,
                "response": one.response,
                "evidence": one.evidence,
                "at": isoformat(one.at),
            }
            for one, key in work.session.execute(query.limit(LATEST))
        ],
    }


def _consent(work: Work, standing: Standing | None) -> dict[str, object]:
    found: dict[str, object] = {"as_of": isoformat(work.now)}
    if standing is None:
        return found | {"marketing_mail": False, "reason": None}
    reason = why_not(Purpose.MARKETING, standing)
    return found | {
        "marketing_mail": reason is None,
        "reason": reason.value if reason else None,
        "granted_at": _instant(standing.granted_at),
        "unsubscribed_at": _instant(standing.unsubscribed_at),
        "stopped_at": _instant(standing.stopped_at),
    }


def _instant(at: datetime | None) -> str | None:
    return None if at is None else isoformat(at)
