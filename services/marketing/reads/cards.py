"""Marketing's part of the 360° view of one customer."""

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import func, select

from chassis.clock import isoformat
from chassis.errors import Forbidden
from chassis.work import Work
from services.marketing.domain.sends import why_not
from services.marketing.domain.templates import Purpose
from services.marketing.reads import audience, sends
from services.marketing.tables import Campaign, CustomerRef, Membership, Response, Segment, Send

LATEST = 10  # how many records a section of the card shows


def customer_card(work: Work, *, customer_id: str) -> dict[str, object]:
    """Show what marketing knows of a customer, section by section, each with its freshness.

    A section that the caller has no permission for says so instead of failing the card.
    """
    known = audience.customer(work, customer_id)
    if known is not None and not audience.is_seen(work, audience.entity_of(known)):
        known = None
    return {
        "customer_id": customer_id,
        "service": work.service,
        "copy": {"known": known is not None, "version": known.version if known else None},
        "segments": _section(work, "segment.read", lambda: _segments(work, customer_id)),
        "touches": _section(work, "send.read", lambda: _touches(work, customer_id)),
        "responses": _section(work, "campaign.read", lambda: _responses(work, customer_id)),
        "consent": _section(work, "consent.read", lambda: _consent(work, known)),
        "as_of": isoformat(work.now),
    }


def _section(
    work: Work, permission: str, build: Callable[[], Mapping[str, object]]
) -> Mapping[str, object]:
    try:
        work.require(permission)
    except Forbidden:
        return {"permitted": False, "as_of": isoformat(work.now), "items": []}
    return {"permitted": True, **build()}


def _segments(work: Work, customer_id: str) -> dict[str, object]:
    profile = audience.profile(work, customer_id)
    is_seen = profile is not None and audience.is_seen(work, profile.entity_id)
    query = (
        select(Membership, Segment.key, Segment.label)
        .join(Segment, Segment.id == Membership.segment_id)
        .where(Membership.customer_id == customer_id, Membership.active, Segment.active)
        .where(*work.visible(Membership))
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
        "tags": sorted(audience.tags_of(work, customer_id)) if is_seen else [],
    }


def _touches(work: Work, customer_id: str) -> dict[str, object]:
    query = (
        select(Send, Campaign.key)
        .outerjoin(Campaign, Campaign.id == Send.campaign_id)
        .where(Send.customer_id == customer_id, *work.visible(Send))
        .order_by(Send.created_at.desc(), Send.id.desc())
    )
    newest = select(func.max(Send.updated_at)).where(
        Send.customer_id == customer_id, *work.visible(Send)
    )
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
        .where(Response.customer_id == customer_id, Response.withdrawn_at.is_(None))
        .where(*work.visible(Response))
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


def _consent(work: Work, known: CustomerRef | None) -> dict[str, object]:
    found: dict[str, object] = {"as_of": isoformat(work.now)}
    if known is None:
        return found | {"marketing_mail": False, "reason": None}
    standing = sends.standing(work, known)
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
