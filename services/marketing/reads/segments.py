"""Questions about segments: who belongs, why, and who would."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select

from chassis.caller import GROUP_ENTITY
from chassis.clock import isoformat
from chassis.cursors import DEFAULT_PAGE
from chassis.errors import NotFound
from chassis.pages import Page, page
from chassis.work import Work
from services.marketing.domain.custom import CustomField, fit
from services.marketing.domain.segments import Condition, Fact, judge_all
from services.marketing.reads import audience
from services.marketing.tables import FieldRef, Membership, Segment


def conditions(segment: Segment) -> tuple[Condition, ...]:
    """Return what a segment demands."""
    return tuple(
        Condition(**one | {"fact": Fact(one["fact"]), "any_of": tuple(one.get("any_of", ()))})
        for one in segment.all_of
    )


def fitted(work: Work, all_of: Sequence[Condition]) -> list[Condition]:
    """Return conditions as they are stored: what they ask of a custom field fits its type.

    :raises SegmentWrong: if there is no such field, or it cannot be asked for so.
    """
    keys = [one.field for one in all_of if one.field is not None]
    query = select(FieldRef).where(
        FieldRef.kind == "customer",
        FieldRef.entity_id == work.caller.entity_id,
        FieldRef.key.in_(keys),
        FieldRef.active,
    )
    found = {one.key: one for one in work.session.scalars(query)} if keys else {}
    return [fit(one, _known(found.get(one.field))) if one.field else one for one in all_of]


def _known(field: FieldRef | None) -> CustomField | None:
    if field is None or field.type is None:
        return None
    return CustomField(field.type, tuple(field.options or ()))


def active_segments(work: Work, entity_id: str) -> list[Segment]:
    """Return the segments in force for customers of an entity."""
    query = select(Segment).where(Segment.active, Segment.entity_id.in_([entity_id, GROUP_ENTITY]))
    return list(work.session.scalars(query.order_by(Segment.id)))


def count_active(work: Work) -> int:
    """Count the segments in force."""
    return work.session.scalar(select(func.count()).where(Segment.active)) or 0


def memberships(work: Work, customer_id: str) -> dict[str, Membership]:
    """Return a customer's stays, by segment."""
    query = select(Membership).where(Membership.customer_id == customer_id)
    return {one.segment_id: one for one in work.session.scalars(query)}


def segment_members(
    work: Work, *, segment_id: str, limit: int = DEFAULT_PAGE, after: str | None = None
) -> Page[Any]:
    """List who belongs to a segment now, and why."""
    segment = work.get(Segment, segment_id)
    query = select(Membership).where(Membership.segment_id == segment.id, Membership.active)
    return page(work, query, [Membership.customer_id], limit=limit, after=after)


def explain_member(work: Work, *, segment_id: str, customer_id: str) -> dict[str, object]:
    """Say of each condition of a segment whether it holds for a customer, and why.

    :raises NotFound: if nothing is known of the customer.
    """
    segment = work.get(Segment, segment_id)
    profile = audience.profile(work, customer_id)
    if profile is None or not audience.is_seen(work, profile.entity_id):
        raise NotFound("Nothing is known of this customer.", code="marketing.customer.unknown")
    portrait = audience.portrait(profile, audience.tags_of(work, customer_id))
    asked = conditions(segment)
    verdicts = judge_all(asked, portrait, work.now.date())
    member = memberships(work, customer_id).get(segment.id)
    return {
        "segment_id": segment.id,
        "customer_id": customer_id,
        "belongs": member is not None and member.active,
        "joined_at": member.joined_at if member else None,
        "left_at": member.left_at if member else None,
        "conditions": [
            {"fact": one.fact.value, "holds": verdict.holds, "reason": verdict.reason}
            for one, verdict in zip(asked, verdicts, strict=True)
        ],
        "as_of": isoformat(work.now),
    }


def preview_segment(work: Work, *, all_of: Sequence[Condition]) -> dict[str, object]:
    """Count who would belong: by all conditions, and by each alone."""
    all_of = fitted(work, all_of)
    known = members = 0
    each = [0] * len(all_of)
    today = work.now.date()
    for portrait in audience.portraits(work):
        holds = [verdict.holds for verdict in judge_all(all_of, portrait, today)]
        known += 1
        members += all(holds)
        each = [count + one for count, one in zip(each, holds, strict=True)]
    return {
        "customers": known,
        "members": members,
        "conditions": [
            {"fact": one.fact.value, "customers": count}
            for one, count in zip(all_of, each, strict=True)
        ],
        "as_of": isoformat(work.now),
    }
