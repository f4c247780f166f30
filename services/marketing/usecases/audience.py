"""What others tell of customers: it is kept, and their memberships follow."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time

from chassis import aliases
from chassis.audit import Changes
from chassis.errors import NotFound
from chassis.ids import natural_id
from chassis.trail import Subject
from chassis.work import Work
from contracts.accounts import CustomerRecorded, CustomerRemoved
from contracts.sales import OrderPlaced, OrderRevised
from services.marketing.domain.segments import (
    Condition,
    Portrait,
    Verdict,
    judge_all,
    turns_on,
    why,
)
from services.marketing.reads import audience as reads
from services.marketing.reads import segments, telling
from services.marketing.tables import (
    CustomerRef,
    Membership,
    OrderSeen,
    Profile,
    ProfileTag,
    Segment,
)
from services.marketing.usecases import responses

RECENCY = "audience.recency"  # the kind of the timer
CANCELLED = "cancelled"


def note_customer(work: Work, told: CustomerRecorded | CustomerRemoved) -> None:
    """Keep what accounts tells of a customer, unless something newer is kept, or he is no more."""
    profile = held(work, told.customer_id)
    if isinstance(told, CustomerRemoved) or reads.is_removed(work, told.customer_id):
        _let_go(work, profile)
        return
    if told.merged_into is not None:
        # Its version is kept, so that nothing older brings it back.
        profile.customer_version = max(profile.customer_version, told.version)
    elif told.version > profile.customer_version:
        _describe(profile, told, told.version)
        profile.entity_id = told.entity_id
        reconsider(work, profile)


def note_order(work: Work, told: OrderPlaced | OrderRevised) -> None:
    """Keep an order in its newest revision; it may also be the answer to a campaign."""
    profile = held(work, told.customer_id)
    order = reads.order(work, told.order_id)
    if order is not None and told.version <= order.version:
        return
    previous = order.customer_id if order is not None else told.customer_id
    if order is None:
        order = OrderSeen(order_id=told.order_id)
        work.session.add(order)
    order.version, order.customer_id = told.version, told.customer_id
    order.ordered_on = date.fromisoformat(told.ordered_on)
    order.currency, order.total_minor = told.currency, told.total_minor
    order.cancelled = told.status == CANCELLED
    work.flush()
    recount(work, profile)
    if previous != told.customer_id:
        recount(work, held(work, previous))
        responses.note_orders(work, previous)
    responses.note_orders(work, told.customer_id)


def recheck(work: Work, *, key: str, data: Mapping[str, object]) -> None:  # noqa: ARG001  # a timer's
    """Look again at a customer whose last order grew too old, or old enough, over night."""
    reconsider(work, held(work, key))


def tag_customer(work: Work, *, customer_id: str, tag: str) -> dict[str, object]:
    """Put a word on a customer."""
    profile = _known(work, customer_id)
    row = {"customer_id": customer_id, "tag": tag, "actor": work.actor}
    if work.insert_once(ProfileTag.__table__, row):
        _note(work, profile, "created", {"tag": (None, tag)})
        reconsider(work, profile)
    return _tags(work, customer_id)


def untag_customer(work: Work, *, customer_id: str, tag: str) -> dict[str, object]:
    """Take a word off a customer."""
    profile = _known(work, customer_id)
    found = work.session.get(ProfileTag, (customer_id, tag))
    if found is not None:
        work.session.delete(found)
        work.flush()
        _note(work, profile, "deleted", {"tag": (tag, None)})
        reconsider(work, profile)
    return _tags(work, customer_id)


def _note(work: Work, profile: Profile, verb: str, changes: Changes) -> None:
    """Leave in the trail who did it: a tag is no record and has none of its own."""
    subject = Subject(ProfileTag.__tablename__, profile.customer_id, 1, profile.entity_id)
    work.trail.note(work.origin, work.now, subject, verb, changes)


def held(work: Work, customer_id: str) -> Profile:
    """Return what is known of a customer; nobody else changes it until this work is done."""
    profile = reads.profile(work, customer_id, locked=True)
    if profile is None:
        row = {"customer_id": customer_id, "customer_version": 0, "order_count": 0}
        work.insert_once(Profile.__table__, row | {"entity_id": work.caller.entity_id})
        profile = reads.profile(work, customer_id, locked=True)
    assert profile is not None
    return profile


def catch_up(work: Work, customer_id: str, customer: CustomerRef | None) -> None:
    """Look at a customer anew, also at what a snapshot brought without an event."""
    profile = held(work, customer_id)
    if customer is not None and customer.version > profile.customer_version:
        _describe(profile, customer, customer.version)
        profile.entity_id = reads.entity_of(customer)
    reconsider(work, profile)


def reconsider(work: Work, profile: Profile) -> None:
    """Let a customer join and leave segments as its facts now say."""
    if profile.customer_version == 0:
        return  # its orders came first; accounts will tell of it
    if aliases.is_old(work.session, profile.customer_id):
        _leave_all(work, profile, "merged")
        return
    portrait = reads.portrait(profile, reads.tags_of(work, profile.customer_id))
    stays = segments.memberships(work, profile.customer_id)
    today = work.now.date()
    conditions: list[Condition] = []
    for segment in segments.active_segments(work, profile.entity_id):
        asked = segments.conditions(segment)
        conditions += asked
        _turn(work, segment, profile, stays.get(segment.id), judge_all(asked, portrait, today))
    _watch(work, profile, conditions, portrait)


def _let_go(work: Work, profile: Profile) -> None:
    """Forget a customer who was entered by mistake; what was sent and answered stays counted."""
    _leave_all(work, profile, "removed")
    for tag in reads.tags_of(work, profile.customer_id):
        work.session.delete(work.session.get_one(ProfileTag, (profile.customer_id, tag)))
        _note(work, profile, "deleted", {"tag": (tag, None)})
    work.session.delete(profile)


def _leave_all(work: Work, profile: Profile, why: str) -> None:
    """Let a customer that was merged into another, or is no more, be in no segment."""
    for member in segments.memberships(work, profile.customer_id).values():
        if member.active:
            member.active, member.left_at, member.reasons = False, work.now, [why]
            work.tell(telling.segment_left, member)
    _watch(work, profile, [], reads.portrait(profile, frozenset()))


def _turn(
    work: Work,
    segment: Segment,
    profile: Profile,
    member: Membership | None,
    verdicts: Sequence[Verdict],
) -> None:
    reasons = list(why(verdicts))
    if all(verdict.holds for verdict in verdicts):
        if member is None:
            member = work.add(
                Membership(
                    id=natural_id("membership", segment.id, profile.customer_id),
                    entity_id=profile.entity_id, segment_id=segment.id, active=False,
                    customer_id=profile.customer_id, reasons=reasons, joined_at=work.now,
                )
            )  # fmt: skip
        if not member.active:
            member.active, member.joined_at, member.left_at = True, work.now, None
            work.tell(telling.segment_joined, member)
        member.reasons = reasons
    elif member is not None and member.active:
        member.active, member.left_at, member.reasons = False, work.now, reasons
        work.tell(telling.segment_left, member)


def _watch(work: Work, profile: Profile, asked: Sequence[Condition], portrait: Portrait) -> None:
    """Come back on the day on which time alone changes something, and on no other."""
    day = turns_on(asked, portrait, work.now.date())
    if day == profile.turns_on:
        return
    profile.turns_on = day
    if day is None:
        work.cancel(RECENCY, profile.customer_id)
    else:
        work.at(datetime.combine(day, time(), UTC), RECENCY, profile.customer_id, {})


def recount(work: Work, profile: Profile) -> None:
    """Work out anew what a customer's orders say."""
    newest, count = reads.bought(work, profile.customer_id)
    profile.last_order_on, profile.order_count = newest, count
    reconsider(work, profile)


def _describe(profile: Profile, told: CustomerRecorded | CustomerRef, version: int) -> None:
    profile.customer_version = version
    profile.tier, profile.segment = told.tier, told.segment
    profile.lifecycle, profile.language = told.lifecycle, told.language
    profile.country, profile.region = told.country, told.region
    profile.told_tags = list(told.tags or ()) or None
    profile.credit_rating = told.credit_rating
    profile.custom = told.custom


def _known(work: Work, customer_id: str) -> Profile:
    profile = reads.profile(work, customer_id, locked=True)
    is_known = profile is not None and profile.customer_version > 0
    if profile is None or not is_known or not reads.is_seen(work, profile.entity_id):
        raise NotFound("There is no customer with this id.", code="marketing.customer.unknown")
    return profile


def _tags(work: Work, customer_id: str) -> dict[str, object]:
    return {"customer_id": customer_id, "tags": sorted(reads.tags_of(work, customer_id))}
